#include "storage/engine/sqlite/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "storage/base/check.h"
#include "storage/base/str_cat.h"
#include "storage/engine/storage_engine.h"

namespace tailrace::sqlite {
namespace {

// Reserved are as many bytes as the machine has memory; fewer where so many addresses are not to be
// had (ulimit -v).
constexpr std::size_t kReservedMin = std::size_t{64} << 20;
// Up to this size a store takes memory by the page, so that an empty one takes little.
constexpr std::size_t kSmallBytes = std::size_t{4} << 20;
// A buffer that one large group has grown is not kept for ever.
constexpr std::size_t kKeptBytes = std::size_t{16} << 20;

std::size_t machine_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const auto bytes = static_cast<std::size_t>(pages) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return pages > 0 ? std::max(bytes, kReservedMin) : kReservedMin;
}

char* reserve(std::size_t& bytes) {
  for (bytes = machine_bytes(); bytes >= kReservedMin; bytes /= 2) {
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) continue;
    // Scattered rows are found with fewer misses, and memory comes with fewer faults. A wish only.
    char* begin = static_cast<char*>(memory);
    ::madvise(begin + kSmallBytes, bytes - kSmallBytes, MADV_HUGEPAGE);
    return begin;
  }
  throw EngineError("cannot reserve memory for the store; raise the limit of virtual memory");
}

}  // namespace

struct MemoryFile::Handle : sqlite3_file {
  MemoryFile* file;

  static MemoryFile& of(sqlite3_file* handle) { return *static_cast<Handle*>(handle)->file; }
  static const sqlite3_io_methods kMethods;
};

// There is one connection, so that there is nobody to lock out.
const sqlite3_io_methods MemoryFile::Handle::kMethods = {
    .iVersion = 3,
    .xClose = [](sqlite3_file*) { return SQLITE_OK; },
    .xRead =
        [](sqlite3_file* handle, void* out, int bytes, sqlite3_int64 offset) {
          const MemoryFile& file = of(handle);
          const auto begin = static_cast<std::size_t>(offset);
          const auto wanted = static_cast<std::size_t>(bytes);
          const std::size_t there = begin < file.size_ ? std::min(wanted, file.size_ - begin) : 0;
          std::memcpy(out, file.memory_ + begin, there);
          if (there == wanted) return SQLITE_OK;
          std::memset(static_cast<char*>(out) + there, 0, wanted - there);
          return SQLITE_IOERR_SHORT_READ;
        },
    .xWrite =
        [](sqlite3_file* handle, const void* data, int bytes, sqlite3_int64 offset) {
          return of(handle).write(data, static_cast<std::size_t>(bytes),
                                  static_cast<std::size_t>(offset));
        },
    .xTruncate =
        [](sqlite3_file* handle, sqlite3_int64 size) {
          of(handle).truncate(static_cast<std::size_t>(size));
          return SQLITE_OK;
        },
    .xSync = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xFileSize =
        [](sqlite3_file* handle, sqlite3_int64* size) {
          *size = static_cast<sqlite3_int64>(of(handle).size_);
          return SQLITE_OK;
        },
    .xLock = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xCheckReservedLock =
        [](sqlite3_file*, int* reserved) {
          *reserved = 0;
          return SQLITE_OK;
        },
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 0; },
    .xDeviceCharacteristics =
        [](sqlite3_file*) {
          return SQLITE_IOCAP_SAFE_APPEND | SQLITE_IOCAP_SEQUENTIAL |
                 SQLITE_IOCAP_POWERSAFE_OVERWRITE;
        },
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch =
        [](sqlite3_file* handle, sqlite3_int64 offset, int bytes, void** out) {
          const MemoryFile& file = of(handle);
          const auto begin = static_cast<std::size_t>(offset);
          const bool there = begin + static_cast<std::size_t>(bytes) <= file.size_;
          *out = there ? file.memory_ + begin : nullptr;
          return SQLITE_OK;
        },
    .xUnfetch = [](sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; },
};

MemoryFile::MemoryFile() : vfs_(*sqlite3_vfs_find(nullptr)) {
  static std::atomic<unsigned> count{0};
  memory_ = reserve(capacity_);
  name_ = str_cat("tailrace-memory-", ++count);
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.xOpen = &MemoryFile::open;
  vfs_.xDelete = [](sqlite3_vfs*, const char*, int) { return SQLITE_OK; };
  vfs_.xAccess = [](sqlite3_vfs*, const char*, int, int* there) {
    *there = 0;
    return SQLITE_OK;
  };
  vfs_.xFullPathname = [](sqlite3_vfs*, const char* name, int bytes, char* out) {
    sqlite3_snprintf(bytes, out, "%s", name);
    return SQLITE_OK;
  };
  sqlite3_vfs_register(&vfs_, 0);
}

MemoryFile::~MemoryFile() {
  sqlite3_vfs_unregister(&vfs_);
  ::munmap(memory_, capacity_);
}

std::string MemoryFile::uri() const {
  return str_cat("file:store?vfs=", name_);
}

int MemoryFile::open(
    sqlite3_vfs* vfs, const char*, sqlite3_file* file, int flags, int* out_flags) {
  auto* handle = static_cast<Handle*>(file);
  handle->pMethods = nullptr;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
  handle->file = static_cast<MemoryFile*>(vfs->pAppData);
  handle->pMethods = &Handle::kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

void MemoryFile::begin() {
  CHECK(!undoable_);
  undoable_ = true;
  size_at_begin_ = size_;
}

void MemoryFile::keep() noexcept {
  undoable_ = false;
  overwritten_.clear();
  content_.clear();
  if (content_.capacity() <= kKeptBytes) return;
  content_ = {};
  overwritten_ = {};
}

void MemoryFile::undo() noexcept {
  std::size_t end = content_.size();
  for (auto piece = overwritten_.rbegin(); piece != overwritten_.rend(); ++piece) {
    end -= piece->bytes;
    std::memcpy(memory_ + piece->offset, content_.data() + end, piece->bytes);
  }
  if (undoable_) size_ = size_at_begin_;
  keep();
}

int MemoryFile::write(const void* data, std::size_t bytes, std::size_t offset) {
  if (offset + bytes > capacity_) return SQLITE_FULL;
  save(offset, std::min(offset + bytes, size_at_begin_));
  std::memcpy(memory_ + offset, data, bytes);
  size_ = std::max(size_, offset + bytes);
  return SQLITE_OK;
}

void MemoryFile::truncate(std::size_t size) {
  if (size >= size_) return;
  save(size, std::min(size_, size_at_begin_));
  size_ = size;
}

// A piece that is written twice is kept twice; undone in reverse order the first one stays.
void MemoryFile::save(std::size_t begin, std::size_t end) {
  if (!undoable_ || begin >= end) return;
  overwritten_.push_back({.offset = begin, .bytes = end - begin});
  content_.append(memory_ + begin, end - begin);
}

}  // namespace tailrace::sqlite
