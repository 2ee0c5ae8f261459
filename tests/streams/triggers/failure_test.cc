// What happens when functions fail: retries, ages, partial failures, bisection, destinations.
// (behaviour/triggers 3.6 to 3.13)
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::triggers {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Failure = TriggerTest;

InvokeOutcome fail_always(const std::string&) {
  return function_error();
}

// Fails whenever the event holds this key.
ScriptedFunctions::Handler fails_on(std::string key) {
  return [key = std::move(key)](const std::string& event) {
    return (" " + keys_of(event) + " ").find(" " + key + " ") != std::string::npos
               ? function_error()
               : InvokeOutcome{};
  };
}

TEST_F(Failure, RepeatsTheSameRecordsWithGrowingPauses) {
  functions.handler = fail_always;
  create(options());
  deliver({"a", "b"});
  write({"c"});
  advance(Millis(249));
  EXPECT_THAT(functions.keys, ElementsAre("a b"));
  advance(Millis(1));
  EXPECT_THAT(functions.keys, ElementsAre("a b", "a b"));
  advance(Millis(500));
  EXPECT_THAT(functions.keys, SizeIs(3));
  functions.handler = nullptr;
  advance(seconds(1));
  EXPECT_THAT(functions.keys, ElementsAre("a b", "a b", "a b", "a b", "c"));
}

TEST_F(Failure, MakesEightInvocationsBeforeAnAgeLimitOfAMinute) {
  functions.handler = fail_always;
  clock.set(from_millis(1770091506000));
  MappingOptions wanted = options();
  wanted.batch_size = 1;
  wanted.record_age_max_s = 60;
  const std::string uuid = create(wanted);
  deliver({"a"});
  advance(seconds(120));
  EXPECT_THAT(functions.keys, SizeIs(8));
  EXPECT_THAT(
      discarded(uuid),
      ElementsAre(HasSubstr(R"("condition":"RecordAgeExceeded","approximateInvokeCount":8)")));
}

TEST_F(Failure, UsesEveryRequestIdOnce) {
  functions.handler = fail_always;
  create(options());
  deliver({"a"});
  advance(seconds(10));
  std::set<std::string> ids;
  for (const InvokeRequest& request : functions.requests) ids.insert(request.request_id);
  EXPECT_EQ(ids.size(), functions.requests.size());
}

TEST_F(Failure, DiscardsAfterTheLastRetryAndGoesOn) {
  functions.handler = fails_on("bad");
  MappingOptions wanted = options();
  wanted.retry_attempts_max = 1;
  wanted.on_failure = "arn:aws:sqs:us-east-1:000000000000:dead";
  const std::string uuid = create(wanted);
  deliver({"bad"});
  write({"good"});
  advance(seconds(1));
  ASSERT_THAT(destinations.messages, SizeIs(1));
  EXPECT_THAT(functions.keys, ElementsAre("bad", "bad"));  // Waits until the message is delivered.
  const std::string& document = destinations.messages[0].document;
  EXPECT_THAT(
      document,
      HasSubstr(
          R"("functionArn":"arn:aws:lambda:us-east-1:000000000000:function:printer",)"
          R"("condition":"RetryAttemptsExhausted","approximateInvokeCount":2},)"
          R"("responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},)"
          R"("version":"1.0","timestamp":")"));
  EXPECT_THAT(document, HasSubstr(R"("approximateArrivalOfFirstRecord":"2026-02-03T04:05:06Z")"));
  EXPECT_THAT(document, HasSubstr(R"("batchSize":1,"streamArn":")" + arn));
  EXPECT_THAT(document, HasSubstr(R"("requestId":")" + functions.requests[1].request_id));
  EXPECT_EQ(destinations.messages[0].payload, functions.events[0]);
  destinations.pending[0](true);
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("bad", "bad", "good"));
  EXPECT_THAT(discarded(uuid), ElementsAre(HasSubstr(R"("SentToDestination":true)")));
}

TEST_F(Failure, KeepsADiscardedBatchWhoseDestinationIsNotBound) {
  destinations.bound = false;
  functions.handler = fail_always;
  MappingOptions wanted = options();
  wanted.retry_attempts_max = 0;
  wanted.on_failure = "arn:aws:sqs:us-east-1:000000000000:dead";
  const std::string uuid = create(wanted);
  deliver({"a"});
  EXPECT_THAT(discarded(uuid), ElementsAre(HasSubstr(R"("Condition":"RetryAttemptsExhausted")")));
  EXPECT_EQ(counters(uuid).batches_dropped, 1u);
}

TEST_F(Failure, ReplaysADiscardedBatchAndForgetsItOnSuccess) {
  functions.handler = fail_always;
  MappingOptions wanted = options();
  wanted.retry_attempts_max = 0;
  const std::string uuid = create(wanted);
  deliver({"a", "b"});
  const auto replay = [&] {
    std::optional<InvokeOutcome> outcome;
    dispatcher->replay_discarded(uuid, 1, [&](Result<InvokeOutcome> result) {
      if (result) outcome = *result;
    });
    settle();
    return outcome;
  };
  EXPECT_EQ(replay()->status, InvokeStatus::kFunctionError);
  EXPECT_THAT(discarded(uuid), SizeIs(1));
  functions.handler = nullptr;
  EXPECT_EQ(replay()->status, InvokeStatus::kSuccess);
  EXPECT_THAT(discarded(uuid), IsEmpty());
  EXPECT_EQ(replay(), std::nullopt);
  EXPECT_THAT(functions.keys, ElementsAre("a b", "a b", "a b"));
}

TEST_F(Failure, DropsOnlyTheRecordsThatAreTooOld) {
  MappingOptions wanted = options();
  wanted.record_age_max_s = 60;
  wanted.batch_size = 10;
  deliver({"1"});
  advance(seconds(70));
  write_numbers(2, 6);
  const std::string uuid = create(wanted);
  EXPECT_THAT(functions.keys, ElementsAre("2 3 4 5 6"));
  const auto kept = discarded(uuid);
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_THAT(kept[0], HasSubstr(R"("condition":"RecordAgeExceeded","approximateInvokeCount":1)"));
  EXPECT_THAT(kept[0], HasSubstr(R"("batchSize":1)"));
  EXPECT_THAT(kept[0], Not(HasSubstr("responseContext")));
}

TEST_F(Failure, DeliversARecordThatIsExactlyAtTheAgeLimit) {
  clock.set(from_millis(1770091506000));
  MappingOptions wanted = options();
  wanted.record_age_max_s = 60;
  deliver({"a"});
  advance(seconds(60));
  create(wanted);
  EXPECT_THAT(functions.keys, ElementsAre("a"));
}

TEST_F(Failure, RepeatsInvocationFailuresWithoutCountingThem) {
  functions.handler = [](const std::string&) { return invocation_failure(); };
  MappingOptions wanted = options();
  wanted.retry_attempts_max = 0;
  wanted.bisect = true;
  const std::string uuid = create(wanted);
  deliver({"a", "b"});
  advance(seconds(100));
  EXPECT_GT(functions.keys.size(), 5u);
  EXPECT_THAT(discarded(uuid), IsEmpty());
  functions.handler = nullptr;
  advance(seconds(60));
  EXPECT_EQ(functions.keys.back(), "a b");
  EXPECT_EQ(dispatcher->get(owner, uuid)->mapping.last_result, "OK");
}

TEST_F(Failure, GivesUpARecordThatHasOutlivedItsStreamWhileItWaited) {
  functions.handler = fail_always;
  const std::string uuid = create(options());
  deliver({"a"});
  advance(std::chrono::hours(25));
  EXPECT_THAT(discarded(uuid), ElementsAre(HasSubstr(R"("Condition":"RecordAgeExceeded")")));
}

TEST_F(Failure, BisectsDownToTheBadRecord) {
  functions.handler = fails_on("6");
  MappingOptions wanted = options();
  wanted.retry_attempts_max = 0;
  wanted.bisect = true;
  write_numbers(1, 8);
  const std::string uuid = create(wanted);
  EXPECT_THAT(functions.keys,
              ElementsAre("1 2 3 4 5 6 7 8", "1 2 3 4", "5 6 7 8", "5 6", "5", "6", "7 8"));
  EXPECT_THAT(discarded(uuid), ElementsAre(HasSubstr(R"("batchSize":1)")));
  EXPECT_EQ(counters(uuid).batches_bisected, 3u);
}

TEST_F(Failure, IsolatesTheBadRecordWhichThenBlocksTheShard) {
  functions.handler = fails_on("2");
  MappingOptions wanted = options();
  wanted.bisect = true;
  write_numbers(1, 4);
  create(wanted);
  advance(seconds(10));
  EXPECT_EQ(functions.keys.back(), "2");
  functions.handler = nullptr;
  advance(seconds(60));
  EXPECT_EQ(functions.keys.back(), "3 4");
}

TEST_F(Failure, SendsAgainOnlyFromTheReportedRecordOn) {
  bool reported = false;
  functions.handler = [&](const std::string& event) {
    return std::exchange(reported, true) ? returns("{}") : reports(sequence_of(event, "c"));
  };
  MappingOptions wanted = options();
  wanted.report_item_failures = true;
  create(wanted);
  deliver({"a", "b", "c", "d"});
  advance(Millis(250));
  EXPECT_THAT(functions.keys, ElementsAre("a b c d", "c d"));
}

TEST_F(Failure, CountsRetriesOfAShortenedBatchFromTheStart) {
  functions.handler = [](const std::string& event) {
    const bool has_six = (" " + keys_of(event)).find(" 6") != std::string::npos;
    return has_six ? reports(sequence_of(event, "6")) : returns("{}");
  };
  MappingOptions wanted = options();
  wanted.report_item_failures = true;
  wanted.retry_attempts_max = 3;
  wanted.batch_size = 3;
  write_numbers(1, 6);
  const std::string uuid = create(wanted);
  advance(seconds(60));
  EXPECT_THAT(functions.keys, ElementsAre("1 2 3", "4 5 6", "6", "6", "6", "6"));
  const auto kept = discarded(uuid);
  ASSERT_THAT(kept, SizeIs(1));
  EXPECT_THAT(kept[0], HasSubstr(R"("approximateInvokeCount":4)"));
  EXPECT_THAT(kept[0], HasSubstr(R"("functionError":null)"));
  EXPECT_THAT(kept[0], HasSubstr(R"("batchSize":1)"));
}

TEST_F(Failure, KeepsThePartOfABatchThatSucceededAcrossARestart) {
  functions.handler = [](const std::string& event) { return reports(sequence_of(event, "b")); };
  MappingOptions wanted = options();
  wanted.report_item_failures = true;
  create(wanted);
  deliver({"a", "b"});
  functions.keys.clear();
  functions.handler = nullptr;
  start_triggers({});
  EXPECT_THAT(functions.keys, ElementsAre("b"));
}

TEST_F(Failure, AppliesTheResultOfABatchInFlightAfterDisabling) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  update(uuid, [](MappingOptions& changed) { changed.enabled = false; });
  write({"b"});
  functions.answer();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("a"));
  functions.hold = false;
  update(uuid, [](MappingOptions& changed) { changed.enabled = true; });
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
}

