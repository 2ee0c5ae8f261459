// ListStreams and DescribeStream, as consumers call them. (behaviour/streams 6, 7)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/api/streams_fixture.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kUnknownArn =
    "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/2024-01-01T00:00:00.000";
constexpr std::string_view kUnknownShard = "shardId-00000000000000000000-00000000";

using ListStreams = StreamsTest;

TEST_F(ListStreams, IsEmptyWithoutStreamsAndForUnknownTables) {
  create_table("Orders");
  EXPECT_EQ(expect_streams("ListStreams", "{}").text(), R"({"Streams":[]})");
  EXPECT_EQ(expect_streams("ListStreams", R"({"TableName":"Nowhere"})").text(),
            R"({"Streams":[]})");
}

TEST_F(ListStreams, ListsStreamsOfEveryStatus) {
  create_table("Orders");
  arn = enable("Orders");
  EXPECT_EQ(arn,
            "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/2026-02-03T04:05:06.789");
  disable("Orders");
  EXPECT_EQ(expect_streams("ListStreams", R"({"TableName":"Orders"})").text(),
            str_cat(R"({"Streams":[{"StreamArn":")", arn,
                    R"(","TableName":"Orders","StreamLabel":"2026-02-03T04:05:06.789"}]})"));
}

TEST_F(ListStreams, PagesGiveEveryStreamOnce) {
  for (const char* name : {"aaa", "bbb", "ccc"}) {
    create_table(name);
    enable(name);
    disable(name);
    app.advance(Millis(1000));
    enable(name);
  }
  std::vector<std::string> seen;
  std::string start;
  for (int page = 0; page < 10; ++page) {
    const Answer answer = expect_streams(
        "ListStreams", start.empty()
                           ? R"({"Limit":2})"
                           : str_cat(R"({"Limit":2,"ExclusiveStartStreamArn":")", start, R"("})"));
    for (std::size_t i = 0; i < answer.size_at("/Streams"); ++i) {
      seen.push_back(answer.string_at(str_cat("/Streams/", i, "/TableName")));
    }
    if (!answer.find("/LastEvaluatedStreamArn")) break;
    start = answer.string_at("/LastEvaluatedStreamArn");
    EXPECT_EQ(start, answer.string_at("/Streams/1/StreamArn"));
  }
  EXPECT_THAT(seen, ElementsAre("aaa", "aaa", "bbb", "bbb", "ccc", "ccc"));
}

TEST_F(ListStreams, GoesOnBehindAStreamThatIsGone) {
  create_table("ccc");
  enable("ccc");
  const Answer answer = expect_streams(
      "ListStreams",
      R"({"ExclusiveStartStreamArn":"arn:aws:dynamodb:us-east-1:000000000000:table/bbb/stream/x"})");
  EXPECT_EQ(answer.size_at("/Streams"), 1U);
}

TEST_F(ListStreams, RefusesLimitsAndArnsOutOfForm) {
  EXPECT_EQ(
      streams_error("ListStreams", R"({"Limit":0})"),
      "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy "
      "constraint: Member must have value greater than or equal to 1");
  EXPECT_EQ(streams_error("ListStreams", R"({"Limit":101})"),
            "ValidationException: 1 validation error detected: Value '101' at 'limit' failed to "
            "satisfy constraint: Member must have value less than or equal to 100");
  EXPECT_EQ(streams_error("ListStreams", R"({"ExclusiveStartStreamArn":"arn:aws:foo"})"),
            "ValidationException: Invalid StreamArn");
}

using DescribeStream = OrdersStream;

TEST_F(DescribeStream, DescribesAnEnabledStream) {
  const Answer answer = describe();
  EXPECT_THAT(
      answer.text(),
      MatchesRegex(str_cat(
          R"(\{"StreamDescription":\{"StreamArn":")", arn,
          R"(","StreamLabel":"2026-02-03T04:05:06.789","StreamStatus":"ENABLED",)",
          R"("StreamViewType":"NEW_AND_OLD_IMAGES","CreationRequestDateTime":1770091506.789,)",
          R"("TableName":"Orders","KeySchema":\[\{"AttributeName":"pk","KeyType":"HASH"\},)",
          R"(\{"AttributeName":"sk","KeyType":"RANGE"\}\],"Shards":\[\{"ShardId":)",
          R"("shardId-00000001770091506789-[0-9a-f]+","SequenceNumberRange":)",
          R"(\{"StartingSequenceNumber":"100000000000000000001"\}\}\]\}\})")));
}

TEST_F(DescribeStream, ShowsParentsAndEndsOfShards) {
  put("a");
  const std::string parent = shard();
  roll_over(parent);
  const Answer answer = describe();
  ASSERT_EQ(answer.size_at("/StreamDescription/Shards"), 2U);
  EXPECT_EQ(answer.string_at("/StreamDescription/Shards/0/ShardId"), parent);
  EXPECT_EQ(
      answer.string_at("/StreamDescription/Shards/0/SequenceNumberRange/EndingSequenceNumber"),
      "100000000000000000002");
  EXPECT_EQ(answer.string_at("/StreamDescription/Shards/1/ParentShardId"), parent);
  EXPECT_EQ(answer.find("/StreamDescription/Shards/1/SequenceNumberRange/EndingSequenceNumber"),
            nullptr);
}

