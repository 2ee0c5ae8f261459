// Every order in which the events of a mapping can come (a commit's wake-up, a page, a shard's end,
// an outcome, an update, a disk that fills, a restart), against the one thing that counts: whatever
// happened before, in the end each record has been handled, in order, and the mapping says so.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/base/log.h"
#include "tests/storage/engine/map_engine.h"
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::triggers {
namespace {

// What one run is made of, a letter each, so that a failure reads as one word.
enum class Event : char {
  kPut = 'p',       // Of the next item of two in turn, which have lanes of their own.
  kTask = 't',      // The next thing that was posted: a wake-up, a page, a commit's outcome.
  kSucceed = 's',   // The oldest invocation in flight.
  kFail = 'f',      // The same.
  kTime = 'w',      // Until the next timer.
  kRollOver = 'r',  // The open shard ends, its child begins.
  kSwitch = 'e',    // Disables the mapping, or enables it.
  kFactor = 'l',    // Another number of lanes.
  kRecord = 'm',    // Another filter that refuses nothing.
  kMove = 'o',      // Back to TRIM_HORIZON.
  kDisk = 'd',      // Full, or has room again.
  kStop = 'x',      // An orderly stop, and a new start on the same rows.
  kKill = 'k',      // A new start without a stop.
};
constexpr Event kEvents[] = {Event::kPut,    Event::kTask,     Event::kSucceed, Event::kFail,
                             Event::kTime,   Event::kRollOver, Event::kSwitch,  Event::kFactor,
                             Event::kRecord, Event::kMove,     Event::kDisk,    Event::kStop,
                             Event::kKill};

// An item that two lanes don't share with "a".
std::string key_of_other_lane() {
  const auto lane_of = [](const std::string& key) {
    return std::hash<std::string>()(R"({"pk":{"S":")" + key + R"("}})") % 2;
  };
  char key = 'b';
  while (lane_of({key}) == lane_of("a")) ++key;
  return {key};
}

class Machine {
 public:
  Machine() {
    table_.id = 7;
    table_.name = {.owner = owner_, .name = "Parcels"};
    table_.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
    queue_.run([&](Txn& txn) {
      log_.load(txn);
      table_.stream = log_.enable(txn, table_, StreamViewType::kKeysOnly);
    });
    functions_.hold = true;
    start();
    Mapping mapping{.uuid = "",
                    .owner = owner_,
                    .stream_arn = stream_arn(*log_.find_stream(table_.stream->stream_id)),
                    .starting_position = StartingPosition::kTrimHorizon,
                    .options = {.function = {.owner = owner_, .name = "printer", .qualifier = ""},
                                .parallelization_factor = 2},
                    .tags = {}};
    dispatcher_->create(mapping, [this](Result<MappingView> view) { uuid_ = view->mapping.uuid; });
    scheduler_.run_posted();
  }
  ~Machine() { dispatcher_.reset(); }

  // Does it, unless it can't happen now; `false` then.
  bool play(Event event) {
    switch (event) {
      case Event::kPut:
        return put();
      case Event::kTask:
        return scheduler_.run_one_posted();
      case Event::kSucceed:
        return answer(InvokeOutcome{});
      case Event::kFail:
        return answer(function_error());
      case Event::kTime:
        if (scheduler_.timer_count() == 0) return false;
        scheduler_.advance(std::chrono::seconds(1));
        return true;
      case Event::kRollOver:
        return !full() && count(event) < 2 && roll_over();
      case Event::kSwitch:
        return update([](MappingOptions& options) { options.enabled = !options.enabled; });
      case Event::kFactor:
        return update([](MappingOptions& options) {
          options.parallelization_factor = 3 - options.parallelization_factor;
        });
      case Event::kRecord:
        return update([](MappingOptions& options) {
          options.filters = {options.filters.empty() ? R"({"eventSource":["aws:dynamodb"]})"
                                                     : R"({"eventVersion":["1.1"]})"};
        });
      case Event::kMove:
        if (count(event) == 2) return false;
        dispatcher_->reposition(uuid_, StartingPosition::kTrimHorizon, [](const Result<void>&) {});
        return true;
      case Event::kDisk:
        faults_->disk_full = !faults_->disk_full;
        return true;
      case Event::kStop:
        if (count(event) == 1) return false;
        return stop();
      case Event::kKill:
        if (count(event) == 1) return false;
        start();
        return true;
    }
    return false;
  }

  std::size_t in_flight() const { return functions_.held.size(); }

  // Lets everything come to its end without further mishap. Empty: as it should be.
  std::string finish() {
    faults_->disk_full = false;
    run_out();
    if (!dispatcher_->get(owner_, uuid_)->mapping.options.enabled) {
      update([](MappingOptions& options) { options.enabled = true; });
      run_out();
    }
    put();
    run_out();
    for (const auto& [key, written] : written_) {
      if (handled_[key] != written)
        return "of item " + key + " " + std::to_string(written) + " records were written and " +
               std::to_string(handled_[key]) + " handled";
    }
    if (!disorder_.empty()) return disorder_;
    if (!dispatcher_->find_runner(uuid_)->at_rest()) return "the mapping is not at rest";
    bool drained = false;
    const auto drain = dispatcher_->drain([&] { drained = true; });
    run_out();
    return drained ? "" : "the mapping is not drained";
  }

 private:
  void start() {
    dispatcher_.reset();
    for (auto& reply : functions_.held) reply = nullptr;
    functions_.held.clear();
    functions_.events.clear();
    dispatcher_ =
        std::make_unique<TriggerDispatcher>(TriggerContext{.options = {},
                                                           .clock = clock_,
                                                           .scheduler = scheduler_,
                                                           .queue = queue_,
                                                           .log = log_,
                                                           .functions = functions_,
                                                           .destinations = destinations_});
    queue_.run([&](Txn& txn) { dispatcher_->load(txn); });
    dispatcher_->start();
  }

  bool stop() {
    bool stopped = false;
    dispatcher_->stop([&] { stopped = true; });
    for (int turn = 0; !stopped && turn < 100; ++turn) {
      scheduler_.advance(std::chrono::seconds(1));
      while (answer(InvokeOutcome{})) scheduler_.run_posted();
      if (turn == 3) faults_->disk_full = false;
    }
    EXPECT_TRUE(stopped) << "the mapping did not stop";
    start();
    return true;
  }

  bool full() const { return faults_->disk_full; }
  int count(Event event) { return counts_[event]++; }

  bool put() {
    if (full()) return false;
    static const std::string kOther = key_of_other_lane();
    const std::string key = puts_++ % 2 == 0 ? "a" : kOther;
    queue_.run([&](Txn& txn) {
      AttributeMap item;
      item.set("pk", {key});
      item.set("n", {std::to_string(puts_)});
      const Buffer row = encode_item(item);
      const StoredItem stored(row);
      log_.on_change(txn, {.table = table_, .before = nullptr, .after = &stored});
      sequences_[key].push_back(sequence_number_text(log_.latest(txn, shards().back())));
    });
    ++written_[key];
    return true;
  }

  std::vector<Shard> shards() const { return log_.shards(table_.stream->stream_id); }
  bool roll_over() {
    const std::string open = shards().back().id;
    queue_.run([&](Txn& txn) { EXPECT_TRUE(log_.roll_over(txn, table_.stream->stream_id, open)); });
    return true;
  }

  // A refusal (another update is being stored, the disk is full) is an event like others.
  bool update(const std::function<void(MappingOptions&)>& change) {
    MappingOptions wanted = dispatcher_->get(owner_, uuid_)->mapping.options;
    change(wanted);
    dispatcher_->update(owner_, uuid_, wanted, [](const Result<MappingView>&) {});
    return true;
  }

  bool answer(InvokeOutcome outcome) {
    if (functions_.held.empty()) return false;
    const std::string event = functions_.events.front();
    functions_.events.erase(functions_.events.begin());
    if (outcome.status == InvokeStatus::kSuccess) handle(event);
    functions_.answer(std::move(outcome));
    return true;
  }

  // Each item's records come in the order of their writing; those that were handled may come again.
  void handle(const std::string& event) {
    for (const auto& [key, sequences] : sequences_) {
      for (std::size_t i = 0; i < sequences.size(); ++i) {
        if (event.find(sequences[i]) == std::string::npos) continue;
        if (i > handled_[key]) disorder_ = "a record of item " + key + " came before its time";
        handled_[key] = std::max(handled_[key], i + 1);
      }
    }
  }

  void run_out() {
    for (int turn = 0; turn < 8; ++turn) {
      scheduler_.advance(std::chrono::minutes(2));
      while (answer(InvokeOutcome{})) scheduler_.run_posted();
    }
  }

  const Owner owner_{.account = "000000000000", .region = "us-east-1"};
  ManualClock clock_;
  ManualScheduler scheduler_{clock_};
  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  EngineQueue queue_{std::make_unique<FaultyEngine>(std::make_unique<MapEngine>(), faults_), {}};
  StreamLog log_{{}, clock_};
  ScriptedFunctions functions_{scheduler_};
  ScriptedDestinations destinations_;
  TableSchema table_;
  std::string uuid_;
  std::unique_ptr<TriggerDispatcher> dispatcher_;
  std::map<Event, int> counts_;
  int puts_ = 0;
  std::map<std::string, std::vector<std::string>> sequences_;  // By item, in order of writing.
  std::map<std::string, std::size_t> written_;
  std::map<std::string, std::size_t> handled_;  // The first so many.
  std::string disorder_;
};

// Plays a word; what can't happen ends it there. Returns how far it came.
std::size_t play(Machine& machine, const std::string& word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!machine.play(static_cast<Event>(word[i]))) return i;
  }
  return word.size();
}

