// How records reach a function: order, batches, filters, lanes, shards, positions.
// (behaviour/triggers 3.1 to 3.5)
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::triggers {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Delivery = TriggerTest;

TEST_F(Delivery, SendsTheEventThatAwsSends) {
  create(options());
  deliver({"P-77"});
  ASSERT_EQ(functions.events.size(), 1u);
  const std::string& event = functions.events[0];
  EXPECT_THAT(event, HasSubstr(R"({"Records":[{"eventID":")"));
  EXPECT_THAT(
      event,
      HasSubstr(
          R"("eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1",)"
          R"("dynamodb":{"ApproximateCreationDateTime":1770091506.0,"Keys":{"pk":{"S":"P-77"}},)"
          R"("NewImage":{"pk":{"S":"P-77"},"state":{"S":"NEW"}},"SequenceNumber":"1)"));
  EXPECT_TRUE(event.ends_with(R"("eventSourceARN":")" + arn + R"("}]})"));
}

TEST_F(Delivery, StartsWithoutWaitingForAPoll) {
  create(options());
  deliver({"a"});
  deliver({"b", "c"});
  EXPECT_THAT(functions.keys, ElementsAre("a", "b c"));
}

TEST_F(Delivery, TakesUpToBatchSizeRecordsInOrder) {
  write_numbers(1, 7);
  MappingOptions wanted = options();
  wanted.batch_size = 3;
  create(wanted);
  EXPECT_THAT(functions.keys, ElementsAre("1 2 3", "4 5 6", "7"));
}

TEST_F(Delivery, FillsALargeBatchFromSeveralReads) {
  write_numbers(1, 700);
  MappingOptions wanted = options();
  wanted.batch_size = 10'000;
  create(wanted);
  EXPECT_EQ(functions.events.size(), 1u);
}

TEST_F(Delivery, NeverInvokesTwiceAtATimeForAShard) {
  functions.hold = true;
  create(options());
  deliver({"a"});
  deliver({"b"});
  deliver({"c"});
  EXPECT_THAT(functions.keys, ElementsAre("a"));
  functions.answer();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("a", "b c"));
}

TEST_F(Delivery, StopsABatchBeforeSixMegabytes) {
  std::vector<std::string> pks;
  const std::string filler(300'000, 'x');
  for (int i = 0; i < 25; ++i) pks.push_back(std::to_string(i));
  for (const std::string& pk : pks) write({pk}, filler);
  create(options());
  ASSERT_EQ(functions.events.size(), 2u);
  EXPECT_LE(functions.events[0].size(), kEventBytesMax);
  EXPECT_GT(functions.events[0].size() + 300'000, kEventBytesMax);
}

TEST_F(Delivery, CollectsUntilTheBatchingWindowEnds) {
  MappingOptions wanted = options();
  wanted.batching_window_s = 5;
  create(wanted);
  deliver({"a"});
  advance(seconds(3));
  deliver({"b"});
  EXPECT_THAT(functions.keys, IsEmpty());
  advance(seconds(2));
  EXPECT_THAT(functions.keys, ElementsAre("a b"));
}

TEST_F(Delivery, BeginsTheNextWindowWhenThePreviousInvocationEnded) {
  MappingOptions wanted = options();
  wanted.batching_window_s = 5;
  create(wanted);
  deliver({"a"});
  advance(seconds(5));
  advance(seconds(3));
  deliver({"b"});
  advance(seconds(2));
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
}

TEST_F(Delivery, DoesNotWaitForTheWindowOnceTheBatchIsFull) {
  MappingOptions wanted = options();
  wanted.batching_window_s = 300;
  wanted.batch_size = 2;
  create(wanted);
  deliver({"a", "b", "c"});
  EXPECT_THAT(functions.keys, ElementsAre("a b"));
}

TEST_F(Delivery, DeliversWhatWasCollectedWhenTheShardEnds) {
  MappingOptions wanted = options();
  wanted.batching_window_s = 300;
  create(wanted);
  deliver({"a"});
  roll_over();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("a"));
}

TEST_F(Delivery, CountsOnlyAcceptedRecordsTowardTheBatch) {
  write({"skip1", "EU1", "skip2", "EU2", "skip3"});
  MappingOptions wanted = options();
  wanted.batch_size = 2;
  wanted.filters = {R"({"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"EU"}]}}}})"};
  const std::string uuid = create(wanted);
  EXPECT_THAT(functions.keys, ElementsAre("EU1 EU2"));
  EXPECT_EQ(counters(uuid).records_filtered, 3u);
}

