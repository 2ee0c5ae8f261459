// FaultyVfs: SQLite's way to the system, in which a chosen operation fails, and which knows what a
// disk may hold when the power goes: what was synced, and any of the sectors that were written since.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tailrace {

class FaultyVfs {
 public:
  enum class Op : std::uint8_t { kRead, kWrite, kSync, kTruncate, kOpen };

  // Becomes SQLite's default in this process, and passes everything on.
  static FaultyVfs& install();

  // The nth operation of this kind from now on fails, once.
  void fail(Op op, int nth);
  // Whether it has; and nothing fails any more.
  bool take_failed();

  // Called before each write, sync and truncation, which it may delay; any thread.
  using Watcher = std::function<void()>;
  void watch(Watcher watcher);
  void unwatch();

  // What the files of a directory may be after the loss of power at this moment. Within a watcher too.
  using Files = std::map<std::string, std::string>;
  Files after_power_loss(const std::filesystem::path& directory, std::uint64_t seed);

  // --- For the methods of SQLite's files.
  bool is_to_fail(Op op);
  void before_change();
  void opened(const std::string& path);
  void wrote(const std::string& path, std::int64_t offset, std::string bytes);
  void truncated(const std::string& path, std::int64_t size);
  void synced(const std::string& path);
  void removed(const std::string& path);

 private:
  struct Change {
    bool truncation = false;
    std::int64_t offset = 0;  // Or the size after a truncation.
    std::string bytes;
  };
  struct File {
    std::string synced;
    std::vector<Change> changes;  // Since the last sync.
  };
  static void apply(std::string& content, const Change& change);

  std::recursive_mutex mutex_;  // Guards what follows.
  Op failing_ = Op::kRead;
  int countdown_ = 0;  // 0: nothing fails.
  bool failed_ = false;
  Watcher watcher_;
  std::map<std::string, File> files_;
};

void write_files(const std::filesystem::path& directory, const FaultyVfs::Files& files);

}  // namespace tailrace