TEST_F(Failure, EndsAWaitingRetryWhenDisabled) {
  functions.handler = fail_always;
  const std::string uuid = create(options());
  deliver({"a"});
  update(uuid, [](MappingOptions& changed) { changed.enabled = false; });
  advance(std::chrono::hours(1));
  EXPECT_THAT(functions.keys, ElementsAre("a"));
  EXPECT_EQ(scheduler.timer_count(), 0u);
  update(uuid, [](MappingOptions& changed) { changed.enabled = true; });
  EXPECT_THAT(functions.keys, ElementsAre("a", "a"));
}

TEST_F(Failure, DiscardsAtOnceWhenTheLimitIsLoweredBelowWhatWasUsed) {
  functions.handler = fail_always;
  const std::string uuid = create(options());
  deliver({"a"});
  advance(seconds(2));
  const std::size_t invocations = functions.keys.size();
  update(uuid, [](MappingOptions& changed) { changed.retry_attempts_max = 1; });
  EXPECT_EQ(functions.keys.size(), invocations);
  EXPECT_THAT(discarded(uuid), SizeIs(1));
}

TEST_F(Failure, ForgetsADeletedMappingsResultAndRows) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  remove(uuid);
  functions.answer();
  settle();
  queue.run([&](Txn& txn) { EXPECT_THAT(load_checkpoints(txn, uuid), IsEmpty()); });
  EXPECT_FALSE(dispatcher->get(owner, uuid).has_value());
}