// Failed invocations and full disks are every run's ordinary events.
class Quiet {
 public:
  Quiet() { set_log(LogLevel::kOff, LogFormat::kText); }
  ~Quiet() { set_log(LogLevel::kInfo, LogFormat::kText); }
};

// All words of this length after `begin`, shortest failure first. Returns how many were played.
std::size_t play_all(const std::string& begin, std::size_t length, std::string& failure) {
  std::vector<std::string> words{begin};
  std::size_t played = 0;
  for (std::size_t depth = 0; depth < length; ++depth) {
    std::vector<std::string> longer;
    for (const std::string& word : words) {
      for (const Event event : kEvents) {
        const std::string next = word + static_cast<char>(event);
        Machine machine;
        if (play(machine, next) < next.size()) continue;
        ++played;
        if (const std::string wrong = machine.finish(); !wrong.empty()) {
          failure = next + ": " + wrong;
          return played;
        }
        longer.push_back(next);
      }
    }
    words = std::move(longer);
  }
  return played;
}

struct Beginning {
  const char* name;
  const char* word;
  std::size_t in_flight;
};
constexpr Beginning kBeginnings[] = {
    {"Idle", "", 0},
    {"Reading", "pt", 0},
    {"OneLaneInFlight", "ptt", 1},
    {"TwoLanesInFlight", "pptt", 2},
    {"OneLaneInFlightAnotherBeforeItsRetry", "ppttf", 1},
    {"AShardThatEndsWhileItIsRead", "ptrp", 0},
};

