#include "storage/base/base64.h"

#include <gtest/gtest.h>

#include "storage/base/random.h"

namespace tailrace {
namespace {

struct Case {
  std::string_view bytes;
  std::string_view text;
};

// RFC 4648, section 10, and the two characters that differ between alphabets.
const Case kCases[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+"},
};

TEST(Base64, WritesAndReadsTheVectorsOfRfc4648) {
  for (const Case& each : kCases) {
    EXPECT_EQ(to_base64(each.bytes), each.text);
    EXPECT_EQ(from_base64(each.text), Buffer(each.bytes)) << each.text;
  }
}

TEST(Base64, AppendsToWhatIsThere) {
  std::string out = "x=";
  append_base64(out, "foo");
  EXPECT_EQ(out, "x=Zm9v");
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const std::string_view text :
       {"Z",    "Zg",   "Zg=",  "Zg===",    "Zh==",  "Zm9=",    "=",
        "====", "=g==", "Z===", "Zg==Zg==", "Zm=v",  "Zm9v\n",  "Zm9v ",
        " Zm9", "Zm9-", "Zm9_", "Zm\x80v",  "Zm9vZ", "Zm9vZh=="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(Base64, RoundTripsEveryByteAtEveryLength) {
  Buffer bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes.push_back(static_cast<char>(random_u64()));
  }
}

}  // namespace
}  // namespace tailrace
