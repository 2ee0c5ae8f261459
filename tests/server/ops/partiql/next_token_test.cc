#include "server/ops/partiql/next_token.h"

#include <gtest/gtest.h>

#include "storage/base/base64.h"

namespace tailrace::ops {
namespace {

const IteratorKey kKey{1, 2};

NextToken token() {
  NextToken token;
  token.content.fill(7);
  token.table_id = 0x0102030405060708;
  token.index_id = 9;
  token.partition = 10;
  token.position = Buffer("\0row\xFF", 5);
  return token;
}

TEST(NextToken, ComesBackAsItWas) {
  const auto decoded = decode_next_token(kKey, encode_next_token(kKey, token()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->content, token().content);
  EXPECT_EQ(decoded->table_id, token().table_id);
  EXPECT_EQ(decoded->index_id, token().index_id);
  EXPECT_EQ(decoded->partition, token().partition);
  EXPECT_EQ(decoded->position, token().position);
}

TEST(NextToken, IsRefusedWhenAnyBitChanged) {
  const Buffer bytes = *from_base64(encode_next_token(kKey, token()));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Buffer changed = bytes;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << i % 8));
    const auto decoded = decode_next_token(kKey, to_base64(changed));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().message, "Invalid NextToken");
  }
}

TEST(NextToken, IsRefusedWhenItIsNone) {
  const std::string good = encode_next_token(kKey, token());
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("AAAA"), good.substr(4), good + "AAAA",
        std::string(32768, 'A'), std::string("ü")})
    EXPECT_FALSE(decode_next_token(kKey, text));
  EXPECT_FALSE(decode_next_token(IteratorKey{1, 3}, good));
}

}  // namespace
}  // namespace tailrace::ops
