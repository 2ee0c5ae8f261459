#include "storage/engine/engine_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/storage/engine/faulty_engine.h"
#include "tests/storage/engine/map_engine.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EngineQueueTest : public ::testing::Test {
 protected:
  EngineQueue::Run put(std::string key) {
    return [key = std::move(key)](Txn& txn) { txn.put(key, "v"); };
  }
  EngineQueue::Done note(std::string name) {
    return [this, name = std::move(name)](const EngineError* error) {
      events_.push_back(error ? name + ": " + error->what() : name);
    };
  }
  void event(std::string text) { events_.push_back(std::move(text)); }
  bool has(Bytes key) {
    bool found = false;
    queue_.run([&](Txn& txn) {
      Buffer value;
      found = txn.get(key, value);
    });
    return found;
  }
  // Jobs that are submitted within a job make up one group.
  void as_group(const std::function<void()>& submit_all) {
    queue_.submit([&](Txn&) { submit_all(); }, nullptr);
  }

  std::shared_ptr<Faults> faults_ = std::make_shared<Faults>();
  EngineQueue queue_{std::make_unique<FaultyEngine>(std::make_unique<MapEngine>(), faults_),
                     {.group_max = 3}};
  std::vector<std::string> events_;
};

TEST_F(EngineQueueTest, RunsAJobOfAnIdleQueueOnTheCallersThreadAtOnce) {
  std::thread::id ran;
  queue_.submit([&](Txn&) { ran = std::this_thread::get_id(); }, note("done"));
  EXPECT_EQ(ran, std::this_thread::get_id());
  EXPECT_THAT(events_, ElementsAre("done"));
}

TEST_F(EngineQueueTest, OpensNoTransactionForReads) {
  queue_.run([](Txn& txn) {
    Buffer value;
    txn.get("a", value);
    txn.scan({}, {}, Order::kAscending);
  });
  EXPECT_EQ(faults_->begins, 0);
  EXPECT_EQ(faults_->commits, 0);
}

TEST_F(EngineQueueTest, CommitsTheWritesOfAGroupOnceAndTellsInOrder) {
  as_group([&] {
    for (const std::string name : {"a", "b", "c"}) {
      queue_.submit(
          [this, name](Txn& txn) {
            event("run " + name);
            txn.put(name, "v");
            txn.on_commit([this, name] { event("committed " + name); });
          },
          note("done " + name));
    }
  });
  EXPECT_EQ(faults_->commits, 1);
  EXPECT_THAT(events_, ElementsAre("run a", "run b", "run c", "committed a", "committed b",
                                   "committed c", "done a", "done b", "done c"));
}

TEST_F(EngineQueueTest, BoundsAGroup) {
  as_group([&] {
    for (const char* name : {"a", "b", "c", "d"}) queue_.submit(put(name), note(name));
  });
  EXPECT_EQ(faults_->commits, 2);
  EXPECT_THAT(events_, ElementsAre("a", "b", "c", "d"));
}

TEST_F(EngineQueueTest, LetsAJobSeeWhatItsGroupWrote) {
  bool seen = false;
  as_group([&] {
    queue_.submit(put("a"), nullptr);
    queue_.submit(
        [&](Txn& txn) {
          Buffer value;
          seen = txn.get("a", value);
        },
        nullptr);
  });
  EXPECT_TRUE(seen);
}

TEST_F(EngineQueueTest, OnlyQueuesWhatIsSubmittedWithinAJobADoneOrACommitAction) {
  queue_.submit(
      [&](Txn& txn) {
        queue_.submit([&](Txn&) { event("from job"); }, nullptr);
        txn.on_commit([&] {
          queue_.submit([&](Txn&) { event("from commit"); }, nullptr);
          event("commit ends");
        });
        event("job ends");
      },
      [&](const EngineError*) {
        queue_.submit([&](Txn&) { event("from done"); }, nullptr);
        event("done ends");
      });
  EXPECT_THAT(events_, ElementsAre("job ends", "commit ends", "done ends", "from job",
                                   "from commit", "from done"));
}

TEST_F(EngineQueueTest, TellsALoneJobOfItsError) {
  faults_->fail_write = 1;
  queue_.submit(put("a"), note("a"));
  EXPECT_THAT(events_, ElementsAre("a: write failed"));
  EXPECT_EQ(faults_->rollbacks, 1);
  EXPECT_FALSE(has("a"));
}

TEST_F(EngineQueueTest, TellsALoneReaderOfItsErrorWithoutARollback) {
  faults_->fail_read = 1;
  queue_.submit(
      [](Txn& txn) {
        Buffer value;
        txn.get("a", value);
      },
      note("a"));
  EXPECT_THAT(events_, ElementsAre("a: read failed"));
  EXPECT_EQ(faults_->rollbacks, 0);
}

