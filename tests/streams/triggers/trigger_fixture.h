// Triggers over a real log and store in memory; time, handlers and destinations are in the test's
// hands.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/engine/sqlite/sqlite_engine.h"
#include "storage/value/stored_item.h"
#include "streams/log/stream_log.h"
#include "streams/triggers/trigger_dispatcher.h"
#include "tests/storage/engine/faulty_engine.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::triggers {

// Keys of the records of an event, in order: "a b c".
inline std::string keys_of(const std::string& event) {
  std::string keys;
  constexpr std::string_view kMark = R"("Keys":{"pk":{"S":")";
  for (std::size_t at = event.find(kMark); at != std::string::npos; at = event.find(kMark, at)) {
    at += kMark.size();
    if (!keys.empty()) keys += ' ';
    keys += event.substr(at, event.find('"', at) - at);
  }
  return keys;
}

// Sequence number of the record with that key in an event.
inline std::string sequence_of(const std::string& event, std::string_view key) {
  const std::size_t at = event.find(R"("Keys":{"pk":{"S":")" + std::string(key) + '"');
  constexpr std::string_view kMark = R"("SequenceNumber":")";
  const std::size_t begin = event.find(kMark, at) + kMark.size();
  return event.substr(begin, event.find('"', begin) - begin);
}

// Handlers: each invocation is answered at once by `handler`, or waits for answer() while `hold` is
// set.
class ScriptedFunctions final : public Functions {
 public:
  using Handler = std::function<InvokeOutcome(const std::string& event)>;

  explicit ScriptedFunctions(Scheduler& scheduler) : scheduler_(scheduler) {}

  bool exists(const Owner&, std::string_view name) const override {
    return missing.count(std::string(name)) == 0;
  }

  std::shared_ptr<void> invoke(InvokeRequest request, Callback callback) override {
    const std::string event = *request.payload;
    events.push_back(event);
    keys.push_back(keys_of(event));
    requests.push_back(request);
    ++in_flight;
    most_in_flight = std::max(most_in_flight, in_flight);
    auto handle = std::make_shared<int>(0);
    auto reply = [this, weak = std::weak_ptr(handle), callback](InvokeOutcome outcome) {
      --in_flight;
      if (weak.lock()) callback(std::move(outcome));
    };
    if (hold) {
      held.push_back(reply);
    } else {
      scheduler_.post([this, reply, event] { reply(handler ? handler(event) : InvokeOutcome{}); });
    }
    return handle;
  }

  // Answers the oldest invocation that is held.
  void answer(InvokeOutcome outcome = {}) {
    auto reply = held.front();
    held.pop_front();
    reply(std::move(outcome));
  }

  Handler handler;
  bool hold = false;
  std::deque<std::function<void(InvokeOutcome)>> held;
  std::vector<std::string> events;
  std::vector<std::string> keys;  // Of the records of each event.
  std::vector<InvokeRequest> requests;
  std::set<std::string> missing;
  int in_flight = 0;
  int most_in_flight = 0;

 private:
  Scheduler& scheduler_;
};

class ScriptedDestinations final : public MessageDestinations {
 public:
  bool send(const DestinationMessage& message, std::function<void(bool)> done) override {
    if (!bound) return false;
    messages.push_back(message);
    pending.push_back(std::move(done));
    return true;
  }
  bool bound = true;
  std::vector<DestinationMessage> messages;
  std::vector<std::function<void(bool)>> pending;
};

inline InvokeOutcome function_error() {
  return {.status = InvokeStatus::kFunctionError,
          .body = R"({"errorType":"Error","errorMessage":"boom"})",
          .error_type = "Unhandled",
          .error_text = "boom"};
}
inline InvokeOutcome invocation_failure() {
  return {.status = InvokeStatus::kInvocationFailure,
          .error_type = "ConnectionRefused",
          .error_text = "refused"};
}
inline InvokeOutcome returns(std::string body) {
  return {.body = std::move(body)};
}
inline InvokeOutcome reports(const std::string& sequence) {
  return returns(R"({"batchItemFailures":[{"itemIdentifier":")" + sequence + R"("}]})");
}

class TriggerTest : public ::testing::Test {
 protected:
  TriggerTest() {
    table.id = 7;
    table.name = {.owner = owner, .name = "Parcels"};
    table.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
    start_log({});
    enable_stream();
    start_triggers({});
  }
  ~TriggerTest() override { dispatcher.reset(); }

