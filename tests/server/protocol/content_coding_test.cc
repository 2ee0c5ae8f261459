#include "server/protocol/content_coding.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "server/protocol/text.h"

namespace tailrace::protocol {
namespace {

TEST(PreferredCoding, HonoursWeights) {
  const std::pair<std::string_view, ContentCoding> cases[] = {
      {"", ContentCoding::kIdentity},
      {"identity", ContentCoding::kIdentity},
      {"br", ContentCoding::kIdentity},
      {"gzip", ContentCoding::kGzip},
      {"GZIP", ContentCoding::kGzip},
      {"deflate", ContentCoding::kDeflate},
      {"gzip, deflate, br", ContentCoding::kGzip},
      {"deflate, gzip", ContentCoding::kDeflate},
      {"gzip;q=0.5, deflate;q=0.8", ContentCoding::kGzip},
      {"gzip;q=0", ContentCoding::kIdentity},
      {"gzip; q=0.0, deflate", ContentCoding::kDeflate},
      {"gzip;q=zero", ContentCoding::kIdentity},
      {"br;q=1.0, gzip;q=0.1", ContentCoding::kGzip},
  };
  for (const auto& [header, coding] : cases) EXPECT_EQ(preferred_coding(header), coding) << header;
}

std::string raw_deflate(const std::string& text) {
  const std::string wrapped = encode_body(ContentCoding::kDeflate, text);
  return wrapped.substr(2, wrapped.size() - 6);  // Without zlib's head and checksum.
}

TEST(DecodeBody, UndoesWhatEncodeBodyDoes) {
  const std::string text(100'000, 'x');
  for (const ContentCoding coding : {ContentCoding::kGzip, ContentCoding::kDeflate}) {
    std::string body = encode_body(coding, text);
    EXPECT_LT(body.size(), 5000U);
    EXPECT_EQ(decode_body(coding_name(coding), 100'000, body), Decoded::kDone);
    EXPECT_EQ(body, text);
  }
}

TEST(DecodeBody, TakesSeveralGzipMembersAndDeflateWithoutHead) {
  std::string members =
      encode_body(ContentCoding::kGzip, "one,") + encode_body(ContentCoding::kGzip, "two");
  EXPECT_EQ(decode_body("gzip", 1000, members), Decoded::kDone);
  EXPECT_EQ(members, "one,two");
  std::string raw = raw_deflate("raw");
  EXPECT_EQ(decode_body(" Deflate ", 1000, raw), Decoded::kDone);
  EXPECT_EQ(raw, "raw");
  std::string plain = "plain";
  EXPECT_EQ(decode_body("identity", 1000, plain), Decoded::kDone);
  EXPECT_EQ(plain, "plain");
}

TEST(DecodeBody, RefusesWhatIsBrokenUnknownOrTooLarge) {
  const std::string good = encode_body(ContentCoding::kGzip, std::string(50'000, 'x'));
  std::string body = good;
  EXPECT_EQ(decode_body("gzip", 49'999, body), Decoded::kTooLarge);
  body = good.substr(0, good.size() - 1);
  EXPECT_EQ(decode_body("gzip", 100'000, body), Decoded::kBroken);
  body = good + "rest";
  EXPECT_EQ(decode_body("gzip", 100'000, body), Decoded::kBroken);
  body = "{}";
  EXPECT_EQ(decode_body("gzip", 100'000, body), Decoded::kBroken);
  body = "{}";
  EXPECT_EQ(decode_body("deflate", 100'000, body), Decoded::kBroken);
  body = good;
  EXPECT_EQ(decode_body("br", 100'000, body), Decoded::kBroken);
  body.clear();
  EXPECT_EQ(decode_body("gzip", 100'000, body), Decoded::kBroken);
}

TEST(Text, DecodesPercentSigns) {
  EXPECT_EQ(percent_decoded("arn%3Aaws%3alambda"), "arn:aws:lambda");
  EXPECT_EQ(percent_decoded("%zz%4"), "%zz%4");
  EXPECT_EQ(percent_decoded("%"), "%");
  EXPECT_EQ(percent_decoded("a+b"), "a+b");
}

TEST(Text, CutsTargets) {
  EXPECT_EQ(split_target("/a/b?c=d?e").path, "/a/b");
  EXPECT_EQ(split_target("/a/b?c=d?e").query, "c=d?e");
  EXPECT_EQ(split_target("http://host:1/a?b").path, "/a");
  EXPECT_EQ(split_target("http://host").path, "/");
  EXPECT_EQ(split_target("?q").path, "/");
  EXPECT_EQ(path_segments("//a//b%2Fc/"), (std::vector<std::string>{"a", "b/c"}));
  EXPECT_EQ(query_parameters("a=1&b&&c=x%20y+z&a=2"),
            (QueryParameters{{"a", "1"}, {"b", ""}, {"c", "x y z"}, {"a", "2"}}));
}

}  // namespace
}  // namespace tailrace::protocol