TEST_F(Delivery, MovesTheCheckpointPastFilteredRecordsWithoutAnInvocation) {
  MappingOptions wanted = options();
  wanted.filters = {R"({"eventName":["REMOVE"]})"};
  const std::string uuid = create(wanted);
  write_numbers(1, 500);
  settle();
  EXPECT_THAT(functions.keys, IsEmpty());
  start_triggers({});
  EXPECT_EQ(counters(uuid).records_read, 0u);
}

TEST_F(Delivery, GoesOnAfterARestartWhereItStopped) {
  create(options());
  deliver({"a"});
  functions.hold = true;
  deliver({"b"});
  functions.held.clear();
  functions.hold = false;
  start_triggers({});
  deliver({"c"});
  EXPECT_THAT(functions.keys, ElementsAre("a", "b", "b", "c"));
}

TEST_F(Delivery, FixesLatestBeforeTheAnswer) {
  deliver({"before"});
  dispatcher->create({.uuid = "",
                      .owner = owner,
                      .stream_arn = arn,
                      .starting_position = StartingPosition::kLatest,
                      .options = options(),
                      .tags = {}},
                     [&](const Result<MappingView>&) { write({"after"}); });
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("after"));
}

TEST_F(Delivery, SkipsClosedShardsWithLatestButNotTheirChildren) {
  deliver({"old"});
  roll_over();
  deliver({"older"});
  create(options(), StartingPosition::kNow);
  roll_over();
  deliver({"new"});
  EXPECT_THAT(functions.keys, ElementsAre("new"));
}

TEST_F(Delivery, FixesLatestOfADisabledMappingAtCreationToo) {
  deliver({"before"});
  MappingOptions wanted = options();
  wanted.enabled = false;
  const std::string uuid = create(wanted, StartingPosition::kLatest);
  deliver({"meanwhile"});
  EXPECT_THAT(functions.keys, IsEmpty());
  update(uuid, [](MappingOptions& changed) { changed.enabled = true; });
  EXPECT_THAT(functions.keys, ElementsAre("meanwhile"));
}

TEST_F(Delivery, GoesOnWhereADeletedMappingStoodIfAsked) {
  const std::string first = create(options());
  deliver({"a"});
  remove(first);
  deliver({"b"});
  create(options(), StartingPosition::kLastStoppedPoint);
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
}

TEST_F(Delivery, StartsAnewAfterDeletingAndCreating) {
  const std::string first = create(options());
  deliver({"a"});
  remove(first);
  create(options());
  EXPECT_THAT(functions.keys, ElementsAre("a", "a"));
}

TEST_F(Delivery, FinishesParentsBeforeTheirChildren) {
  functions.hold = true;
  create(options());
  deliver({"parent"});
  roll_over();
  deliver({"child"});
  EXPECT_THAT(functions.keys, ElementsAre("parent"));
  functions.answer();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("parent", "child"));
}

TEST_F(Delivery, FollowsShardsThatAppearedAndClosedBetweenTwoLooks) {
  MappingOptions wanted = options();
  wanted.enabled = false;
  const std::string uuid = create(wanted);
  for (const char* pk : {"1", "2", "3", "4"}) {
    deliver({pk});
    roll_over();
  }
  update(uuid, [](MappingOptions& changed) { changed.enabled = true; });
  EXPECT_THAT(functions.keys, ElementsAre("1", "2", "3", "4"));
}

