// Tumbling windows. (behaviour/triggers 3.12)
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::triggers {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Windows : public TriggerTest {
 protected:
  Windows() {
    clock.set(from_millis(1770091500000));  // 04:05:00, the start of a window.
    wanted = options();
    wanted.tumbling_window_s = 60;
    functions.handler = [this](const std::string&) {
      return returns(R"({"state":{"n":)" + std::to_string(++count) + "}}");
    };
  }
  MappingOptions wanted;
  int count = 0;
};

TEST_F(Windows, CarriesTheStateThroughTheWindowAndEndsIt) {
  create(wanted);
  deliver({"a"});
  advance(seconds(30));
  deliver({"b"});
  advance(seconds(29));
  EXPECT_THAT(functions.keys, ElementsAre("a", "b"));
  advance(seconds(1));
  ASSERT_THAT(functions.keys, ElementsAre("a", "b", ""));
  const std::string window =
      R"("window":{"start":"2026-02-03T04:05:00Z","end":"2026-02-03T04:06:00Z"},"state":)";
  const std::string shard = R"(,"shardId":")" + shards()[0].id + R"(","eventSourceARN":")" + arn;
  EXPECT_THAT(functions.events[0], HasSubstr("]," + window + "{}" + shard));
  EXPECT_THAT(functions.events[0],
              HasSubstr(R"("isFinalInvokeForWindow":false,"isWindowTerminatedEarly":false})"));
  EXPECT_THAT(functions.events[1], HasSubstr(window + R"({"n":1})"));
  EXPECT_THAT(functions.events[2], HasSubstr(R"({"Records":[],)" + window + R"({"n":2})"));
  EXPECT_THAT(functions.events[2],
              HasSubstr(R"("isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false})"));
  deliver({"c"});
  EXPECT_THAT(functions.events[3], HasSubstr(R"("start":"2026-02-03T04:06:00Z")"));
  EXPECT_THAT(functions.events[3], HasSubstr(R"("state":{},)"));
}

TEST_F(Windows, AreNotOpenedForABatchThatWasBegunBeforeThem) {
  wanted.tumbling_window_s = 0;
  const std::string uuid = create(wanted);
  functions.handler = [](const std::string&) { return function_error(); };
  deliver({"a"});
  functions.handler = [](const std::string& event) {
    return returns(event.find("\"window\"") == std::string::npos ? "{}" : R"({"state":{}})");
  };
  update(uuid, [](MappingOptions& changed) { changed.tumbling_window_s = 60; });
  advance(seconds(1));
  deliver({"b"});
  EXPECT_THAT(functions.keys, ElementsAre("a", "a", "b"));
  EXPECT_THAT(functions.events[1], Not(HasSubstr("\"window\"")));
  EXPECT_THAT(functions.events[2], HasSubstr("\"window\""));
}

TEST_F(Windows, NeverMixesWindowsInABatch) {
  wanted.enabled = false;
  const std::string uuid = create(wanted);
  deliver({"a"});
  advance(seconds(60));
  deliver({"b", "c"});
  update(uuid, [](MappingOptions& changed) { changed.enabled = true; });
  EXPECT_THAT(functions.keys, ElementsAre("a", "", "b c"));
}

TEST_F(Windows, HasNoFinalInvocationForAWindowWithoutRecords) {
  create(wanted);
  advance(seconds(600));
  EXPECT_THAT(functions.keys, IsEmpty());
}

TEST_F(Windows, RetriesAnInvocationWhoseResponseHasNoState) {
  functions.handler = [](const std::string&) { return returns("{}"); };
  create(wanted);
  deliver({"a"});
  advance(seconds(1));
  EXPECT_THAT(functions.keys, ElementsAre("a", "a", "a"));
}

TEST_F(Windows, GoesOnInMidWindowAfterARestart) {
  create(wanted);
  deliver({"a"});
  start_triggers({});
  deliver({"b"});
  EXPECT_THAT(functions.events[1], HasSubstr(R"("state":{"n":1})"));
  start_triggers({});
  advance(seconds(60));
  EXPECT_THAT(functions.keys, ElementsAre("a", "b", ""));
}

TEST_F(Windows, EndsAWindowEarlyWhoseStateIsTooLarge) {
  functions.handler = [this](const std::string&) {
    return returns(++count == 1 ? R"({"state":")" + std::string(1024 * 1024, 'x') + "\"}"
                                : R"({"state":"small"})");
  };
  create(wanted);
  deliver({"a"});
  ASSERT_THAT(functions.keys, ElementsAre("a", ""));
  EXPECT_THAT(functions.events[1],
              HasSubstr(R"("isFinalInvokeForWindow":true,"isWindowTerminatedEarly":true})"));
  deliver({"b"});
  EXPECT_THAT(functions.events[2], HasSubstr(R"("start":"2026-02-03T04:05:00Z")"));
  EXPECT_THAT(functions.events[2], HasSubstr(R"("state":{},)"));
}

TEST_F(Windows, ClosesTheWindowWithTheShard) {
  create(wanted);
  deliver({"a"});
  roll_over();
  deliver({"b"});
  EXPECT_THAT(functions.keys, ElementsAre("a", "", "b"));
  EXPECT_THAT(functions.events[2], HasSubstr(R"("state":{},)"));
}

TEST_F(Windows, KeepsTheStateOfBeforeADiscardedBatch) {
  create(wanted);
  deliver({"a"});
  wanted.retry_attempts_max = 0;
  const std::string uuid = dispatcher->list(owner)[0].mapping.uuid;
  update(uuid, [](MappingOptions& changed) { changed.retry_attempts_max = 0; });
  functions.handler = [](const std::string&) { return function_error(); };
  deliver({"b"});
  functions.handler = [](const std::string&) { return returns(R"({"state":{}})"); };
  deliver({"c"});
  EXPECT_THAT(functions.events[2], HasSubstr(R"("state":{"n":1})"));
}

TEST_F(Windows, DiscardsAFinalInvocationThatKeepsFailing) {
  wanted.retry_attempts_max = 1;
  const std::string uuid = create(wanted);
  deliver({"a"});
  functions.handler = [](const std::string&) { return function_error(); };
  advance(seconds(61));
  EXPECT_THAT(functions.keys, ElementsAre("a", "", ""));
  EXPECT_THAT(discarded(uuid), ElementsAre(HasSubstr(R"("batchSize":0)")));
  functions.handler = [](const std::string&) { return returns(R"({"state":{}})"); };
  deliver({"b"});
  EXPECT_EQ(functions.keys.back(), "b");
}

}  // namespace
}  // namespace tailrace::triggers
