#include "storage/table/table_statistics.h"

#include <gtest/gtest.h>

#include "storage/schema/key_layout.h"
#include "storage/value/stored_item.h"
#include "tests/storage/engine/map_engine.h"

namespace tailrace {
namespace {

class TableStatisticsTest : public testing::Test {
 protected:
  TableStatisticsTest() {
    table_.id = 7;
    table_.keys.hash = {{.name = "id", .type = AttributeType::kS}};
  }

  AttributeMap item(std::string id) const {
    AttributeMap item;
    item.set("id", AttributeValue{std::move(id)});
    return item;
  }
  Buffer key(std::string id) const { return keys::item(table_, item(std::move(id))); }
  void store(std::string id) {
    queue_.run([&](Txn& txn) { txn.put(key(id), encode_item(item(id))); });
  }

  TableSchema table_;
  EngineQueue queue_{std::make_unique<MapEngine>(), {}};
  TableStatistics statistics_;
};

TEST_F(TableStatisticsTest, AddUpPerTableAndIndex) {
  queue_.run([&](Txn& txn) {
    statistics_.add(txn, key("a"), {.items = 1, .bytes = 10});
    statistics_.add(txn, key("b"), {.items = 1, .bytes = 20});
    statistics_.add(txn, key("a"), {.items = 0, .bytes = 5});
    statistics_.add(txn, keys::index_prefix(7, 3), {.items = 1, .bytes = 2});
  });
  EXPECT_EQ(statistics_.of_table(7).items, 2);
  EXPECT_EQ(statistics_.of_table(7).bytes, 35);
  EXPECT_EQ(statistics_.of_index(7, 3).items, 1);
  EXPECT_EQ(statistics_.of_table(8).items, 0);
}

TEST_F(TableStatisticsTest, AreTakenBackWithTheGroup) {
  const auto fail = [&](Txn& txn) {
    statistics_.add(txn, key("a"), {.items = 1, .bytes = 10});
    throw EngineError("disk full");
  };
  EXPECT_THROW(queue_.run(fail), EngineError);
  EXPECT_EQ(statistics_.of_table(7).items, 0);
}

TEST_F(TableStatisticsTest, CountTheStoreInSlicesWhileWritesGoOn) {
  for (const char* id : {"a", "b", "c", "d"}) store(id);
  statistics_.begin_count();
  bool more = true;
  queue_.run([&](Txn& txn) { more = statistics_.count_slice(txn, 2); });
  EXPECT_TRUE(more);
  EXPECT_EQ(statistics_.of_table(7).items, 2);
  // Each new row is counted once, whether the count has passed its place or not.
  for (const char* id : {"e", "f", "g", "h"}) {
    store(id);
    queue_.run([&](Txn& txn) { statistics_.add(txn, key(id), {.items = 1, .bytes = 3}); });
  }
  while (more) queue_.run([&](Txn& txn) { more = statistics_.count_slice(txn, 2); });
  EXPECT_EQ(statistics_.of_table(7).items, 8);
  EXPECT_EQ(statistics_.of_table(7).bytes, 8 * 3);
}

}  // namespace
}  // namespace tailrace