class Interleavings : public ::testing::TestWithParam<Beginning> {};

TEST_P(Interleavings, EndWithEveryRecordHandled) {
  const Quiet quiet;
  const std::string word = GetParam().word;
  Machine machine;
  ASSERT_EQ(play(machine, word), word.size());
  ASSERT_EQ(machine.in_flight(), GetParam().in_flight);
  std::string failure;
  const std::size_t played = play_all(word, 4, failure);
  EXPECT_EQ(failure, "");
  EXPECT_GT(played, 1000u);
}
INSTANTIATE_TEST_SUITE_P(From,
                         Interleavings,
                         ::testing::ValuesIn(kBeginnings),
                         [](const auto& beginning) { return beginning.param.name; });

// Words that once ended badly.
TEST(OneInterleaving, EndsWellAfterWhatOnceStoppedIt) {
  const Quiet quiet;
  for (const std::string_view word : {
           "xr",      // A wake-up during the read that finds a shard's end.
           "ppttfe",  // One lane waits for its retry, another is in flight; the mapping is
                      // disabled.
       }) {
    Machine machine;
    play(machine, std::string(word));
    EXPECT_EQ(machine.finish(), "") << word;
  }
}

TEST(OneInterleaving, EndsWellWhenItIsLongAndRandom) {
  const Quiet quiet;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    std::minstd_rand random(seed);
    Machine machine;
    std::string word;
    for (int i = 0; i < 40; ++i) {
      const Event event = kEvents[random() % std::size(kEvents)];
      if (machine.play(event)) word.push_back(static_cast<char>(event));
    }
    ASSERT_EQ(machine.finish(), "") << "seed " << seed << ": " << word;
  }
}

}  // namespace
}  // namespace tailrace::triggers
