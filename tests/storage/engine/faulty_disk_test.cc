// A disk that fails, and a power that goes: whatever happens, a store opens again with everything
// that was acknowledged. TAILRACE_FAULT_SEEDS=N in the environment makes the seeded tests longer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "storage/base/log.h"
#include "storage/engine/engine_queue.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/storage/engine/faulty_vfs.h"
#include "tests/storage/engine/temp_directory.h"

namespace tailrace {
namespace {

using Rows = std::map<Buffer, Buffer>;

Rows rows_of(StorageEngine& engine) {
  Rows rows;
  for (auto row = engine.scan({}, {}, Order::kAscending); row->valid(); row->next())
    rows.emplace(row->key(), row->value());
  return rows;
}

// What a transaction does, to rows and to an engine.
struct Change {
  Rows put;
  std::vector<Buffer> erased;

  void run(Txn& txn) const {
    for (const auto& [key, value] : put) txn.put(key, value);
    for (const Buffer& key : erased) txn.erase(key);
  }
  void run(Rows& rows) const {
    for (const auto& [key, value] : put) rows[key] = value;
    for (const Buffer& key : erased) rows.erase(key);
  }
};

// Small rows and large ones, new ones, other ones in their place, and erased ones.
Change random_change(std::mt19937_64& random, std::size_t bytes_max) {
  Change change;
  for (std::uint64_t left = 1 + random() % 4; left > 0; --left) {
    const std::size_t bytes = random() % 4 == 0 ? random() % bytes_max : random() % 300;
    change.put["key " + std::to_string(random() % 20)] =
        std::string(bytes, static_cast<char>('a' + random() % 26));
  }
  if (random() % 2 == 0) change.erased.push_back("key " + std::to_string(random() % 20));
  return change;
}

// What the store may hold: everything that was acknowledged, and of the change that was not, if it
// was the last one, all or nothing.
struct Expected {
  Rows acknowledged;
  std::optional<Rows> with_unacknowledged;
  std::vector<Rows> history;  // All states that were acknowledged.

  bool allows(const Rows& rows) const {
    return rows == acknowledged || (with_unacknowledged && rows == *with_unacknowledged);
  }
};

class Run {
 public:
  Run(const std::filesystem::path& directory, Durability durability, std::uint64_t seed)
      : directory_(directory), durability_(durability), random_(seed) {
    expected_.history.emplace_back();
  }

  bool open() {
    try {
      queue_.emplace(open_sqlite({.directory = directory_, .durability = durability_}),
                     EngineQueue::Options());
      return true;
    } catch (const EngineError&) {
      return false;
    }
  }
  void close() { queue_.reset(); }

  void change(std::size_t bytes_max = 6'000) {
    const Change change = random_change(random_, bytes_max);
    Rows after;
    {
      const std::lock_guard lock(mutex_);
      after = expected_.acknowledged;
      change.run(after);
      expected_.with_unacknowledged = after;
    }
    bool committed = true;
    queue_->submit([&](Txn& txn) { change.run(txn); },
                   [&](const EngineError* error) { committed = error == nullptr; });
    if (!committed) {
      ++failures_;
      return;
    }
    const std::lock_guard lock(mutex_);
    expected_.acknowledged = after;
    expected_.with_unacknowledged.reset();
    expected_.history.push_back(after);
  }

  // Through the same connection, by single reads: a failed change has left nothing.
  void expect_as_acknowledged() {
    const Rows& rows = expected_.acknowledged;
    queue_->run([&](Txn& txn) {
      for (int i = 0; i < 20; ++i) {
        const Buffer key = "key " + std::to_string(i);
        Buffer value;
        const auto row = rows.find(key);
        ASSERT_EQ(txn.get(key, value), row != rows.end()) << key;
        if (row == rows.end()) continue;
        ASSERT_EQ(value, row->second) << key;
      }
    });
  }

  Expected expected() {
    const std::lock_guard lock(mutex_);
    return expected_;
  }
  int failures() const { return failures_; }

 private:
  const std::filesystem::path directory_;
  const Durability durability_;
  std::mt19937_64 random_;
  std::mutex mutex_;  // Guards what follows.
  Expected expected_;
  std::optional<EngineQueue> queue_;
  int failures_ = 0;
};

// Many stores are opened, and a disk would have to sync each.
std::filesystem::path quick_directory() {
  return std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm")
                                             : std::filesystem::temp_directory_path();
}

// The files as they are when the process is killed.
FaultyVfs::Files files_now(const std::filesystem::path& directory) {
  FaultyVfs::Files files;
  for (const char* name : {"store.sqlite", "store.sqlite-wal"}) {
    if (!std::filesystem::exists(directory / name)) continue;
    std::ifstream in(directory / name, std::ios::binary);
    files[name] = {std::istreambuf_iterator<char>(in), {}};
  }
  return files;
}

Rows rows_after(const FaultyVfs::Files& files) {
  const TempDirectory directory(quick_directory());
  write_files(directory.path(), files);
  return rows_of(*open_sqlite({.directory = directory.path()}));
}

std::uint64_t seeds(std::uint64_t usual) {
  const char* given = std::getenv("TAILRACE_FAULT_SEEDS");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : usual;
}

class FaultyDisk : public ::testing::TestWithParam<FaultyVfs::Op> {
 protected:
  FaultyDisk() { set_log(LogLevel::kOff, LogFormat::kText); }
  ~FaultyDisk() override { set_log(LogLevel::kInfo, LogFormat::kText); }

