#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

#include "server/protocol/crc32.h"
#include "server/protocol/sha256.h"

namespace tailrace::protocol {
namespace {

TEST(Crc32, GivesTheServicesValues) {  // (behaviour/dynamodb 1.2)
  const std::pair<std::string_view, std::uint32_t> cases[] = {
      {R"({"__type":"com.amazon.coral.service#SerializationException"})", 3948637019},
      {R"({"__type":"com.amazon.coral.service#UnknownOperationException"})", 1368724161},
      {"<UnknownOperationException/>\n", 3552371480},
      {"healthy: dynamodb.us-east-1.amazonaws.com ", 3128867991},
      {"{}", 2745614147},
      {"", 0},
  };
  for (const auto& [text, crc] : cases) EXPECT_EQ(crc32_of(text), crc) << text;
}

TEST(Crc32, AgreesWithZlibForAllSizesAndPlaces) {
  std::mt19937 random(7);
  std::string text(5000, '\0');
  for (char& c : text) c = static_cast<char>(random());
  for (std::size_t size = 0; size < 400; ++size) {
    for (std::size_t offset = 0; offset < 3; ++offset) {
      const std::string_view part = std::string_view(text).substr(offset, size);
      ASSERT_EQ(crc32_of(part), ::crc32_z(0, reinterpret_cast<const Bytef*>(part.data()), size))
          << size << ' ' << offset;
    }
  }
  EXPECT_EQ(crc32_of(text), ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

TEST(Sha256, GivesThePublishedValues) {  // (FIPS 180-4, examples)
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(HmacSha256, GivesThePublishedValues) {  // (RFC 4231, 4.3 and 4.7)
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace tailrace::protocol