TEST_F(EngineQueueTest, RunsTheJobsOfAFailedGroupAgainOneByOne) {
  faults_->fail_write = 2;
  as_group([&] {
    for (const char* name : {"a", "b", "c"}) queue_.submit(put(name), note(name));
  });
  EXPECT_THAT(events_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(faults_->rollbacks, 1);
  EXPECT_EQ(faults_->commits, 3);
  EXPECT_TRUE(has("a") && has("b") && has("c"));
}

TEST_F(EngineQueueTest, HurtsNobodyButTheJobThatKeepsFailing) {
  as_group([&] {
    queue_.submit(put("a"), note("a"));
    queue_.submit([](Txn&) { throw EngineError("row is corrupt"); }, note("bad"));
    queue_.submit(put("c"), note("c"));
  });
  EXPECT_THAT(events_, ElementsAre("a", "bad: row is corrupt", "c"));
  EXPECT_TRUE(has("a") && has("c"));
}

TEST_F(EngineQueueTest, RunsTheGroupAgainWhenItsCommitFails) {
  faults_->fail_commit = 1;
  as_group([&] {
    queue_.submit(put("a"), note("a"));
    queue_.submit(put("b"), note("b"));
  });
  EXPECT_THAT(events_, ElementsAre("a", "b"));
  EXPECT_EQ(faults_->commits, 2);
  EXPECT_TRUE(has("a") && has("b"));
}

TEST_F(EngineQueueTest, UndoesInReverseOrderAndForgetsCommitActions) {
  faults_->fail_commit = 1;
  queue_.submit(
      [&](Txn& txn) {
        txn.put("a", "v");
        txn.on_commit([&] { event("committed"); });
        txn.on_rollback([&] { event("undo 1"); });
        txn.on_rollback([&] { event("undo 2"); });
      },
      note("a"));
  EXPECT_THAT(events_, ElementsAre("undo 2", "undo 1", "a: commit failed"));
  events_.clear();
  queue_.submit(put("b"), note("b"));
  EXPECT_THAT(events_, ElementsAre("b"));
}

TEST_F(EngineQueueTest, ForgetsRollbackActionsAfterTheCommit) {
  queue_.submit([&](Txn& txn) { txn.on_rollback([&] { event("undo"); }); }, nullptr);
  faults_->fail_write = 1;
  queue_.submit(put("a"), nullptr);
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(EngineQueueTest, RunThrowsTheErrorOfItsJob) {
  faults_->fail_write = 1;
  EXPECT_THROW(queue_.run(put("a")), EngineError);
}

class EngineQueueThreads : public ::testing::TestWithParam<bool> {};

// Reads, adds one and writes: lost updates show.
void increment(Txn& txn, Bytes key) {
  Buffer value;
  const int before = txn.get(key, value) ? std::stoi(value) : 0;
  txn.put(key, std::to_string(before + 1));
}

TEST_P(EngineQueueThreads, RunsJobsOfManyThreadsOneAtATime) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 5'000;  // Enough to take turns.
  std::atomic<int> done = 0;
  int unguarded = 0;  // A data race if two jobs ever overlap.
  {
    EngineQueue queue(open_sqlite({}), {.drain_thread = GetParam()});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kJobs; ++i) {
          queue.submit(
              [&](Txn& txn) {
                increment(txn, "n");
                ++unguarded;
              },
              [&](const EngineError* error) { done += error == nullptr ? 1 : 0; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Buffer value;
    queue.run([&](Txn& txn) { txn.get("n", value); });
    EXPECT_EQ(value, std::to_string(kThreads * kJobs));
  }
  EXPECT_EQ(done, kThreads * kJobs);
  EXPECT_EQ(unguarded, kThreads * kJobs);
}

TEST_P(EngineQueueThreads, RunsWhatWaitsBeforeItCloses) {
  std::atomic<int> done = 0;
  {
    EngineQueue queue(std::make_unique<MapEngine>(), {.drain_thread = GetParam()});
    std::thread other([&] {
      for (int i = 0; i < 100; ++i) {
        queue.submit([](Txn& txn) { increment(txn, "n"); }, [&](const EngineError*) { ++done; });
      }
    });
    other.join();
  }
  EXPECT_EQ(done, 100);
}

TEST_P(EngineQueueThreads, WaitsInRunForAJobThatAnotherThreadRuns) {
  EngineQueue queue(std::make_unique<MapEngine>(), {.drain_thread = GetParam()});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) queue.run([](Txn& txn) { increment(txn, "n"); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  Buffer value;
  queue.run([&](Txn& txn) { txn.get("n", value); });
  EXPECT_EQ(value, "400");
}

TEST(EngineQueueTurns, LetsAThreadGoForWhichThereIsWorkWithoutEnd) {
  EngineQueue queue(std::make_unique<MapEngine>(), {});
  constexpr int kJobsMax = 1'000'000;
  const auto first = std::this_thread::get_id();
  std::atomic<bool> taken = false;
  std::atomic<int> ran = 0;
  std::function<void(Txn&)> endless = [&](Txn&) {
    if (std::this_thread::get_id() != first) taken = true;
    if (!taken && ++ran < kJobsMax) queue.submit(endless, nullptr);
  };
  std::thread other([&] {
    while (!taken && ran < kJobsMax) queue.submit([](Txn&) {}, nullptr);
  });
  queue.submit(endless, nullptr);
  other.join();
  EXPECT_TRUE(taken);
}

INSTANTIATE_TEST_SUITE_P(Draining, EngineQueueThreads, ::testing::Bool(), [](const auto& draining) {
  return draining.param ? "OnItsOwnThread" : "OnCallersThreads";
});

}  // namespace
}  // namespace tailrace
