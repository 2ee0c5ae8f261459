#include "storage/engine/sqlite/page_cache.h"

#include <sqlite3.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "storage/base/check.h"

namespace tailrace::sqlite {
namespace {

// Reserved are the addresses of what the budget allows and of what may be beyond it; fewer where so
// many are not to be had (ulimit -v).
constexpr std::size_t kReservedMin = std::size_t{64} << 20;
// Up to this size a store takes memory by the page, so that an empty one takes little.
constexpr std::size_t kSmallBytes = std::size_t{4} << 20;
constexpr std::size_t kLineBytes = 64;  // Of the processor's cache.
constexpr std::size_t kCachedBytes = std::size_t{32} << 20;  // Its last level, roughly.
// SQLite leaves out the page that has this byte (sqlite.org/fileformat.html, 1.4) and uses its number
// when it exchanges the numbers of two others.
constexpr std::size_t kPendingByte = std::size_t{1} << 30;
// Pages at the end of what is reserved, more than one write can take.
constexpr std::size_t kSpareBytes = std::size_t{16} << 20;
// Beyond a full budget is room for what makes a store smaller, and writes something for that: a
// 16th of it and this.
constexpr std::size_t kBeyondBytes = std::size_t{16} << 20;

thread_local bool spare_pages_used = false;
thread_local Bytes last_page;
thread_local std::shared_ptr<MemoryBudget> budget_for_new_stores;

std::size_t reserved_bytes(const MemoryBudget& budget) {
  return std::max(budget.bytes_max() + budget.bytes_max() / 16 + kBeyondBytes + kSpareBytes,
                  kReservedMin);
}

// Addresses, of which memory, all zeros, is taken as they are touched.
class Reserved {
 public:
  Reserved() = default;
  ~Reserved() {
    if (begin_ != nullptr) ::munmap(begin_, bytes_);
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;

  // False: so many are not to be had. What was reserved before is given back.
  bool reserve(std::size_t bytes) {
    if (begin_ != nullptr) ::munmap(begin_, bytes_);
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    begin_ = memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
    bytes_ = bytes;
    return begin_ != nullptr;
  }
  char* begin() const { return begin_; }

 private:
  char* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

// One cache, by the methods of sqlite3_pcache_methods2, which documents them.
class PageCache {
 public:
  virtual ~PageCache() = default;
  virtual void cachesize(int pages) = 0;
  virtual int pagecount() = 0;
  virtual sqlite3_pcache_page* fetch(unsigned key, int create) = 0;
  virtual void unpin(sqlite3_pcache_page* page, int discard) = 0;
  virtual void rekey(sqlite3_pcache_page* page, unsigned old_key, unsigned new_key) = 0;
  virtual void truncate(unsigned limit) = 0;
  virtual void shrink() = 0;
};

// SQLite's own, of a file.
class FilePages final : public PageCache {
 public:
  static sqlite3_pcache_methods2 methods;

  explicit FilePages(sqlite3_pcache* cache) : cache_(cache) {}
  ~FilePages() override { methods.xDestroy(cache_); }
  FilePages(const FilePages&) = delete;
  FilePages& operator=(const FilePages&) = delete;

  void cachesize(int pages) override { methods.xCachesize(cache_, pages); }
  int pagecount() override { return methods.xPagecount(cache_); }
  sqlite3_pcache_page* fetch(unsigned key, int create) override {
    return methods.xFetch(cache_, key, create);
  }
  void unpin(sqlite3_pcache_page* page, int discard) override {
    methods.xUnpin(cache_, page, discard);
  }
  void rekey(sqlite3_pcache_page* page, unsigned old_key, unsigned new_key) override {
    methods.xRekey(cache_, page, old_key, new_key);
  }
  void truncate(unsigned limit) override { methods.xTruncate(cache_, limit); }
  void shrink() override { methods.xShrink(cache_); }

 private:
  sqlite3_pcache* cache_;
};

sqlite3_pcache_methods2 FilePages::methods;

// A store in memory: its cache is all there is of it, and no page leaves it before the store itself
// becomes smaller.
class MemoryPages final : public PageCache {
 public:
  MemoryPages(std::size_t page_bytes, std::size_t extra_bytes, std::shared_ptr<MemoryBudget> budget)
      : budget_(std::move(budget)),
        page_bytes_(page_bytes),
        head_bytes_((sizeof(Slot) + extra_bytes + kLineBytes - 1) / kLineBytes * kLineBytes),
        slot_bytes_(head_bytes_ + page_bytes) {}
  ~MemoryPages() override { budget_->give(used_ * slot_bytes_); }
  MemoryPages(const MemoryPages&) = delete;
  MemoryPages& operator=(const MemoryPages&) = delete;

  void cachesize(int) override {}
  void shrink() override {}
  int pagecount() override { return static_cast<int>(count_); }

  sqlite3_pcache_page* fetch(unsigned key, int create) override {
    if (slots_max_ == 0 && !reserve()) return nullptr;
    if (key >= slots_max_) return nullptr;
    Slot*& slot = at(key);
    // SQLite looks at the whole head and at the first bytes of the page.
    const char* head = reinterpret_cast<const char*>(slot);
    if (slot != nullptr) {
      for (std::size_t at = 0; at <= head_bytes_; at += kLineBytes) __builtin_prefetch(head + at);
    } else if (create != 0) {
      slot = take();
      slot->key = key;
      key_end_ = std::max(key_end_, key + 1);
      head = reinterpret_cast<const char*>(slot);
    }
    if (slot == nullptr) return nullptr;
    last_page = count_ > kCachedBytes / page_bytes_ ? Bytes(head + head_bytes_, page_bytes_) : Bytes();
    return &slot->page;
  }

  void unpin(sqlite3_pcache_page* page, int discard) override {
    if (discard != 0) give(slot_of(page)->key);
  }

  // Numbers are only exchanged.
  void rekey(sqlite3_pcache_page* page, unsigned old_key, unsigned new_key) override {
    CHECK(at(new_key) == nullptr);
    Slot* slot = slot_of(page);
    at(old_key) = nullptr;
    at(new_key) = slot;
    slot->key = new_key;
  }

  void truncate(unsigned limit) override {
    for (; key_end_ > limit; --key_end_)
      if (at(key_end_ - 1) != nullptr) give(key_end_ - 1);
  }

 private:
  // The head of a slot. SQLite's own bytes of the page follow, then the page: they are used
  // together. As slots are not as large as pages, the first bytes of pages do not all want the same
  // lines of the processor's cache.
  struct Slot {
    sqlite3_pcache_page page;
    unsigned key;
    Slot* next_free;
  };

  // With the first page: SQLite makes a cache anew when it is told the pages' size.
  bool reserve() {
    for (std::size_t bytes = reserved_bytes(*budget_); bytes >= kReservedMin; bytes /= 2) {
      // A slot is larger than a page, and there is no page 0.
      const std::size_t keys = std::max(bytes, kPendingByte) / page_bytes_ + 2;
      if (!slots_.reserve(bytes) || !table_.reserve(keys * sizeof(Slot*))) continue;
      // Scattered rows are found with fewer misses, and memory comes with fewer faults. A wish only.
      ::madvise(slots_.begin() + kSmallBytes, bytes - kSmallBytes, MADV_HUGEPAGE);
      slots_max_ = static_cast<unsigned>(bytes / slot_bytes_);
      spare_begin_ = slots_max_ - static_cast<unsigned>(kSpareBytes / slot_bytes_);
      return true;
    }
    return false;
  }

  static Slot* slot_of(sqlite3_pcache_page* page) { return reinterpret_cast<Slot*>(page); }
  Slot*& at(unsigned key) { return reinterpret_cast<Slot**>(table_.begin())[key]; }

  Slot* take() {
    ++count_;
    Slot* slot = free_;
    if (slot != nullptr) {
      free_ = slot->next_free;
    } else {
      CHECK(used_ < slots_max_);  // Fewer keys than slots.
      if (used_ >= spare_begin_) spare_pages_used = true;
      budget_->take(slot_bytes_);  // It is never given back to the system.
      char* begin = slots_.begin() + slot_bytes_ * used_++;
      slot = reinterpret_cast<Slot*>(begin);
      slot->page = {.pBuf = begin + head_bytes_, .pExtra = begin + sizeof(Slot)};
    }
    *static_cast<void**>(slot->page.pExtra) = nullptr;  // So SQLite knows that the page is new.
    return slot;
  }

  void give(unsigned key) {
    Slot* slot = std::exchange(at(key), nullptr);
    slot->next_free = free_;
    free_ = slot;
    --count_;
  }

  const std::shared_ptr<MemoryBudget> budget_;
  Reserved slots_;
  Reserved table_;  // Of the slot of each page, by the page's number.
  const std::size_t page_bytes_;
  const std::size_t head_bytes_;
  const std::size_t slot_bytes_;
  unsigned slots_max_ = 0;  // 0: nothing is reserved yet.
  unsigned spare_begin_ = 0;
  unsigned used_ = 0;  // Slots that have ever held a page.
  Slot* free_ = nullptr;
  unsigned count_ = 0;    // Pages there are.
  unsigned key_end_ = 0;  // No page has this number or a higher one, but for a moment.
};

PageCache& of(sqlite3_pcache* cache) {
  return *reinterpret_cast<PageCache*>(cache);
}

sqlite3_pcache* create(int page_bytes, int extra_bytes, int purgeable) {
  std::unique_ptr<PageCache> cache;
  if (purgeable != 0) {
    if (sqlite3_pcache* pages = FilePages::methods.xCreate(page_bytes, extra_bytes, purgeable))
      cache = std::make_unique<FilePages>(pages);
  } else {
    CHECK(budget_for_new_stores != nullptr);
    cache =
        std::make_unique<MemoryPages>(static_cast<std::size_t>(page_bytes),
                                      static_cast<std::size_t>(extra_bytes), budget_for_new_stores);
  }
  return reinterpret_cast<sqlite3_pcache*>(cache.release());
}

}  // namespace

void install_page_caches() {
  CHECK(sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &FilePages::methods) == SQLITE_OK);
  sqlite3_pcache_methods2 methods = FilePages::methods;
  methods.xCreate = create;
  methods.xCachesize = [](sqlite3_pcache* cache, int pages) { of(cache).cachesize(pages); };
  methods.xPagecount = [](sqlite3_pcache* cache) { return of(cache).pagecount(); };
  methods.xFetch = [](sqlite3_pcache* cache, unsigned key, int create) {
    return of(cache).fetch(key, create);
  };
  methods.xUnpin = [](sqlite3_pcache* cache, sqlite3_pcache_page* page, int discard) {
    of(cache).unpin(page, discard);
  };
  methods.xRekey = [](sqlite3_pcache* cache, sqlite3_pcache_page* page, unsigned old_key,
                      unsigned new_key) { of(cache).rekey(page, old_key, new_key); };
  methods.xTruncate = [](sqlite3_pcache* cache, unsigned limit) { of(cache).truncate(limit); };
  methods.xDestroy = [](sqlite3_pcache* cache) { delete &of(cache); };
  methods.xShrink = [](sqlite3_pcache* cache) { of(cache).shrink(); };
  CHECK(sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods) == SQLITE_OK);
}

BudgetOfNewStores::BudgetOfNewStores(std::shared_ptr<MemoryBudget> budget) {
  budget_for_new_stores = std::move(budget);
}

BudgetOfNewStores::~BudgetOfNewStores() {
  budget_for_new_stores.reset();
}

Bytes last_page_fetched() {
  return last_page;
}

bool take_spare_pages_used() {
  return std::exchange(spare_pages_used, false);
}

}  // namespace tailrace::sqlite
