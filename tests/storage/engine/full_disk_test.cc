// A disk that is full, as far as a test may make one: a file system of its own in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "storage/engine/engine_queue.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/storage/engine/temp_directory.h"

namespace tailrace {
namespace {

using ::testing::HasSubstr;

class FullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::mount("none", mount_.path().c_str(), "tmpfs", 0, "size=24m") != 0)
      GTEST_SKIP() << "may not mount a file system";
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) ::umount2(mount_.path().c_str(), MNT_DETACH);
  }

  std::filesystem::path data() const { return mount_.path() / "data"; }

  // What a job's EngineError says; empty: none.
  static std::string failure(EngineQueue& queue, const EngineQueue::Run& run) {
    try {
      queue.run(run);
      return {};
    } catch (const EngineError& error) {
      return error.what();
    }
  }
  static std::string put(EngineQueue& queue, const std::string& key) {
    return failure(queue, [&](Txn& txn) {
      txn.require_room();
      txn.put(key, std::string(20'000, 'v'));
    });
  }
  // As DeleteItem does on a table with a stream: the record takes some room.
  static std::string erase(EngineQueue& queue, const std::string& key) {
    return failure(queue, [&](Txn& txn) {
      txn.erase(key);
      txn.put("record of " + key, std::string(500, 'r'));
    });
  }
  // How many rows went in.
  static int fill(EngineQueue& queue) {
    int rows = 0;
    while (rows < 10'000 && put(queue, std::to_string(rows)).empty()) ++rows;
    return rows;
  }

  TempDirectory mount_;
  bool mounted_ = false;
};

TEST_F(FullDisk, RefusesPutsInOneSentenceAndDeletesAllTheSame) {
  EngineQueue queue(open_sqlite({.directory = data()}), {});
  const int rows = fill(queue);
  ASSERT_GT(rows, 100);
  EXPECT_THAT(put(queue, "more"), HasSubstr("no room to write in '" + data().native() + "'"));
  for (int i = 0; i < rows; ++i) EXPECT_EQ(erase(queue, std::to_string(i)), "") << i;
}

TEST_F(FullDisk, WritesAgainWhenRowsHaveGone) {
  EngineQueue queue(open_sqlite({.directory = data()}), {});
  const int rows = fill(queue);
  for (int i = 0; i < rows; ++i) erase(queue, std::to_string(i));
  EXPECT_GT(fill(queue), rows / 3);
}

TEST_F(FullDisk, WritesAgainWhenSomethingElseHasGone) {
  EngineQueue queue(open_sqlite({.directory = data()}), {});
  std::ofstream(mount_.path() / "other") << std::string(12'000'000, 'x');
  const int rows = fill(queue);
  EXPECT_NE(put(queue, "refused"), "");
  std::filesystem::remove(mount_.path() / "other");
  EXPECT_GT(fill(queue), rows);
}

TEST_F(FullDisk, OpensAndDeletes) {
  int rows = 0;
  {
    EngineQueue queue(open_sqlite({.directory = data()}), {});
    rows = fill(queue);
  }
  // Somebody else takes the rest.
  std::ofstream other(mount_.path() / "other");
  while (other) other << std::string(4096, 'x') << std::flush;
  EngineQueue queue(open_sqlite({.directory = data()}), {});
  EXPECT_NE(put(queue, "more"), "");
  for (int i = 0; i < rows; ++i) EXPECT_EQ(erase(queue, std::to_string(i)), "") << i;
}

}  // namespace
}  // namespace tailrace