TEST_F(Failure, WaitsWithTheNextBatchUntilTheCheckpointIsWritten) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  write({"b"});
  faults->disk_full = true;
  functions.answer();
  settle();
  advance(seconds(5));
  EXPECT_THAT(functions.keys, ElementsAre("a"));
  faults->disk_full = false;
  advance(seconds(1));
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
}

TEST_F(Failure, LosesNoDiscardedBatchToAFullDisk) {
  functions.handler = fail_always;
  MappingOptions wanted = options();
  wanted.retry_attempts_max = 0;
  const std::string uuid = create(wanted);
  write({"a"});
  faults->disk_full = true;
  settle();
  faults->disk_full = false;
  advance(seconds(1));
  EXPECT_THAT(discarded(uuid), SizeIs(1));
  EXPECT_THAT(functions.keys, ElementsAre("a"));
}

TEST_F(Failure, RefusesANewMappingThatCannotBeStored) {
  faults->disk_full = true;
  const auto result = try_create(options());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kServiceException);
  faults->disk_full = false;
  EXPECT_TRUE(try_create(options()).has_value());
}

TEST_F(Failure, ShowsTheLastProcessingResult) {
  functions.handler = fail_always;
  const std::string uuid = create(options());
  EXPECT_EQ(dispatcher->get(owner, uuid)->mapping.last_result, "No records processed");
  deliver({"a"});
  EXPECT_EQ(dispatcher->get(owner, uuid)->mapping.last_result, "PROBLEM: Function call failed");
  start_triggers({});
  EXPECT_EQ(dispatcher->get(owner, uuid)->mapping.last_result, "PROBLEM: Function call failed");
}

}  // namespace
}  // namespace tailrace::triggers
