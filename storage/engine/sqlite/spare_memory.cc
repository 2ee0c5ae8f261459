#include "storage/engine/sqlite/spare_memory.h"

#include <sqlite3.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <utility>

#include "storage/base/check.h"

namespace tailrace::sqlite {
namespace {

// More than SQLite needs at once for the largest row. Addresses only; memory comes as it is touched.
constexpr std::size_t kBytes = std::size_t{16} << 20;
constexpr std::size_t kAlignment = 16;

thread_local bool used = false;

// Handed out from the front, and taken back when nothing is in use any more.
class Spare {
 public:
  void reserve() {
    void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) begin_ = static_cast<char*>(memory);
  }

  bool owns(const void* block) const {
    const char* at = static_cast<const char*>(block);
    return begin_ != nullptr && at >= begin_ && at < begin_ + kBytes;
  }

  void* take(int bytes) {
    const std::size_t needed =
        (static_cast<std::size_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment + kAlignment;
    const std::lock_guard lock(mutex_);
    if (begin_ == nullptr || needed > kBytes - used_) return nullptr;
    char* head = begin_ + used_;
    std::memcpy(head, &bytes, sizeof bytes);
    used_ += needed;
    ++blocks_;
    return head + kAlignment;
  }

  void give() {
    const std::lock_guard lock(mutex_);
    if (--blocks_ == 0) used_ = 0;
  }

  static int size_of(const void* block) {
    int bytes = 0;
    std::memcpy(&bytes, static_cast<const char*>(block) - kAlignment, sizeof bytes);
    return bytes;
  }

 private:
  char* begin_ = nullptr;
  std::mutex mutex_;  // Guards what follows.
  std::size_t used_ = 0;
  std::size_t blocks_ = 0;
};

Spare spare;
sqlite3_mem_methods usual;  // Written once, before SQLite is used.

void* take(int bytes) {
  if (void* block = usual.xMalloc(bytes)) return block;
  used = true;
  return spare.take(bytes);
}

void give(void* block) {
  spare.owns(block) ? spare.give() : usual.xFree(block);
}

int size_of(void* block) {
  return spare.owns(block) ? Spare::size_of(block) : usual.xSize(block);
}

void* resize(void* block, int bytes) {
  if (!spare.owns(block))
    if (void* resized = usual.xRealloc(block, bytes)) return resized;
  void* other = take(bytes);
  if (other == nullptr) return nullptr;
  std::memcpy(other, block, static_cast<std::size_t>(std::min(bytes, size_of(block))));
  give(block);
  return other;
}

}  // namespace

void install_spare_memory() {
  spare.reserve();
  CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) == SQLITE_OK);
  sqlite3_mem_methods methods = usual;
  methods.xMalloc = take;
  methods.xFree = give;
  methods.xRealloc = resize;
  methods.xSize = size_of;
  CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
}

bool take_spare_memory_used() {
  return std::exchange(used, false);
}

}  // namespace tailrace::sqlite
