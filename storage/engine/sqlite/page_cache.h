// The page caches that SQLite uses in this process: for stores in memory one of our own, which
// holds the whole store; for files SQLite's. Private to this room.
//
// Why not SQLite's own in memory: it finds each page in a hash table, and it takes every page from
// the allocator, so that pages lie anywhere. Here addresses are reserved once and memory comes as
// it is touched, in large pages of the system where it has them; a page's number is its index.
#pragma once

#include <memory>

#include "storage/base/bytes.h"
#include "storage/base/memory_budget.h"

namespace tailrace::sqlite {

// Once, before anything else is asked of SQLite.
void install_page_caches();

// While it lives, stores in memory that this thread opens take their pages out of `budget`, and go
// beyond it if they must. SQLite makes the caches, and has no way to hand them anything.
class BudgetOfNewStores {
 public:
  explicit BudgetOfNewStores(std::shared_ptr<MemoryBudget> budget);
  ~BudgetOfNewStores();
  BudgetOfNewStores(const BudgetOfNewStores&) = delete;
  BudgetOfNewStores& operator=(const BudgetOfNewStores&) = delete;
};

// True if this thread has, since the last call, made a store in memory so large that it took pages
// from the last few that there can be: whoever wrote must take back what it wrote, as SQLite cannot
// when it gets no page at all.
bool take_spare_pages_used();

// The page that this thread fetched last from a store in memory; empty if that store is so small
// that the processor has it in its cache. Not to be read, as it may be gone: a hint what to prefetch.
Bytes last_page_fetched();

}  // namespace tailrace::sqlite
