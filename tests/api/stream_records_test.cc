// GetShardIterator, GetRecords and the rates of all four calls. (behaviour/streams 8-12)
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
using ::testing::StartsWith;

constexpr std::string_view kUnknownArn =
    "arn:aws:dynamodb:us-east-1:000000000000:table/Orders/stream/2024-01-01T00:00:00.000";
constexpr std::string_view kUnknownShard = "shardId-00000000000000000000-00000000";

using GetShardIterator = OrdersStream;

TEST_F(GetShardIterator, HasAwsOuterForm) {
  EXPECT_THAT(iterator(shard(), "LATEST"), StartsWith(arn + "|1|"));
}

TEST_F(GetShardIterator, GivesPositionsByType) {
  put("a");
  put("b");
  const std::string id = shard();
  EXPECT_THAT(keys_in(get(iterator(id, "TRIM_HORIZON"))), ElementsAre("a", "b"));
  EXPECT_THAT(keys_in(get(iterator(id, "LATEST"))), IsEmpty());
  EXPECT_THAT(keys_in(get(iterator(id, "AT_SEQUENCE_NUMBER", "100000000000000000003"))),
              ElementsAre("b"));
  EXPECT_THAT(keys_in(get(iterator(id, "AFTER_SEQUENCE_NUMBER", "100000000000000000003"))),
              IsEmpty());
  EXPECT_THAT(keys_in(get(iterator(id, "AT_SEQUENCE_NUMBER", "100000000000000000001"))),
              ElementsAre("a", "b"));
}

TEST_F(GetShardIterator, WorksOnClosedShardsAndDisabledStreams) {
  put("a");
  const std::string id = shard();
  disable("Orders");
  EXPECT_THAT(keys_in(get(iterator(id, "TRIM_HORIZON"))), ElementsAre("a"));
  const Answer end = get(iterator(id, "LATEST"));
  EXPECT_THAT(keys_in(end), IsEmpty());
  EXPECT_EQ(end.find("/NextShardIterator"), nullptr);
}

TEST_F(GetShardIterator, TakesANumberBeyondTheEndOfAClosedShardAsItsEnd) {
  put("a");
  roll_over(shard());
  put("b");
  const Answer answer = get(iterator(shard(0), "AT_SEQUENCE_NUMBER", "100000000000000000004"));
  EXPECT_EQ(answer.text(), R"({"Records":[]})");
}

TEST_F(GetShardIterator, RefusesWhatDoesNotFit) {
  put("a");
  const std::string id = shard();
  const std::string number = "100000000000000000002";
  EXPECT_EQ(iterator_error(id, "AT_SEQUENCE_NUMBER"),
            "ValidationException: One or more parameter values were invalid: SequenceNumber cannot "
            "be null");
  EXPECT_EQ(iterator_error(id, "LATEST", number),
            "ValidationException: One or more parameter values were invalid: SequenceNumber should "
            "not be passed for this iterator type");
  EXPECT_THAT(iterator_error(id, "EARLIEST"),
              HasSubstr("Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, "
                        "AT_SEQUENCE_NUMBER, TRIM_HORIZON]"));
  EXPECT_THAT(iterator_error(id, "AT_SEQUENCE_NUMBER", "12"),
              HasSubstr("Value at 'sequenceNumber' failed to satisfy constraint: Member must have "
                        "length greater than or equal to 21"));
  EXPECT_EQ(iterator_error(id, "AT_SEQUENCE_NUMBER", "+100000000000000000009"),
            "ValidationException: Invalid SequenceNumber for the shard");
  EXPECT_TRUE(iterator(id, "AT_SEQUENCE_NUMBER", "+100000000000000000002").starts_with(arn));
  EXPECT_EQ(iterator_error(id, "AT_SEQUENCE_NUMBER", "10000000000000000000x"),
            "ValidationException: Invalid SequenceNumber for the shard");
  EXPECT_EQ(iterator_error(id, "AT_SEQUENCE_NUMBER", "100000000000000000003"),
            "ValidationException: Invalid SequenceNumber for the shard");
  EXPECT_EQ(iterator_error(id, "AT_SEQUENCE_NUMBER", "1000000000000000000000"),
            "ValidationException: Invalid SequenceNumber for the shard");
  EXPECT_EQ(iterator_error(id, "AT_SEQUENCE_NUMBER", "000000000000000000002"),
            "TrimmedDataAccessException: The data you are trying to access has been trimmed");
  EXPECT_EQ(iterator_error(kUnknownShard, "LATEST"),
            "ResourceNotFoundException: Requested resource not found: Shard does not exist");
  EXPECT_THAT(iterator_error("short", "LATEST"), HasSubstr("'shardId'"));
}

