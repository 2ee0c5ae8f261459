// What a store in memory does when it has taken all memory that it may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"

namespace tailrace {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kBudget = 4 << 20;
constexpr std::size_t kValue = 10'000;

class MemoryStore : public ::testing::Test {
 protected:
  // A row, if there is room for it as for any that only makes the store larger.
  bool grow(int number) {
    engine->begin();
    try {
      engine->require_room();
    } catch (const StoreFull& full) {
      engine->rollback();
      refusal = full.what();
      return false;
    }
    engine->put(str_cat("row", number), std::string(kValue, 'x'));
    engine->commit();
    return true;
  }
  int fill() {
    int rows = 0;
    while (grow(rows)) ++rows;
    return rows;
  }
  void erase(int first, int last) {
    engine->begin();
    for (int i = first; i < last; ++i) engine->erase(str_cat("row", i));
    engine->commit();
  }

  std::shared_ptr<MemoryBudget> budget = std::make_shared<MemoryBudget>(kBudget);
  std::unique_ptr<StorageEngine> engine = open_sqlite({.memory = budget});
  std::string refusal;
};

TEST_F(MemoryStore, TakesItsPagesOutOfTheBudgetAndGivesThemBackAtItsEnd) {
  const std::size_t empty = budget->used();
  EXPECT_GT(empty, 0U);
  for (int i = 0; i < 100; ++i) grow(i);
  EXPECT_GT(budget->used(), empty + 100 * kValue);
  EXPECT_LT(budget->used(), empty + 200 * kValue);
  engine.reset();
  EXPECT_EQ(budget->used(), 0U);
}

TEST_F(MemoryStore, RefusesWhatOnlyMakesItLarger) {
  const int rows = fill();
  EXPECT_GT(rows, 200);
  EXPECT_LT(budget->used(), kBudget + 4 * kValue);
  EXPECT_EQ(refusal,
            "The store may take 4 MB of memory and has taken them: delete items or tables, or "
            "start the server with a larger --max-memory or with --data-dir");
  EXPECT_FALSE(grow(rows));
}

TEST_F(MemoryStore, HasRoomAgainForWhatWasDeleted) {
  const int rows = fill();
  const std::size_t full = budget->used();
  erase(0, rows / 2);
  EXPECT_EQ(budget->used(), full);  // SQLite keeps the pages for what comes.
  int again = 0;
  while (grow(rows + again)) ++again;
  EXPECT_GT(again, rows / 8);  // All but a megabyte.
  EXPECT_LT(again, rows);
  EXPECT_EQ(budget->used(), full);
}

TEST_F(MemoryStore, StillTakesWhatDeletingWrites) {
  const int rows = fill();
  engine->begin();
  for (int i = 0; i < rows; ++i) {
    engine->put(str_cat("tombstone", i), std::string(kValue / 2, 'x'));
    engine->erase(str_cat("row", i));
  }
  engine->commit();
  Buffer value;
  EXPECT_FALSE(engine->get("row0", value));
  EXPECT_TRUE(engine->get("tombstone0", value));
}

TEST_F(MemoryStore, IsFullAlsoWhenOthersHoldTheMemory) {
  budget->take(kBudget);
  EXPECT_FALSE(grow(0));
  budget->give(kBudget);
  EXPECT_TRUE(grow(0));
}

}  // namespace
}  // namespace tailrace
