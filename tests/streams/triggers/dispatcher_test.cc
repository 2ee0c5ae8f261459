// Mappings as things: create, update, delete, states, drain, replay.
// (behaviour/triggers 2, 3.15, 10.3)
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::triggers {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Dispatcher = TriggerTest;

TEST_F(Dispatcher, RefusesAnUnknownStream) {
  arn = "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/stream/2026-02-03T04:05:06.789";
  const auto result = try_create(options());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidParameterValueException);
  EXPECT_EQ(result.error().message, "Stream not found: " + arn);
}

TEST_F(Dispatcher, RefusesASecondMappingOfStreamAndFunction) {
  const std::string uuid = create(options());
  const auto result = try_create(options());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kResourceConflictException);
  EXPECT_EQ(result.error().message,
            "The event source arn (\" " + arn +
                " \") and function (\" printer \") provided mapping already exists. "
                "Please update or delete the existing mapping with UUID " +
                uuid);
  MappingOptions qualified = options();
  qualified.function.qualifier = "live";
  EXPECT_TRUE(try_create(qualified).has_value());
}

TEST_F(Dispatcher, ShowsTheTransitionInTheAnswerAndTheEndAfterwards) {
  const auto created = try_create(options());
  EXPECT_EQ(created->state, MappingState::kCreating);
  const std::string uuid = created->mapping.uuid;
  EXPECT_EQ(dispatcher->get(owner, uuid)->state, MappingState::kEnabled);
  EXPECT_EQ(update(uuid, [](MappingOptions& changed) { changed.batch_size = 7; }).state,
            MappingState::kUpdating);
  EXPECT_EQ(update(uuid, [](MappingOptions& changed) { changed.enabled = false; }).state,
            MappingState::kDisabling);
  EXPECT_EQ(dispatcher->get(owner, uuid)->state, MappingState::kDisabled);
  EXPECT_EQ(update(uuid, [](MappingOptions& changed) { changed.enabled = true; }).state,
            MappingState::kEnabling);
  remove(uuid);
  EXPECT_EQ(dispatcher->get(owner, uuid).error().message,
            "The resource you requested does not exist.");
}

TEST_F(Dispatcher, IsInUseDuringAStretchedTransition) {
  start_triggers({.transition_delay = seconds(5)});
  const std::string uuid = create(options());
  EXPECT_EQ(dispatcher->get(owner, uuid)->state, MappingState::kCreating);
  std::optional<Result<MappingView>> answer;
  dispatcher->remove(owner, uuid,
                     [&](Result<MappingView> result) { answer.emplace(std::move(result)); });
  EXPECT_EQ(answer->error().message,
            "Cannot delete the event source mapping because it is in use.");
  advance(seconds(5));
  EXPECT_EQ(dispatcher->get(owner, uuid)->state, MappingState::kEnabled);
  remove(uuid);
  EXPECT_EQ(dispatcher->get(owner, uuid)->state, MappingState::kDeleting);
  advance(seconds(5));
  EXPECT_FALSE(dispatcher->get(owner, uuid).has_value());
}

TEST_F(Dispatcher, KeepsEverythingAcrossARestart) {
  MappingOptions wanted = options();
  wanted.batch_size = 17;
  wanted.batching_window_s = 3;
  wanted.parallelization_factor = 4;
  wanted.retry_attempts_max = 5;
  wanted.record_age_max_s = 90;
  wanted.bisect = true;
  wanted.report_item_failures = true;
  wanted.filters = {R"( {"eventName": ["INSERT"]} )"};
  wanted.on_failure = "arn:aws:sns:us-east-1:000000000000:dead";
  wanted.kms_key_arn = "arn:aws:kms:us-east-1:000000000000:key/1";
  wanted.metrics = {"EventCount"};
  wanted.function.qualifier = "live";
  const std::string uuid = create(wanted, StartingPosition::kLatest);
  dispatcher->change_tags(
      owner, uuid,
      [](TriggerDispatcher::TagMap& tags) -> Result<void> {
        tags = {{"team", "post"}};
        return {};
      },
      [](const Result<void>&) {});
  settle();
  const Buffer before = encode_mapping(dispatcher->get(owner, uuid)->mapping);
  start_triggers({});
  EXPECT_EQ(encode_mapping(dispatcher->get(owner, uuid)->mapping), before);
}

TEST_F(Dispatcher, ListsByCreationAndOwner) {
  const std::string first = create(options("one"));
  const std::string second = create(options("two"));
  const auto views = dispatcher->list(owner);
  ASSERT_THAT(views, SizeIs(2));
  EXPECT_EQ(views[0].mapping.uuid, first);
  EXPECT_EQ(views[1].mapping.uuid, second);
  EXPECT_THAT(dispatcher->list({.account = "111111111111", .region = "us-east-1"}), IsEmpty());
}

TEST_F(Dispatcher, AppliesAnUpdateToTheNextBatch) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  update(uuid, [this](MappingOptions& changed) {
    changed.batch_size = 1;
    changed.function = options("other").function;
  });
  write({"b", "c"});
  functions.hold = false;
  functions.answer();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("a", "b", "c"));
  EXPECT_EQ(functions.requests.back().function_name, "other");
}

TEST_F(Dispatcher, AppliesANewFilterToEverythingThatIsNotInFlight) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  deliver({"b", "c"});
  update(uuid, [](MappingOptions& changed) {
    changed.filters = {R"({"dynamodb":{"Keys":{"pk":{"S":["c"]}}}})"};
  });
  functions.hold = false;
  functions.answer();
  settle();
  EXPECT_THAT(functions.keys, ElementsAre("a", "c"));
}