TEST_F(GetShardIterator, ChecksMembersThenArnThenStreamThenShard) {
  const std::string good = arn;
  arn = "arn:aws:foo";
  EXPECT_THAT(iterator_error(kUnknownShard, "AT_SEQUENCE_NUMBER"), HasSubstr("SequenceNumber cannot be null"));
  EXPECT_EQ(iterator_error(kUnknownShard, "LATEST"), "ValidationException: Invalid StreamArn");
  arn = kUnknownArn;
  EXPECT_THAT(iterator_error(kUnknownShard, "AT_SEQUENCE_NUMBER", "10000000000000000000x"),
              HasSubstr("Stream: "));
  arn = good;
  EXPECT_THAT(iterator_error(kUnknownShard, "AT_SEQUENCE_NUMBER", "10000000000000000000x"),
              HasSubstr("Shard does not exist"));
}

TEST_F(GetShardIterator, RefusesNumbersThatAreTrimmed) {
  put("a");
  put("b");
  const std::string id = shard();
  trim_all();
  for (const char* type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
    EXPECT_EQ(iterator_error(id, type, "100000000000000000003"),
              "TrimmedDataAccessException: The data you are trying to access has been trimmed");
  }
  put("c");
  EXPECT_THAT(keys_in(get(iterator(id, "TRIM_HORIZON"))), ElementsAre("c"));
}

using GetRecords = OrdersStream;

TEST_F(GetRecords, ShowsRecordsAsTheServiceDoes) {
  put("order#7", "NEW");
  put("order#7", "PAID");
  const Answer answer = get(iterator(shard(), "TRIM_HORIZON"));
  ASSERT_EQ(answer.size_at("/Records"), 2U);
  EXPECT_THAT(
      answer.at("/Records/1"),
      MatchesRegex(
          R"(\{"eventID":"[0-9a-f]+","eventName":"MODIFY","eventVersion":"1.1",)"
          R"("eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":\{)"
          R"("ApproximateCreationDateTime":1770091506,)"
          R"("Keys":\{"pk":\{"S":"order#7"\},"sk":\{"N":"3"\}\},)"
          R"("NewImage":\{"pk":\{"S":"order#7"\},"sk":\{"N":"3"\},"state":\{"S":"PAID"\}\},)"
          R"("OldImage":\{"pk":\{"S":"order#7"\},"sk":\{"N":"3"\},"state":\{"S":"NEW"\}\},)"
          R"("SequenceNumber":"100000000000000000003","SizeBytes":56,)"
          R"("StreamViewType":"NEW_AND_OLD_IMAGES"\}\})"));
  EXPECT_EQ(answer.string_at("/Records/0/eventName"), "INSERT");
  EXPECT_EQ(answer.find("/Records/0/dynamodb/OldImage"), nullptr);
}

TEST_F(GetRecords, RecordsNothingForAWriteThatChangesNothing) {
  put("a");
  put("a");
  app.expect_ok("DeleteItem", R"({"TableName":"Orders","Key":{"pk":{"S":"zzz"},"sk":{"N":"3"}}})");
  EXPECT_THAT(keys_in(get(iterator(shard(), "TRIM_HORIZON"))), ElementsAre("a"));
}