  FaultyVfs& vfs_ = FaultyVfs::install();
};

// One run in which the nth operation fails. False: there are fewer.
bool run_with_fault(FaultyVfs& vfs, FaultyVfs::Op op, int nth) {
  const TempDirectory directory(quick_directory());
  Run run(directory.path(), Durability::kPowerLoss, 7);
  vfs.fail(op, nth);
  const bool opened = run.open();
  if (!opened) {
    EXPECT_TRUE(vfs.take_failed());
    EXPECT_TRUE(run.open());
  }
  for (int i = 0; i < 12; ++i) run.change();
  const bool failed_early = vfs.take_failed() || !opened;
  run.expect_as_acknowledged();
  EXPECT_LE(run.failures(), failed_early ? 1 : 0);
  EXPECT_TRUE(run.expected().allows(rows_after(files_now(directory.path()))));
  vfs.fail(op, failed_early ? 0 : nth);
  run.close();
  const bool failed = vfs.take_failed() || failed_early;
  EXPECT_TRUE(run.expected().allows(rows_after(files_now(directory.path()))));
  return failed;
}

TEST_P(FaultyDisk, LosesNothingWhenTheNthOperationFails) {
  int nth = 1;
  for (; nth < 2000; ++nth) {
    SCOPED_TRACE(nth);
    if (!run_with_fault(vfs_, GetParam(), nth) || HasFailure()) break;
  }
  EXPECT_GT(nth, 2);
}

std::string name_of(const ::testing::TestParamInfo<FaultyVfs::Op>& test) {
  constexpr const char* kNames[] = {"Read", "Write", "Sync", "Truncate", "Open"};
  return kNames[static_cast<std::size_t>(test.param)];
}

INSTANTIATE_TEST_SUITE_P(Operations,
                         FaultyDisk,
                         ::testing::Values(FaultyVfs::Op::kRead,
                                           FaultyVfs::Op::kWrite,
                                           FaultyVfs::Op::kSync,
                                           FaultyVfs::Op::kOpen),
                         name_of);

class TornDisk : public ::testing::Test {
 protected:
  FaultyVfs& vfs_ = FaultyVfs::install();
};

struct Snapshot {
  FaultyVfs::Files files;
  Expected expected;
};

// What the disk may hold at moments of a run, each with what it must hold.
std::vector<Snapshot> torn_run(FaultyVfs& vfs, Durability durability, std::uint64_t seed) {
  const TempDirectory directory(quick_directory());
  std::vector<Snapshot> snapshots;
  Run run(directory.path(), durability, seed);
  run.open();
  run.change();
  std::mt19937_64 random(seed);
  // A log of several megabytes is moved and begins anew; a short one is moved when the store closes.
  const bool large = seed % 4 == 0;
  vfs.watch([&] {
    if (random() % (large ? 500 : 8) == 0)
      snapshots.push_back({.files = vfs.after_power_loss(directory.path(), random()),
                           .expected = run.expected()});
  });
  for (int i = 0; i < 10; ++i) run.change(large ? 2'000'000 : 6'000);
  run.close();
  run.open();
  for (int i = 0; i < 5; ++i) run.change();
  run.close();
  vfs.unwatch();
  return snapshots;
}

TEST_F(TornDisk, KeepsWhatWasAcknowledgedWhenThePowerGoes) {
  for (std::uint64_t seed = 1; seed <= seeds(6) && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    for (const Snapshot& snapshot : torn_run(vfs_, Durability::kPowerLoss, seed))
      EXPECT_TRUE(snapshot.expected.allows(rows_after(snapshot.files)));
  }
}

TEST_F(TornDisk, IsWholeAndAsItOnceWasWhenThePowerGoesAndCommitsAreNotSynced) {
  for (std::uint64_t seed = 1; seed <= seeds(6) && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    for (const Snapshot& snapshot : torn_run(vfs_, Durability::kProcessCrash, seed)) {
      const Rows rows = rows_after(snapshot.files);
      const auto& history = snapshot.expected.history;
      EXPECT_TRUE(snapshot.expected.allows(rows) ||
                  std::find(history.begin(), history.end(), rows) != history.end());
    }
  }
}

}  // namespace
}  // namespace tailrace
