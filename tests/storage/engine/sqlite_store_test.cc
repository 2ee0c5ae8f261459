// What SqliteEngine promises beyond the contract of every engine: files that last, one process,
// known formats.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "storage/base/sanitizer.h"
#include "storage/engine/engine_queue.h"
#include "storage/engine/sqlite/connection.h"
#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/storage/engine/temp_directory.h"

namespace tailrace {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void put(StorageEngine& engine, Bytes key, Bytes value) {
  engine.begin();
  engine.put(key, value);
  engine.commit();
}

bool has(StorageEngine& engine, Bytes key) {
  Buffer value;
  return engine.get(key, value);
}

// The text of the EngineError that opening throws; empty: none.
std::string refusal(const std::filesystem::path& directory) {
  try {
    open_sqlite({.directory = directory});
    return {};
  } catch (const EngineError& error) {
    return error.what();
  }
}

void execute_in(const std::filesystem::path& file, const char* sql) {
  sqlite::Connection("file:" + file.native()).execute(sql);
}

TEST(SqliteStore, KeepsRowsAcrossReopening) {
  TempDirectory directory;
  put(*open_sqlite({.directory = directory.path() / "made" / "as needed"}), "a", "1");
  EXPECT_TRUE(has(*open_sqlite({.directory = directory.path() / "made" / "as needed"}), "a"));
}

TEST(SqliteStore, TakesDirectoryNamesWithCharactersThatMeanSomethingInAUri) {
  TempDirectory directory;
  const auto odd = directory.path() / "50%25 of? #1";
  put(*open_sqlite({.directory = odd}), "a", "1");
  EXPECT_TRUE(has(*open_sqlite({.directory = odd}), "a"));
  EXPECT_TRUE(std::filesystem::exists(odd / "store.sqlite"));
}

TEST(SqliteStore, KeepsCommittedRowsOfAKilledProcessOnly) {
  TempDirectory directory;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto engine = open_sqlite({.directory = directory.path()});
    put(*engine, "committed", "1");
    engine->begin();
    engine->put("not committed", "1");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto engine = open_sqlite({.directory = directory.path()});
  EXPECT_TRUE(has(*engine, "committed"));
  EXPECT_FALSE(has(*engine, "not committed"));
}

// Bytes of the file of a store that held 8 MB, all of which were erased.
std::uintmax_t size_after_erasing(Bytes space) {
  TempDirectory directory;
  {
    EngineQueue queue(open_sqlite({.directory = directory.path()}), {});
    const auto each = [&](auto change) {
      queue.run([&](Txn& txn) {
        for (int i = 0; i < 4000; ++i) change(txn, std::to_string(i));
      });
    };
    each([](Txn& txn, const std::string& key) { txn.put(key, std::string(2000, 'v')); });
    each([](Txn& txn, const std::string& key) { txn.erase(key); });
    bool more = space == "released";
    while (more) queue.run([&](Txn& txn) { more = queue.release_space(txn, 32); });
    queue.run([](Txn& txn) { txn.put("after", "1"); });
  }
  EXPECT_TRUE(has(*open_sqlite({.directory = directory.path()}), "after"));
  return std::filesystem::file_size(directory.path() / "store.sqlite");
}

TEST(SqliteStore, GivesSpaceBackToTheFileSystem) {
  EXPECT_GT(size_after_erasing("kept"), 8'000'000U);
  EXPECT_LT(size_after_erasing("released"), 1'500'000U);
}

// 0: the queue behaved. In a process of its own, as the limit on file sizes cannot be taken back.
int fill_a_full_disk(const std::filesystem::path& directory) {
  ::signal(SIGXFSZ, SIG_IGN);
  EngineQueue queue(open_sqlite({.directory = directory}), {});
  const auto put_row = [](const std::string& key) {
    return [key](Txn& txn) { txn.put(key, std::string(50'000, 'v')); };
  };
  queue.run(put_row("first"));
  const rlimit limit = {.rlim_cur = 1'000'000, .rlim_max = 1'000'000};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  int failures = 0;
  for (int i = 0; i < 100; ++i) {
    queue.submit(put_row(std::to_string(i)),
                 [&](const EngineError* error) { failures += error ? 1 : 0; });
  }
  if (failures == 0 || failures == 100) return 2;
  Buffer value;
  queue.run([&](Txn& txn) { txn.get("first", value); });
  return value.size() == 50'000 ? 0 : 3;
}

TEST(SqliteStore, TellsWhenTheDiskIsFullAndStillReads) {
  TempDirectory directory;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill_a_full_disk(directory.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(has(*open_sqlite({.directory = directory.path()}), "first"));
}

// 0: the queue behaved. In a process of its own, where there are few addresses.
int fill_all_memory() {
  std::size_t pages = 0;  // Of addresses that are taken already.
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<std::size_t>(::getpagesize()) + 300'000'000;
  const rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) return 1;
  EngineQueue queue(open_sqlite({}), {});
  int rows = 0;
  bool full = false;
  while (!full && rows < 1000) {
    queue.submit(
        [&](Txn& txn) {
          txn.put("counter", std::to_string(rows + 1));
          for (int i = 0; i < 10; ++i)
            txn.put(std::to_string(rows) + "/" + std::to_string(i), std::string(50'000, 'v'));
        },
        [&](const EngineError* error) { error ? full = true : ++rows; });
  }
  if (!full || rows < 100) return 2;
  Buffer counter;
  queue.run([&](Txn& txn) { txn.get("counter", counter); });
  if (counter != std::to_string(rows)) return 3;  // Nothing is left of the one that failed.
  queue.run([](Txn& txn) { txn.erase("0/0"); });
  queue.run([](Txn& txn) { txn.put("again", std::string(30'000, 'v')); });
  return 0;
}

TEST(SqliteStore, TellsWhenMemoryIsFullAndGoesOn) {
#if defined(TAILRACE_ADDRESS_SANITIZER) || defined(TAILRACE_THREAD_SANITIZER)
  GTEST_SKIP() << "a sanitizer takes more addresses than the limit";
#endif
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill_all_memory());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(SqliteStore, KeepsTheLogFileBoundedWhileWritesGoOn) {
  TempDirectory directory;
  const auto engine = open_sqlite({.directory = directory.path()});
  std::uintmax_t largest = 0;
  for (int i = 0; i < 1200; ++i) {
    engine->begin();
    // About 65 pages each, 300 MB in all.
    engine->put("key " + std::to_string(i % 100),
                std::string(256 * 1024, static_cast<char>('a' + i % 26)));
    engine->commit();
    largest = std::max(largest, std::filesystem::file_size(directory.path() / "store.sqlite-wal"));
  }
  EXPECT_LT(largest, 100'000'000U);
}

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return condition();
}

TEST(SqliteStore, KeepsTheLogFileShortWhileSmallWritesGoOn) {
  TempDirectory directory;
  const auto engine = open_sqlite({.directory = directory.path()});
  for (int i = 0; i < 50'000; ++i) put(*engine, std::to_string(i), std::string(1000, 'v'));
  EXPECT_LT(std::filesystem::file_size(directory.path() / "store.sqlite-wal"), 60'000'000U);
}

TEST(SqliteStore, CutsALogFileBackThatALargeTransactionHasGrown) {
  TempDirectory directory;
  const auto log = directory.path() / "store.sqlite-wal";
  const auto engine = open_sqlite({.directory = directory.path()});
  put(*engine, "large", std::string(60'000'000, 'v'));
  EXPECT_GT(std::filesystem::file_size(log), 60'000'000U);
  EXPECT_TRUE(comes_true([&, i = 0]() mutable {
    put(*engine, "small", std::to_string(++i));
    return std::filesystem::file_size(log) < 42'000'000U;
  }));
}

// Whether what is committed comes into the file of the store without a commit after it.
bool is_moved_without_another_commit(std::size_t value_bytes) {
  TempDirectory directory;
  const auto engine = open_sqlite({.directory = directory.path()});
  put(*engine, "key", std::string(value_bytes, 'v'));
  return comes_true([&] {
    return std::filesystem::file_size(directory.path() / "store.sqlite") > value_bytes;
  });
}

TEST(SqliteStore, MovesALongLogIntoItsFileOnAThreadOfItsOwn) {
  EXPECT_TRUE(is_moved_without_another_commit(8'000'000));
}

TEST(SqliteStore, MovesAShortLogIntoItsFileAMomentLater) {
  EXPECT_TRUE(is_moved_without_another_commit(50'000));
}

TEST(SqliteStore, WaitsWhileACheckpointHoldsTheWritersLock) {
  TempDirectory directory;
  const auto engine = open_sqlite({.directory = directory.path()});
  sqlite::Connection other("file:" + (directory.path() / "store.sqlite").native());
  other.execute("BEGIN IMMEDIATE");
  std::atomic<bool> begun = false;
  std::thread release([&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    while (!begun || std::chrono::steady_clock::now() < until) std::this_thread::yield();
    other.execute("COMMIT");
  });
  begun = true;
  EXPECT_NO_THROW(put(*engine, "a", "1"));
  release.join();
}

TEST(SqliteStore, RefusesADirectoryThatIsInUseAndNamesItsUser) {
  TempDirectory directory;
  const auto first = open_sqlite({.directory = directory.path()});
  EXPECT_EQ(refusal(directory.path()), "data directory '" + directory.path().native() +
                                           "' is in use by process " + std::to_string(::getpid()) +
                                           "; stop it or choose another directory");
}

TEST(SqliteStore, FreesTheDirectoryWhenClosed) {
  TempDirectory directory;
  open_sqlite({.directory = directory.path()});
  EXPECT_EQ(refusal(directory.path()), "");
}

TEST(SqliteStore, RefusesAStoreOfALaterVersionAndLeavesItAlone) {
  TempDirectory directory;
  open_sqlite({.directory = directory.path()});
  execute_in(directory.path() / "store.sqlite", "PRAGMA user_version=3");
  EXPECT_THAT(refusal(directory.path()),
              AllOf(HasSubstr(directory.path().native()), HasSubstr("is of format 3"),
                    HasSubstr("later version"), HasSubstr("formats up to 2")));
}

TEST(SqliteStore, RefusesADatabaseThatIsNotOurs) {
  TempDirectory directory;
  execute_in(directory.path() / "store.sqlite", "CREATE TABLE other(x)");
  EXPECT_THAT(refusal(directory.path()), HasSubstr("not a store of Tailrace"));
}

// What opening a store says whose file is damaged in some way.
std::string refusal_of_damage(const std::function<void(const std::filesystem::path&)>& damage) {
  TempDirectory directory;
  const auto file = directory.path() / "store.sqlite";
  put(*open_sqlite({.directory = directory.path()}), "a", std::string(50'000, 'v'));
  damage(file);
  std::string text = refusal(directory.path());
  for (const std::string& path : {file.native(), directory.path().native()})
    if (const auto place = text.find(path); place != std::string::npos)
      text.replace(place, path.size(), path == file.native() ? "FILE" : "DIRECTORY");
  return text;
}

TEST(SqliteStore, RefusesADamagedFileAndSaysWhatToDo) {
  const auto overwrite = [](const auto& file) { std::ofstream(file) << std::string(5000, 'x'); };
  EXPECT_EQ(refusal_of_damage(overwrite),
            "data directory 'DIRECTORY': the file 'FILE' is damaged (file is not a database); "
            "restore the directory from a copy, or use another one");
  EXPECT_EQ(refusal_of_damage([](const auto& file) { std::filesystem::resize_file(file, 5000); }),
            "data directory 'DIRECTORY': the file 'FILE' is damaged (database disk image is "
            "malformed); restore the directory from a copy, or use another one");
}

// What reading the row "key" throws after `sql` has changed the file; empty: nothing.
std::string damage_found(const char* sql, const std::function<void(StorageEngine&)>& read) {
  TempDirectory directory;
  put(*open_sqlite({.directory = directory.path()}), "key", "value");
  execute_in(directory.path() / "store.sqlite", sql);
  const auto engine = open_sqlite({.directory = directory.path()});
  try {
    read(*engine);
    return {};
  } catch (const DamagedRow& damage) {
    EXPECT_THAT(damage.what(), HasSubstr((directory.path() / "store.sqlite").native()));
    return damage.key();
  }
}

void get_key(StorageEngine& engine) {
  EXPECT_TRUE(has(engine, "key"));
}
void scan_all(StorageEngine& engine) {
  for (auto row = engine.scan({}, {}, Order::kAscending); row->valid(); row->next()) row->value();
}
void scan_keys(StorageEngine& engine) {
  for (auto row = engine.scan({}, {}, Order::kAscending); row->valid(); row->next()) row->key();
}

TEST(SqliteStore, FindsARowThatWasChangedInTheFile) {
  const char* other_value = "UPDATE rows SET value = x'76616c7566'";
  EXPECT_EQ(damage_found(other_value, get_key), "key");
  EXPECT_EQ(damage_found(other_value, scan_all), "key");
  EXPECT_EQ(damage_found(other_value, scan_keys), "");
  EXPECT_EQ(damage_found("UPDATE rows SET key = x'6b657932'", scan_all), "key2");
  EXPECT_EQ(damage_found("UPDATE rows SET checksum = checksum + 1", get_key), "key");
  EXPECT_EQ(damage_found("SELECT 1", get_key), "");
}

TEST(SqliteStore, ReadsAndWritesAStoreThatHadNoChecksums) {
  TempDirectory directory;
  execute_in(directory.path() / "store.sqlite",
             "CREATE TABLE rows(key BLOB NOT NULL UNIQUE, value BLOB NOT NULL);"
             "INSERT INTO rows VALUES(x'61', x'31'), (x'62', x'32');"
             "PRAGMA application_id=1414679621; PRAGMA user_version=1;");
  put(*open_sqlite({.directory = directory.path()}), "a", "3");
  const auto engine = open_sqlite({.directory = directory.path()});
  Buffer value;
  EXPECT_TRUE(engine->get("a", value));
  EXPECT_EQ(value, "3");
  EXPECT_TRUE(engine->get("b", value));
  EXPECT_EQ(value, "2");
}

TEST(SqliteStore, RefusesAFileThatItMayNotWriteAndSaysWhatToDo) {
  TempDirectory directory;
  open_sqlite({.directory = directory.path()});
  const auto file = directory.path() / "store.sqlite";
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  std::filesystem::permissions(directory.path() / "lock", std::filesystem::perms(0666));
  std::filesystem::permissions(file, std::filesystem::perms(0444));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // Root may write anything.
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(3);
    const std::string text = refusal(directory.path());
    const bool told = text == "cannot write the store's file '" + file.native() +
                                  "': Permission denied; make it writable for uid " +
                                  std::to_string(::geteuid()) + " or choose another directory";
    if (!told) std::fprintf(stderr, "%s\n", text.c_str());
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// The text of the EngineError that a put throws.
std::string refusal_to_put(StorageEngine& engine, Bytes key, Bytes value) {
  try {
    put(engine, key, value);
    return {};
  } catch (const EngineError& error) {
    engine.rollback();
    return error.what();
  }
}

TEST(SqliteStore, WritesNothingMoreOnceItsDirectoryIsGone) {
  TempDirectory directory;
  const auto engine = open_sqlite({.directory = directory.path() / "data"});
  put(*engine, "a", "1");
  std::filesystem::remove_all(directory.path() / "data");
  EXPECT_THAT(refusal_to_put(*engine, "b", "2"),
              AllOf(HasSubstr((directory.path() / "data" / "store.sqlite").native()),
                    HasSubstr("was removed or replaced")));
  EXPECT_TRUE(has(*engine, "a"));
  EXPECT_FALSE(has(*engine, "b"));
}

TEST(SqliteStore, RefusesAPathThatIsAFile) {
  TempDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  EXPECT_THAT(refusal(directory.path() / "file"), HasSubstr((directory.path() / "file").native()));
}

TEST(SqliteStore, CopiesBetweenMemoryAndDisk) {
  TempDirectory directory;
  const auto memory = open_sqlite({});
  put(*memory, "a", std::string(5000, 'a'));
  const auto disk = open_sqlite({.directory = directory.path()});
  put(*disk, "old", "x");
  memory->copy_to(*disk);
  EXPECT_TRUE(has(*disk, "a"));
  EXPECT_FALSE(has(*disk, "old"));
  put(*disk, "b", "2");
  const auto back = open_sqlite({});
  disk->copy_to(*back);
  put(*back, "c", "3");
  EXPECT_TRUE(has(*back, "a") && has(*back, "b") && has(*back, "c"));
}

TEST(SqliteStore, CopiesWithinATransactionWhatItHasWritten) {
  const auto source = open_sqlite({});
  const auto target = open_sqlite({});
  source->begin();
  source->put("a", "1");
  source->copy_to(*target);
  source->rollback();
  EXPECT_TRUE(has(*target, "a"));
  EXPECT_FALSE(has(*source, "a"));
}

}  // namespace
}  // namespace tailrace