TEST_F(Delivery, ReadsADisabledStreamToItsEnd) {
  functions.hold = true;
  create(options());
  deliver({"a"});
  write({"b"});
  queue.run([&](Txn& txn) { log->disable(txn, table); });
  functions.answer();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
}

TEST_F(Delivery, RunsLanesSideBySideButKeepsEachItemInOrder) {
  functions.hold = true;
  MappingOptions wanted = options();
  wanted.parallelization_factor = 10;
  wanted.batch_size = 1;
  create(wanted);
  deliver({"a", "b", "c", "d", "e", "f", "g", "h"});
  deliver({"a", "b", "c"});
  EXPECT_GT(functions.in_flight, 1);
  EXPECT_LE(functions.in_flight, 10);
  std::set<std::string> in_flight(functions.keys.begin(), functions.keys.end());
  EXPECT_EQ(in_flight.size(), functions.keys.size());  // No item twice.
  while (!functions.held.empty()) {
    functions.answer();
    settle();
  }
  EXPECT_THAT(functions.keys,
              UnorderedElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "a", "b", "c"));
}

TEST_F(Delivery, KeepsTheCheckpointBelowTheOldestUnfinishedLane) {
  functions.handler = [](const std::string& event) {
    return keys_of(event) == "a" ? function_error() : InvokeOutcome{};
  };
  MappingOptions wanted = options();
  wanted.parallelization_factor = 10;
  wanted.batch_size = 1;
  create(wanted);
  deliver({"a", "b", "c", "d", "e", "f", "g", "h"});
  functions.keys.clear();
  functions.handler = nullptr;
  start_triggers({});
  EXPECT_THAT(functions.keys, ::testing::Contains("a"));
}

TEST_F(Delivery, KeepsMappingsOfOneStreamIndependent) {
  functions.handler = [](const std::string&) { return InvokeOutcome{}; };
  create(options("good"));
  create(options("bad"));
  functions.hold = true;
  deliver({"a"});
  ASSERT_EQ(functions.held.size(), 2u);
  functions.answer();
  settle();
  deliver({"b"});
  EXPECT_EQ(functions.requests.back().function_name, functions.requests[0].function_name);
  EXPECT_EQ(functions.keys.back(), "b");
}

TEST_F(Delivery, ReadsAheadOnlyABatch) {
  functions.hold = true;
  MappingOptions wanted = options();
  wanted.batch_size = 5;
  const std::string uuid = create(wanted);
  write_numbers(1, 1000);
  settle();
  EXPECT_LE(counters(uuid).records_read, 10u);
}

TEST_F(Delivery, KeepsThePaceOfAPollIntervalIfOneIsSet) {
  start_triggers({.poll_interval = Millis(250)});
  create(options());
  deliver({"a"});
  EXPECT_THAT(functions.keys, IsEmpty());
  advance(Millis(250));
  EXPECT_THAT(functions.keys, ElementsAre("a"));
}

TEST_F(Delivery, DoesNothingWhileNothingIsWritten) {
  create(options());
  deliver({"a"});
  EXPECT_EQ(scheduler.timer_count(), 0u);
}

TEST_F(Delivery, GoesOnFromTheOldestRecordLeftAfterTrimming) {
  MappingOptions wanted = options();
  wanted.enabled = false;
  const std::string uuid = create(wanted);
  deliver({"trimmed"});
  advance(std::chrono::hours(25));
  queue.run([&](Txn& txn) {
    while (log->trim_slice(txn, 100)) {
    }
  });
  deliver({"left"});
  update(uuid, [](MappingOptions& changed) { changed.enabled = true; });
  EXPECT_THAT(functions.keys, ElementsAre("left"));
}

}  // namespace
}  // namespace tailrace::triggers
