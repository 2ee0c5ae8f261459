#include "server/ops/streams/shard_iterator.h"

#include <gtest/gtest.h>

namespace tailrace::ops {
namespace {

constexpr IteratorKey kKey = {0x0123456789abcdef, 0xfedcba9876543210};

ShardIterator example() {
  return {.stream_arn =
              "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/"
              "2026-02-03T04:05:06.789",
          .stream_id = 5,
          .shard_id = "shardId-00000001770091506789-0123abcd",
          .after = 42,
          .issued = from_millis(1770091506789),
          .epoch = 3};
}

TEST(ShardIterator, ReadsBack) {
  const std::string text = encode_shard_iterator(kKey, example());
  EXPECT_TRUE(text.starts_with(example().stream_arn + "|1|"));
  const auto read = decode_shard_iterator(kKey, text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->stream_arn, example().stream_arn);
  EXPECT_EQ(read->stream_id, 5U);
  EXPECT_EQ(read->shard_id, example().shard_id);
  EXPECT_EQ(read->after, 42U);
  EXPECT_EQ(read->issued, example().issued);
  EXPECT_EQ(read->epoch, 3U);
}

TEST(ShardIterator, IsRefusedWithAnyCharacterAltered) {
  const std::string text = encode_shard_iterator(kKey, example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] = altered[i] == 'B' ? 'C' : 'B';
    const auto read = decode_shard_iterator(kKey, altered);
    ASSERT_FALSE(read) << altered;
    EXPECT_EQ(read.error().code, ErrorCode::kValidationException);
    EXPECT_EQ(read.error().message, "Invalid ShardIterator");
  }
}

TEST(ShardIterator, IsRefusedByAStoreWithAnotherKey) {
  EXPECT_FALSE(decode_shard_iterator({1, 2}, encode_shard_iterator(kKey, example())));
}

TEST(ShardIterator, RefusesGarbage) {
  for (const char* text :
       {"", "garbage", "|1|", "arn|1|", "arn|1|AAAA", "arn|2|AAAA", "arn|1|===="}) {
    EXPECT_FALSE(decode_shard_iterator(kKey, text)) << text;
  }
}

}  // namespace
}  // namespace tailrace::ops