  void start_log(const StreamOptions& options) {
    dispatcher.reset();
    log = std::make_unique<StreamLog>(options, clock);
    queue.run([&](Txn& txn) { log->load(txn); });
  }
  void enable_stream() {
    queue.run([&](Txn& txn) {
      table.stream = log->enable(txn, table, StreamViewType::kNewAndOldImages);
    });
    arn = stream_arn(*log->find_stream(table.stream->stream_id));
  }
  // Also a restart: what was running is forgotten as by a kill.
  void start_triggers(const TriggerOptions& options) {
    dispatcher.reset();
    dispatcher = std::make_unique<TriggerDispatcher>(TriggerContext{.options = options,
                                                                    .clock = clock,
                                                                    .scheduler = scheduler,
                                                                    .queue = queue,
                                                                    .log = *log,
                                                                    .functions = functions,
                                                                    .destinations = destinations});
    queue.run([&](Txn& txn) { dispatcher->load(txn); });
    dispatcher->start();
    settle();
  }
  void settle() { scheduler.run_posted(); }
  void advance(Millis by) { scheduler.advance(by); }

  MappingOptions options(std::string function = "printer") const {
    MappingOptions options;
    options.function = {.owner = owner, .name = std::move(function), .qualifier = ""};
    return options;
  }
  Result<MappingView> try_create(MappingOptions wanted,
                                 StartingPosition position = StartingPosition::kTrimHorizon) {
    std::optional<Result<MappingView>> answer;
    dispatcher->create({.uuid = "",
                        .owner = owner,
                        .stream_arn = arn,
                        .starting_position = position,
                        .options = std::move(wanted),
                        .tags = {}},
                       [&](Result<MappingView> result) { answer.emplace(std::move(result)); });
    settle();
    return *std::move(answer);
  }
  std::string create(MappingOptions wanted,
                     StartingPosition position = StartingPosition::kTrimHorizon) {
    auto view = try_create(std::move(wanted), position);
    EXPECT_TRUE(view.has_value());
    return view->mapping.uuid;
  }
  MappingView update(const std::string& uuid, const std::function<void(MappingOptions&)>& change) {
    MappingOptions wanted = dispatcher->get(owner, uuid)->mapping.options;
    change(wanted);
    std::optional<MappingView> answer;
    dispatcher->update(owner, uuid, wanted,
                       [&](Result<MappingView> result) { answer = *std::move(result); });
    settle();
    return *answer;
  }
  void remove(const std::string& uuid) {
    bool done = false;
    dispatcher->remove(owner, uuid,
                       [&](const Result<MappingView>& result) { done = result.has_value(); });
    settle();
    EXPECT_TRUE(done);
  }

  // Inserts items; the keys are one commit.
  void write(const std::vector<std::string>& pks, std::string_view state = "NEW") {
    queue.run([&](Txn& txn) {
      for (const std::string& pk : pks) {
        AttributeMap item;
        item.set("pk", {pk});
        item.set("state", {std::string(state)});
        const Buffer row = encode_item(item);
        const StoredItem stored(row);
        log->on_change(txn, {.table = table, .before = nullptr, .after = &stored});
      }
    });
  }
  void write_numbers(int first, int last) {
    std::vector<std::string> pks;
    for (int i = first; i <= last; ++i) pks.push_back(std::to_string(i));
    write(pks);
  }
  void deliver(const std::vector<std::string>& pks) {
    write(pks);
    settle();
  }

  std::vector<Shard> shards() const { return log->shards(table.stream->stream_id); }
  void roll_over() {
    const std::string open = shards().back().id;
    queue.run([&](Txn& txn) {
      ASSERT_TRUE(log->roll_over(txn, table.stream->stream_id, open).has_value());
    });
  }
  std::vector<std::string> discarded(const std::string& uuid) {
    std::vector<std::string> out;
    dispatcher->list_discarded(
        uuid, [&](Result<std::vector<std::string>> list) { out = *std::move(list); });
    settle();
    return out;
  }
  const TriggerCounters& counters(const std::string& uuid) {
    return dispatcher->find_runner(uuid)->counters();
  }

  const Owner owner{.account = "000000000000", .region = "us-east-1"};
  ManualClock clock;
  ManualScheduler scheduler{clock};
  std::shared_ptr<Faults> faults = std::make_shared<Faults>();
  EngineQueue queue{std::make_unique<FaultyEngine>(open_sqlite({}), faults), {}};
  ScriptedFunctions functions{scheduler};
  ScriptedDestinations destinations;
  TableSchema table;
  std::unique_ptr<StreamLog> log;
  std::string arn;
  std::unique_ptr<TriggerDispatcher> dispatcher;
};

}  // namespace tailrace::triggers
