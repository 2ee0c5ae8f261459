#include "tests/storage/engine/faulty_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <new>
#include <random>
#include <utility>

#include "storage/base/check.h"
#include "storage/engine/sqlite/sqlite_engine.h"

namespace tailrace {
namespace {

using Op = FaultyVfs::Op;

sqlite3_vfs* system_vfs = nullptr;
FaultyVfs* faulty = nullptr;

// Ours, and behind it the system's.
struct OpenFile {
  sqlite3_file base;
  std::string* path;  // nullptr: a file without a name.
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

OpenFile& ours(sqlite3_file* file) {
  return *reinterpret_cast<OpenFile*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return ours(file).real();
}
const sqlite3_io_methods& methods(sqlite3_file* file) {
  return *real(file)->pMethods;
}

int close(sqlite3_file* file) {
  const int code = methods(file).xClose(real(file));
  delete std::exchange(ours(file).path, nullptr);
  return code;
}

int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
  if (faulty->is_to_fail(Op::kRead)) return SQLITE_IOERR_READ;
  return methods(file).xRead(real(file), to, bytes, offset);
}

int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
  faulty->before_change();
  const char* begin = static_cast<const char*>(from);
  int left = bytes;
  const bool fails = faulty->is_to_fail(Op::kWrite);
  if (fails) left /= 2;  // A part of it comes to the disk.
  const int code = methods(file).xWrite(real(file), from, left, offset);
  if (code == SQLITE_OK && ours(file).path)
    faulty->wrote(*ours(file).path, offset, std::string(begin, begin + left));
  return fails ? SQLITE_FULL : code;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  faulty->before_change();
  if (faulty->is_to_fail(Op::kTruncate)) return SQLITE_IOERR_TRUNCATE;
  const int code = methods(file).xTruncate(real(file), size);
  if (code == SQLITE_OK && ours(file).path) faulty->truncated(*ours(file).path, size);
  return code;
}

int sync(sqlite3_file* file, int flags) {
  faulty->before_change();
  if (faulty->is_to_fail(Op::kSync)) return SQLITE_IOERR_FSYNC;
  const int code = methods(file).xSync(real(file), flags);
  if (code == SQLITE_OK && ours(file).path) faulty->synced(*ours(file).path);
  return code;
}

// Version 2: without the reads of mapped pages, so that all reads are seen.
const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return methods(f).xFileSize(real(f), size); },
    .xLock = [](sqlite3_file* f, int lock) { return methods(f).xLock(real(f), lock); },
    .xUnlock = [](sqlite3_file* f, int lock) { return methods(f).xUnlock(real(f), lock); },
    .xCheckReservedLock =
        [](sqlite3_file* f, int* out) { return methods(f).xCheckReservedLock(real(f), out); },
    .xFileControl =
        [](sqlite3_file* f, int op, void* arg) { return methods(f).xFileControl(real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return methods(f).xSectorSize(real(f)); },
    .xDeviceCharacteristics = [](sqlite3_file*) { return 0; },
    .xShmMap = [](sqlite3_file* f, int page, int bytes, int extend, void volatile** out) {
      return methods(f).xShmMap(real(f), page, bytes, extend, out);
    },
    .xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      return methods(f).xShmLock(real(f), offset, n, flags);
    },
    .xShmBarrier = [](sqlite3_file* f) { methods(f).xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return methods(f).xShmUnmap(real(f), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (faulty->is_to_fail(Op::kOpen)) return SQLITE_CANTOPEN;
  OpenFile& opened = ours(file);
  opened.path = nullptr;
  const int code = system_vfs->xOpen(system_vfs, name, opened.real(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  file->pMethods = &kMethods;
  if (name != nullptr) {
    opened.path = new std::string(name);
    faulty->opened(name);
  }
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int sync_directory) {
  const int code = system_vfs->xDelete(system_vfs, name, sync_directory);
  if (code == SQLITE_OK) faulty->removed(name);
  return code;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

FaultyVfs& FaultyVfs::install() {
  static FaultyVfs installed;
  if (faulty != nullptr) return installed;
  faulty = &installed;
  open_sqlite({});  // SQLite must be configured before it is asked for its VFS.
  system_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs vfs = *system_vfs;
  vfs.pNext = nullptr;
  vfs.zName = "faulty";
  vfs.szOsFile = static_cast<int>(sizeof(OpenFile)) + system_vfs->szOsFile;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
  return installed;
}

void FaultyVfs::fail(Op op, int nth) {
  const std::lock_guard lock(mutex_);
  failing_ = op;
  countdown_ = nth;
  failed_ = false;
}

bool FaultyVfs::take_failed() {
  const std::lock_guard lock(mutex_);
  countdown_ = 0;
  return std::exchange(failed_, false);
}

void FaultyVfs::watch(Watcher watcher) {
  const std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
}

void FaultyVfs::unwatch() {
  const std::lock_guard lock(mutex_);
  watcher_ = nullptr;
}

bool FaultyVfs::is_to_fail(Op op) {
  const std::lock_guard lock(mutex_);
  if (op != failing_ || countdown_ == 0 || --countdown_ > 0) return false;
  failed_ = true;
  return true;
}

void FaultyVfs::before_change() {
  const std::lock_guard lock(mutex_);
  if (watcher_) watcher_();
}

void FaultyVfs::opened(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (files_.count(path) == 0) files_[path].synced = content_of(path);
}

void FaultyVfs::wrote(const std::string& path, std::int64_t offset, std::string bytes) {
  const std::lock_guard lock(mutex_);
  files_[path].changes.push_back({.offset = offset, .bytes = std::move(bytes)});
}

void FaultyVfs::truncated(const std::string& path, std::int64_t size) {
  const std::lock_guard lock(mutex_);
  files_[path].changes.push_back({.truncation = true, .offset = size, .bytes = {}});
}

void FaultyVfs::synced(const std::string& path) {
  const std::lock_guard lock(mutex_);
  File& file = files_[path];
  for (const Change& change : file.changes) apply(file.synced, change);
  file.changes.clear();
}

void FaultyVfs::removed(const std::string& path) {
  const std::lock_guard lock(mutex_);
  files_.erase(path);
}

void FaultyVfs::apply(std::string& content, const Change& change) {
  const auto offset = static_cast<std::size_t>(change.offset);
  if (change.truncation) {
    content.resize(std::min(content.size(), offset));
    return;
  }
  if (content.size() < offset + change.bytes.size()) content.resize(offset + change.bytes.size());
  content.replace(offset, change.bytes.size(), change.bytes);
}

FaultyVfs::Files FaultyVfs::after_power_loss(const std::filesystem::path& directory,
                                             std::uint64_t seed) {
  constexpr std::size_t kSectorBytes = 512;
  const std::lock_guard lock(mutex_);
  std::mt19937_64 random(seed);
  Files files;
  for (const auto& [path, file] : files_) {
    if (std::filesystem::path(path).parent_path() != directory) continue;
    std::string& content = files[std::filesystem::path(path).filename()] = file.synced;
    // How much of what was not synced comes to the disk: all, nothing, or some.
    const std::uint64_t mood = random() % 4;
    for (Change change : file.changes) {
      const std::uint64_t fate = mood == 0 ? 0 : mood == 1 ? 1 : random() % 3;
      if (fate == 1) continue;
      if (fate == 2 && !change.truncation) {
        const std::size_t sectors = change.bytes.size() / kSectorBytes;
        change.bytes.resize(kSectorBytes * (sectors == 0 ? 0 : random() % sectors));
        if (change.bytes.empty()) continue;
      }
      apply(content, change);
    }
  }
  return files;
}

void write_files(const std::filesystem::path& directory, const FaultyVfs::Files& files) {
  std::filesystem::create_directories(directory);
  for (const auto& [name, content] : files)
    std::ofstream(directory / name, std::ios::binary) << content;
}

}  // namespace tailrace