TEST_F(GetRecords, PagesByLimitWithoutRepeating) {
  for (const char* pk : {"a", "b", "c"}) put(pk);
  Answer answer = get(iterator(shard(), "TRIM_HORIZON"), R"(,"Limit":2)");
  EXPECT_THAT(keys_in(answer), ElementsAre("a", "b"));
  answer = get(answer.string_at("/NextShardIterator"), R"(,"Limit":2)");
  EXPECT_THAT(keys_in(answer), ElementsAre("c"));
  const std::string end = answer.string_at("/NextShardIterator");
  EXPECT_THAT(keys_in(get(end)), IsEmpty());
  put("d");
  EXPECT_THAT(keys_in(get(end)), ElementsAre("d"));
  EXPECT_THAT(keys_in(get(end)), ElementsAre("d"));  // An iterator may be used again.
}

TEST_F(GetRecords, ReturnsNoMoreThanAMegabyte) {
  const std::string big(300'000, 'x');
  for (const char* pk : {"a", "b", "c", "d"}) put(pk, big);
  const Answer answer = get(iterator(shard(), "TRIM_HORIZON"));
  EXPECT_THAT(keys_in(answer), ElementsAre("a", "b", "c"));
  EXPECT_THAT(keys_in(get(answer.string_at("/NextShardIterator"))), ElementsAre("d"));
}

TEST_F(GetRecords, EndsWithTheResponseThatReachesTheEndOfAClosedShard) {
  put("a");
  put("b");
  const std::string id = shard();
  const std::string open_end = get(iterator(id, "TRIM_HORIZON")).string_at("/NextShardIterator");
  roll_over(id);
  Answer answer = get(iterator(id, "TRIM_HORIZON"), R"(,"Limit":1)");
  EXPECT_NE(answer.find("/NextShardIterator"), nullptr);
  answer = get(answer.string_at("/NextShardIterator"), R"(,"Limit":1)");
  EXPECT_THAT(keys_in(answer), ElementsAre("b"));
  EXPECT_EQ(answer.find("/NextShardIterator"), nullptr);
  EXPECT_EQ(get(open_end).text(), R"({"Records":[]})");
}

TEST_F(GetRecords, ChildrenHoldWhatCameAfterTheirParentClosed) {
  put("a");
  roll_over(shard());
  put("b");
  EXPECT_THAT(keys_in(get(iterator(shard(0), "TRIM_HORIZON"))), ElementsAre("a"));
  EXPECT_THAT(keys_in(get(iterator(shard(1), "TRIM_HORIZON"))), ElementsAre("b"));
}

TEST_F(GetRecords, IteratorsExpireAfterFifteenMinutesButPollingGoesOn) {
  std::string next = iterator(shard(), "LATEST");
  const std::string first = next;
  for (int i = 0; i < 4; ++i) {
    app.clock.set(app.clock.now() + std::chrono::minutes(15));
    next = get(next).string_at("/NextShardIterator");
  }
  EXPECT_EQ(get_error(first), "ExpiredIteratorException: Shard iterator has expired");
  app.clock.set(app.clock.now() + std::chrono::minutes(15) + Millis(1));
  EXPECT_EQ(get_error(next), "ExpiredIteratorException: Shard iterator has expired");
}

TEST_F(GetRecords, IteratorsDoNotExpireWhenTheClockGoesBack) {
  const std::string next = iterator(shard(), "LATEST");
  app.clock.set(app.clock.now() - std::chrono::hours(5));
  EXPECT_TRUE(get(next).ok());
}

TEST_F(GetRecords, IteratorsExpireByCommand) {
  const std::string next = iterator(shard(), "LATEST");
  app.store.queue.run(
      [&](Txn& txn) { ASSERT_TRUE(app.store.stream_log.expire_iterators(txn, stream_id())); });
  EXPECT_EQ(get_error(next), "ExpiredIteratorException: Shard iterator has expired");
  EXPECT_TRUE(get(iterator(shard(), "LATEST")).ok());
}

TEST_F(GetRecords, RefusesWhatIsNoIteratorOfOurs) {
  std::string altered = iterator(shard(), "LATEST");
  altered.back() = altered.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(get_error(altered), "ValidationException: Invalid ShardIterator");
  EXPECT_EQ(get_error("garbage"), "ValidationException: Invalid ShardIterator");
  EXPECT_THAT(streams_error("GetRecords", "{}"), HasSubstr("'shardIterator'"));
}

TEST_F(GetRecords, ChecksTheLimitFirst) {
  EXPECT_EQ(get_error("garbage", R"(,"Limit":1001)"),
            "ValidationException: 1 validation error detected: Value '1001' at 'limit' failed to "
            "satisfy constraint: Member must have value less than or equal to 1000");
  EXPECT_THAT(get_error("garbage", R"(,"Limit":0)"), HasSubstr("'limit'"));
}

TEST_F(GetRecords, FailsOnlyIfSomethingUnreadWasTrimmed) {
  const std::string idle = iterator(shard(), "LATEST");
  put("a");
  const std::string horizon = iterator(shard(), "TRIM_HORIZON");
  const std::string read_all = get(horizon).string_at("/NextShardIterator");
  trim_all();
  const std::string trimmed =
      "TrimmedDataAccessException: The data you are trying to access has been trimmed";
  EXPECT_EQ(get_error(horizon), trimmed);
  EXPECT_EQ(get_error(idle), trimmed);
  EXPECT_THAT(keys_in(get(read_all)), IsEmpty());
  put("b");
  EXPECT_THAT(keys_in(get(read_all)), ElementsAre("b"));
}

TEST_F(GetRecords, ANewLatestIteratorOutlastsTheFirstWrite) {
  const std::string latest = iterator(shard(), "LATEST");
  put("a");
  EXPECT_THAT(keys_in(get(latest)), ElementsAre("a"));
}

TEST_F(GetRecords, TellsStreamsThatAreGoneFromShardsThatAreGone) {
  const std::string id = shard();
  const std::string shard_gone = iterator(id, "LATEST");
  roll_over(id);
  // Iterators live shorter than shards, so only one whose clock was set back can see the end.
  const Instant start = app.clock.now();
  app.clock.set(start + std::chrono::hours(25));
  app.store.queue.run([&](Txn& txn) { app.store.stream_log.trim_slice(txn, 1000); });
  app.clock.set(start);
  EXPECT_EQ(get_error(shard_gone),
            "ResourceNotFoundException: Requested resource not found: Shard does not exist");

  const std::string stream_gone = iterator(shard(), "LATEST");
  disable("Orders");
  app.clock.set(start + std::chrono::hours(50));
  app.store.queue.run([&](Txn& txn) { app.store.stream_log.trim_slice(txn, 1000); });
  app.clock.set(start);
  EXPECT_EQ(get_error(stream_gone),
            str_cat("ResourceNotFoundException: Requested resource not found: Stream: ", arn,
                    " not found"));
  EXPECT_EQ(expect_streams("ListStreams", "{}").text(), R"({"Streams":[]})");
}

class EnforcedRates : public OrdersStream {
 protected:
  EnforcedRates() : OrdersStream({.enforce_rates = true}) {}
};

TEST_F(EnforcedRates, ThrottlesListStreamsAndDescribeStream) {
  for (int i = 0; i < 5; ++i) expect_streams("ListStreams", "{}");
  EXPECT_EQ(streams_error("ListStreams", "{}"), "ThrottlingException: Rate exceeded");
  for (int i = 0; i < 10; ++i) describe();
  EXPECT_EQ(describe_error(""), "ThrottlingException: Rate exceeded");
  app.advance(Millis(1000));
  expect_streams("ListStreams", "{}");
  describe();
}

TEST_F(EnforcedRates, ThrottlesGetRecordsOfOneShard) {
  const std::string start = iterator(shard(), "TRIM_HORIZON");
  const std::string body = str_cat(R"({"ShardIterator":")", start, "\"}");
  for (int i = 0; i < 5; ++i) expect_streams("GetRecords", body);
  EXPECT_EQ(streams_error("GetRecords", body), "ThrottlingException: Rate exceeded");
  app.advance(Millis(1000));
  expect_streams("GetRecords", body);
}

TEST_F(OrdersStream, RatesAreNotEnforcedUnlessAsked) {
  for (int i = 0; i < 50; ++i) describe();
}

}  // namespace
}  // namespace tailrace