TEST_F(Dispatcher, ChangesTheNumberOfLanesOnlyBetweenBatches) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a", "b", "c"});
  update(uuid, [](MappingOptions& changed) {
    changed.parallelization_factor = 10;
    changed.batch_size = 1;
  });
  deliver({"a", "b", "c", "d"});
  EXPECT_EQ(functions.in_flight, 1);
  functions.answer();
  settle();
  EXPECT_GT(functions.in_flight, 1);
}

// --- Drain

TEST_F(Dispatcher, DrainsAtOnceWhenNothingIsBehind) {
  create(options());
  bool done = false;
  const auto drain = dispatcher->drain([&] { done = true; });
  settle();
  EXPECT_TRUE(done);
}

TEST_F(Dispatcher, DrainWaitsForEverythingCommittedBefore) {
  functions.hold = true;
  create(options());
  write({"a"});
  bool done = false;
  const auto drain = dispatcher->drain([&] { done = true; });
  settle();
  write({"later"});
  EXPECT_FALSE(done);
  functions.answer();
  settle();
  EXPECT_TRUE(done);
}

TEST_F(Dispatcher, DrainFollowsRecordsIntoChildShards) {
  functions.hold = true;
  create(options());
  write({"a"});
  roll_over();
  write({"b"});
  bool done = false;
  const auto drain = dispatcher->drain([&] { done = true; });
  settle();
  functions.answer();
  settle();
  EXPECT_FALSE(done);
  functions.answer();
  settle();
  EXPECT_TRUE(done);
}

TEST_F(Dispatcher, DrainNamesTheBatchThatIsBehindAndWhy) {
  functions.handler = [](const std::string&) { return function_error(); };
  const std::string uuid = create(options());
  deliver({"a", "b"});
  const auto drain = dispatcher->drain([] {});
  settle();
  const auto behind = drain->behind();
  ASSERT_THAT(behind, SizeIs(1));
  EXPECT_EQ(behind[0].uuid, uuid);
  EXPECT_EQ(behind[0].shard_id, shards()[0].id);
  EXPECT_EQ(behind[0].records, 2u);
  EXPECT_EQ(behind[0].attempts, 1);
  EXPECT_EQ(behind[0].last_sequence, behind[0].target);
  EXPECT_THAT(behind[0].reason,
              HasSubstr("retry at 2026-02-03T04:05:07.039Z after: Unhandled: boom"));
}

TEST_F(Dispatcher, DrainDoesNotWaitForDisabledOrDeletedMappings) {
  functions.handler = [](const std::string&) { return function_error(); };
  const std::string uuid = create(options());
  deliver({"a"});
  bool done = false;
  const auto drain = dispatcher->drain([&] { done = true; });
  settle();
  EXPECT_FALSE(done);
  update(uuid, [](MappingOptions& changed) { changed.enabled = false; });
  EXPECT_TRUE(done);
}

// --- Replay, lag, stop

TEST_F(Dispatcher, ReplaysFromASequenceNumberAcrossShards) {
  const std::string uuid = create(options());
  deliver({"a"});
  deliver({"b"});
  roll_over();
  deliver({"c"});
  const auto sequence = parse_sequence_number(sequence_of(functions.events[1], "b"));
  functions.keys.clear();
  std::optional<bool> found;
  dispatcher->replay_from(uuid, *sequence, std::nullopt,
                          [&](const Result<void>& result) { found = result.has_value(); });
  settle();
  EXPECT_EQ(found, true);
  EXPECT_THAT(functions.keys, ElementsAre("b", "c"));
}

TEST_F(Dispatcher, ReplayEndsARetryThatWaits) {
  functions.handler = [](const std::string&) { return function_error(); };
  const std::string uuid = create(options());
  deliver({"a"});
  functions.handler = nullptr;
  dispatcher->reposition(uuid, StartingPosition::kNow, [](const Result<void>&) {});
  settle();
  deliver({"b"});
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
}

TEST_F(Dispatcher, MeasuresTheLag) {
  functions.hold = true;
  const std::string uuid = create(options());
  write_numbers(1, 4500);
  advance(seconds(9));
  std::optional<TriggerDispatcher::Lag> lag;
  dispatcher->measure_lag(uuid, [&](Result<TriggerDispatcher::Lag> result) { lag = *result; });
  settle();
  ASSERT_TRUE(lag.has_value());
  EXPECT_EQ(lag->records, 4500u);
  EXPECT_EQ(clock.now() - *lag->oldest, Millis(9000));
}

TEST_F(Dispatcher, StopsOnceNothingIsInFlight) {
  functions.hold = true;
  create(options());
  deliver({"a"});
  bool stopped = false;
  dispatcher->stop([&] { stopped = true; });
  settle();
  EXPECT_FALSE(stopped);
  functions.answer();
  settle();
  EXPECT_TRUE(stopped);
  functions.hold = false;
  functions.keys.clear();
  start_triggers({});
  EXPECT_THAT(functions.keys, IsEmpty());  // The result was stored.
}

TEST_F(Dispatcher, RemembersTheLastInvocations) {
  start_triggers({.invocations_kept = 2});
  functions.handler = [](const std::string& event) {
    return keys_of(event) == "b" ? returns(R"({"ok":1})") : InvokeOutcome{};
  };
  const std::string uuid = create(options());
  for (const char* pk : {"a", "c", "b"}) deliver({pk});
  const auto& records = dispatcher->find_runner(uuid)->invocations().records();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(keys_of(*records[1].payload), "b");
  EXPECT_EQ(records[1].response, R"({"ok":1})");
  EXPECT_EQ(records[1].result, "Success");
}

}  // namespace
}  // namespace tailrace::triggers