TEST_F(DescribeStream, DescribesADisabledStreamWithClosedShards) {
  disable("Orders");
  const Answer answer = describe();
  EXPECT_EQ(answer.string_at("/StreamDescription/StreamStatus"), "DISABLED");
  EXPECT_EQ(
      answer.string_at("/StreamDescription/Shards/0/SequenceNumberRange/EndingSequenceNumber"),
      "100000000000000000001");
}

TEST_F(DescribeStream, PagesShardsInOrderOfIds) {
  roll_over(shard(0));
  roll_over(shard(1));
  const auto all = shard_ids(describe());
  const Answer first = describe(R"(,"Limit":2)");
  EXPECT_THAT(shard_ids(first), ElementsAre(all[0], all[1]));
  EXPECT_EQ(first.string_at("/StreamDescription/LastEvaluatedShardId"), all[1]);
  const Answer second = describe(str_cat(R"(,"Limit":2,"ExclusiveStartShardId":")", all[1], '"'));
  EXPECT_THAT(shard_ids(second), ElementsAre(all[2]));
  EXPECT_EQ(second.find("/StreamDescription/LastEvaluatedShardId"), nullptr);
}

TEST_F(DescribeStream, StartsBehindAnyText) {
  EXPECT_THAT(shard_ids(describe(R"(,"ExclusiveStartShardId":"zzz")")), IsEmpty());
  EXPECT_THAT(shard_ids(describe(R"(,"ExclusiveStartShardId":"a")")), SizeIs(1));
}

TEST_F(DescribeStream, FiltersChildrenOfAShard) {
  const std::string first = shard();
  const auto filter = [](std::string_view id) {
    return str_cat(R"(,"ShardFilter":{"Type":"CHILD_SHARDS","ShardId":")", id, R"("})");
  };
  EXPECT_THAT(shard_ids(describe(filter(first))), IsEmpty());
  roll_over(first);
  const std::string second = shard(1);
  EXPECT_THAT(shard_ids(describe(filter(first))), ElementsAre(second));
  app.store.queue.run(
      [&](Txn& txn) { ASSERT_TRUE(app.store.stream_log.split(txn, stream_id(), second)); });
  EXPECT_THAT(shard_ids(describe(filter(second))), SizeIs(2));
  EXPECT_EQ(describe_error(filter(kUnknownShard)),
            "ResourceNotFoundException: Requested resource not found: Shard does not exist");
}

TEST_F(DescribeStream, FindsChildrenOfAShardThatIsGone) {
  const std::string first = shard();
  roll_over(first);
  app.clock.set(app.clock.now() + std::chrono::hours(24));
  app.store.queue.run([&](Txn& txn) { app.store.stream_log.trim_slice(txn, 1000); });
  ASSERT_THAT(shard_ids(describe()), SizeIs(1));
  EXPECT_THAT(shard_ids(describe(
                  str_cat(R"(,"ShardFilter":{"Type":"CHILD_SHARDS","ShardId":")", first, R"("})"))),
              SizeIs(1));
}

TEST_F(DescribeStream, RefusesIncompleteFilters) {
  EXPECT_THAT(
      describe_error(R"(,"ShardFilter":{"ShardId":"shardId-00000000000000000000-00000000"})"),
      HasSubstr("'shardFilter.type' failed to satisfy constraint: Member must not be null"));
  EXPECT_THAT(
      describe_error(R"(,"ShardFilter":{"Type":"CHILD_SHARDS"})"),
      HasSubstr("'shardFilter.shardId' failed to satisfy constraint: Member must not be null"));
  EXPECT_THAT(describe_error(R"(,"ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"short"})"),
              HasSubstr("shardFilter.shardId"));
  EXPECT_THAT(
      describe_error(
          R"(,"ShardFilter":{"Type":"X","ShardId":"shardId-00000000000000000000-00000000"})"),
      HasSubstr("Member must satisfy enum value set: [CHILD_SHARDS]"));
}

TEST_F(DescribeStream, RefusesUnknownStreams) {
  arn = kUnknownArn;
  EXPECT_EQ(describe_error(""),
            str_cat("ResourceNotFoundException: Requested resource not found: Stream: ",
                    kUnknownArn, " not found"));
  arn = "arn:aws:foo";
  EXPECT_EQ(describe_error(""), "ValidationException: Invalid StreamArn");
  EXPECT_THAT(streams_error("DescribeStream", "{}"), HasSubstr("'streamArn'"));
}

TEST_F(DescribeStream, DoesNotKnowStreamsOfOtherRegions) {
  arn.replace(arn.find("us-east-1"), 9, "us-west-2");
  EXPECT_THAT(describe_error(""), StartsWith("ResourceNotFoundException"));
}

}  // namespace
}  // namespace tailrace
