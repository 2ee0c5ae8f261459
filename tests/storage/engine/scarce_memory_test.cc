// A store in memory to which no memory is given: from the nth allocation of SQLite on all fail. A
// transaction that meets that is taken back as if it had not been.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <random>
#include <string>

#include "storage/base/check.h"
#include "storage/engine/engine_queue.h"
#include "storage/engine/sqlite/sqlite_engine.h"

namespace tailrace {
namespace {

std::atomic<long> allocations_left = -1;  // Below zero: any number.
sqlite3_mem_methods system_methods;

bool is_to_fail() {
  if (allocations_left < 0) return false;
  if (allocations_left == 0) return true;
  --allocations_left;
  return false;
}

// Before SQLite is used for the first time, so that the store's own methods stand above these.
const bool kInstalled = [] {
  CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_methods) == SQLITE_OK);
  sqlite3_mem_methods methods = system_methods;
  methods.xMalloc = [](int bytes) {
    return is_to_fail() ? nullptr : system_methods.xMalloc(bytes);
  };
  methods.xRealloc = [](void* block, int bytes) {
    return is_to_fail() ? nullptr : system_methods.xRealloc(block, bytes);
  };
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}();

using Rows = std::map<Buffer, Buffer>;

Rows rows_of(EngineQueue& queue) {
  Rows rows;
  queue.run([&](Txn& txn) {
    for (auto row = txn.scan({}, {}, Order::kAscending); row->valid(); row->next())
      rows.emplace(row->key(), row->value());
  });
  return rows;
}

void change_all(Txn& txn, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200; ++i) {
    const Buffer key = "key " + std::to_string(random() % 300);
    if (random() % 3 == 0) {
      txn.erase(key);
    } else {
      txn.put(key, std::string(random() % (i % 50 == 0 ? 200'000 : 900),
                               static_cast<char>('a' + random() % 26)));
    }
  }
}

TEST(ScarceMemory, TakesBackATransactionThatGetsNone) {
  ASSERT_TRUE(kInstalled);
  EngineQueue queue(open_sqlite({}), {});
  queue.run([](Txn& txn) { change_all(txn, 1); });
  Rows before = rows_of(queue);
  int taken_back = 0;
  for (long nth = 0; nth < 2000; nth += 1 + nth / 20) {
    SCOPED_TRACE(nth);
    bool committed = false;
    allocations_left = nth;
    queue.submit([&](Txn& txn) { change_all(txn, static_cast<std::uint64_t>(nth) + 2); },
                 [&](const EngineError* error) { committed = error == nullptr; });
    allocations_left = -1;
    const Rows after = rows_of(queue);
    if (!committed) {
      ++taken_back;
      ASSERT_EQ(after, before);
    }
    before = after;
  }
  EXPECT_GT(taken_back, 10);
}

}  // namespace
}  // namespace tailrace
