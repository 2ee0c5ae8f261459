// The contract of StorageEngine: every engine passes the same tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/storage/engine/map_engine.h"
#include "tests/storage/engine/temp_directory.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Row = std::pair<std::string, std::string>;

enum class EngineKind { kMap, kMemory, kDisk, kDiskPowerLoss };

std::string kind_name(const ::testing::TestParamInfo<EngineKind>& info) {
  switch (info.param) {
    case EngineKind::kMap:
      return "Map";
    case EngineKind::kMemory:
      return "SqliteMemory";
    case EngineKind::kDisk:
      return "SqliteDisk";
    case EngineKind::kDiskPowerLoss:
      return "SqliteDiskPowerLoss";
  }
  return {};
}

class EngineConformance : public ::testing::TestWithParam<EngineKind> {
 protected:
  std::unique_ptr<StorageEngine> open_another(const std::filesystem::path& directory) {
    switch (GetParam()) {
      case EngineKind::kMap:
        return std::make_unique<MapEngine>();
      case EngineKind::kMemory:
        return open_sqlite({});
      case EngineKind::kDisk:
        return open_sqlite({.directory = directory});
      case EngineKind::kDiskPowerLoss:
        return open_sqlite({.directory = directory, .durability = Durability::kPowerLoss});
    }
    return nullptr;
  }

  void put_all(const std::vector<Row>& rows) {
    engine_->begin();
    for (const auto& [key, value] : rows) engine_->put(key, value);
    engine_->commit();
  }

  std::vector<Row> rows(StorageEngine& engine, Bytes begin, Bytes end, Order order) {
    std::vector<Row> found;
    for (auto row = engine.scan(begin, end, order); row->valid(); row->next()) {
      found.emplace_back(row->key(), row->value());
    }
    return found;
  }
  std::vector<std::string> keys(Bytes begin, Bytes end, Order order = Order::kAscending) {
    std::vector<std::string> found;
    for (const Row& row : rows(*engine_, begin, end, order)) found.push_back(row.first);
    return found;
  }
  std::vector<Row> all() { return rows(*engine_, {}, {}, Order::kAscending); }

  TempDirectory directory_;
  std::unique_ptr<StorageEngine> engine_ = open_another(directory_.path());
};

TEST_P(EngineConformance, FindsNothingInAnEmptyStore) {
  Buffer value;
  EXPECT_FALSE(engine_->get("a", value));
  EXPECT_THAT(all(), IsEmpty());
}

TEST_P(EngineConformance, ReturnsWhatWasPut) {
  put_all({{"a", "1"}});
  Buffer value = "old content";
  ASSERT_TRUE(engine_->get("a", value));
  EXPECT_EQ(value, "1");
}

TEST_P(EngineConformance, ReplacesAValue) {
  put_all({{"a", "1"}, {"b", "2"}});
  put_all({{"a", std::string(3000, 'x')}});
  put_all({{"a", "3"}});
  EXPECT_THAT(all(), ElementsAre(Row("a", "3"), Row("b", "2")));
}

TEST_P(EngineConformance, KeepsAnyBytesAndEmptyValues) {
  const std::string zeros("\0k\0", 3);
  const std::string value("\xff\0\x01", 3);
  put_all({{zeros, value}, {"\xff\xff", ""}});
  EXPECT_THAT(all(), ElementsAre(Row(zeros, value), Row("\xff\xff", "")));
  Buffer read = "x";
  ASSERT_TRUE(engine_->get("\xff\xff", read));
  EXPECT_EQ(read, "");
}

TEST_P(EngineConformance, KeepsValuesOfManyPages) {
  const std::string large(700'000, 'v');
  put_all({{"large", large}, {"small", "s"}});
  EXPECT_THAT(all(), ElementsAre(Row("large", large), Row("small", "s")));
}

TEST_P(EngineConformance, ErasesARowAndIgnoresAMissingOne) {
  put_all({{"a", "1"}, {"b", "2"}});
  engine_->begin();
  engine_->erase("a");
  engine_->erase("nothing");
  engine_->commit();
  EXPECT_THAT(all(), ElementsAre(Row("b", "2")));
}

TEST_P(EngineConformance, SeesItsOwnWritesBeforeTheCommit) {
  engine_->begin();
  engine_->put("a", "1");
  Buffer value;
  EXPECT_TRUE(engine_->get("a", value));
  EXPECT_THAT(keys({}, {}), ElementsAre("a"));
  engine_->erase("a");
  EXPECT_FALSE(engine_->get("a", value));
  engine_->commit();
}

TEST_P(EngineConformance, RollbackPutsEverythingBack) {
  put_all({{"a", "1"}, {"b", "2"}});
  engine_->begin();
  engine_->put("a", "changed");
  engine_->put("c", "new");
  engine_->erase("b");
  engine_->rollback();
  EXPECT_THAT(all(), ElementsAre(Row("a", "1"), Row("b", "2")));
}

TEST_P(EngineConformance, FindsARowThatTookThePlaceOfAnother) {
  Buffer value;
  for (const Row& row : {Row("a", "1"), Row("b", "2"), Row("a", "3")}) {
    put_all({row});
    ASSERT_TRUE(engine_->get(row.first, value));
    EXPECT_EQ(value, row.second);
    engine_->begin();
    engine_->erase(row.first);
    engine_->commit();
    EXPECT_FALSE(engine_->get(row.first, value));
  }
}

TEST_P(EngineConformance, IsUsableAfterARollback) {
  engine_->begin();
  engine_->put("a", "1");
  engine_->rollback();
  put_all({{"b", "2"}});
  EXPECT_THAT(all(), ElementsAre(Row("b", "2")));
}

TEST_P(EngineConformance, RollbackPutsBackMoreThanACacheHolds) {
  const std::string old_value(1000, 'o');
  std::vector<Row> before;
  for (int i = 1000; i < 5000; ++i) before.emplace_back(std::to_string(i), old_value);
  put_all(before);
  engine_->begin();
  for (int round = 0; round < 2; ++round)
    for (int i = 1000; i < 9000; ++i)
      engine_->put(std::to_string(i), std::string(1200, static_cast<char>('a' + round)));
  for (int i = 1000; i < 3000; ++i) engine_->erase(std::to_string(i));
  engine_->rollback();
  EXPECT_EQ(all(), before);
  put_all({{"1000", "new"}});
  Buffer value;
  ASSERT_TRUE(engine_->get("1000", value));
  EXPECT_EQ(value, "new");
  ASSERT_TRUE(engine_->get("4999", value));
  EXPECT_EQ(value, old_value);
}

TEST_P(EngineConformance, LetsACursorDieAfterARollback) {
  put_all({{"a", "1"}, {"b", "2"}});
  engine_->begin();
  engine_->put("c", "3");
  auto row = engine_->scan({}, {}, Order::kAscending);
  engine_->rollback();
  row.reset();
  put_all({{"d", "4"}});
  EXPECT_THAT(all(), ElementsAre(Row("a", "1"), Row("b", "2"), Row("d", "4")));
}

TEST_P(EngineConformance, ScansHalfOpenRangesBothWays) {
  put_all({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  EXPECT_THAT(keys("b", "d"), ElementsAre("b", "c"));
  EXPECT_THAT(keys("b", "d", Order::kDescending), ElementsAre("c", "b"));
  EXPECT_THAT(keys("b", {}), ElementsAre("b", "c", "d"));
  EXPECT_THAT(keys("b", {}, Order::kDescending), ElementsAre("d", "c", "b"));
  EXPECT_THAT(keys({}, "c", Order::kDescending), ElementsAre("b", "a"));
  EXPECT_THAT(keys("aa", "bb"), ElementsAre("b"));
  EXPECT_THAT(keys("x", {}), IsEmpty());
  EXPECT_THAT(keys("c", "b"), IsEmpty());
  EXPECT_THAT(keys("b", "b"), IsEmpty());
  EXPECT_THAT(keys("c", "b", Order::kDescending), IsEmpty());
}

TEST_P(EngineConformance, OrdersKeysByUnsignedBytes) {
  const std::string zero("\0", 1);
  put_all({{"\xff", ""}, {"\x7f", ""}, {"\x80", ""}, {"a", ""}, {"a" + zero, ""}, {zero, ""}});
  EXPECT_THAT(keys({}, {}), ElementsAre(zero, "a", "a" + zero, "\x7f", "\x80", "\xff"));
}

TEST_P(EngineConformance, KeepsSeveralCursorsApart) {
  put_all({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto outer = engine_->scan("a", {}, Order::kAscending);
  std::vector<std::string> pairs;
  for (; outer->valid(); outer->next()) {
    for (auto inner = engine_->scan("b", {}, Order::kAscending); inner->valid(); inner->next()) {
      pairs.push_back(std::string(outer->key()) + std::string(inner->key()));
    }
  }
  EXPECT_THAT(pairs, ElementsAre("ab", "ac", "bb", "bc", "cb", "cc"));
}

TEST_P(EngineConformance, LetsACursorDieAfterWritesAndCommits) {
  put_all({{"a", "1"}, {"b", "2"}});
  auto before = engine_->scan({}, {}, Order::kAscending);
  engine_->begin();
  engine_->put("a", "2");
  auto within = engine_->scan({}, {}, Order::kAscending);
  engine_->erase("b");
  engine_->commit();
  before.reset();
  auto rolled_back = engine_->scan({}, {}, Order::kAscending);
  engine_->begin();
  engine_->put("c", "3");
  engine_->rollback();
  within.reset();
  rolled_back.reset();
  EXPECT_THAT(all(), ElementsAre(Row("a", "2")));
}

TEST_P(EngineConformance, DoesNotNeedTheBytesOfARangeAfterScan) {
  put_all({{"range begin 1", "1"}, {"range begin 2", "2"}, {"range end", "3"}});
  std::string begin = "range begin";
  std::string end = "range end";
  const auto row = engine_->scan(begin, end, Order::kAscending);
  begin.assign(begin.size(), 'z');
  end.assign(end.size(), 'a');
  ASSERT_TRUE(row->valid());
  row->next();
  ASSERT_TRUE(row->valid());
  EXPECT_EQ(row->key(), "range begin 2");
  row->next();
  EXPECT_FALSE(row->valid());
}

TEST_P(EngineConformance, CopiesItsRowsOverThoseOfAnother) {
  put_all({{"a", "1"}, {"b", std::string(9000, 'b')}});
  TempDirectory other_directory;
  const auto other = open_another(other_directory.path());
  other->begin();
  other->put("gone", "x");
  other->commit();
  engine_->copy_to(*other);
  EXPECT_EQ(rows(*other, {}, {}, Order::kAscending), all());
  other->begin();
  other->put("c", "3");
  other->commit();
  Buffer value;
  EXPECT_TRUE(other->get("c", value));
  EXPECT_FALSE(engine_->get("c", value));
}

TEST_P(EngineConformance, DoesAsTheReferenceDoesInRandomWork) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const auto random_key = [&] {
    std::string key;
    for (int i = pick(4); i >= 0; --i) key += static_cast<char>(pick(2) ? pick(256) : 'a');
    return key;
  };
  MapEngine reference;
  for (int transaction = 0; transaction < 60; ++transaction) {
    engine_->begin();
    reference.begin();
    for (int i = pick(20); i >= 0; --i) {
      const std::string key = random_key();
      if (pick(3) == 0) {
        engine_->erase(key);
        reference.erase(key);
      } else {
        const std::string value(static_cast<std::size_t>(pick(pick(10) == 0 ? 20'000 : 300)), 'v');
        engine_->put(key, value);
        reference.put(key, value);
      }
    }
    if (pick(3) == 0) {
      engine_->rollback();
      reference.rollback();
    } else {
      engine_->commit();
      reference.commit();
    }
    const std::string begin = random_key();
    const std::string end = pick(4) == 0 ? "" : random_key();
    const Order order = pick(2) ? Order::kAscending : Order::kDescending;
    ASSERT_EQ(rows(*engine_, begin, end, order), rows(reference, begin, end, order));
  }
  EXPECT_EQ(all(), rows(reference, {}, {}, Order::kAscending));
}

INSTANTIATE_TEST_SUITE_P(Engines,
                         EngineConformance,
                         ::testing::Values(EngineKind::kMap,
                                           EngineKind::kMemory,
                                           EngineKind::kDisk,
                                           EngineKind::kDiskPowerLoss),
                         kind_name);

}  // namespace
}  // namespace tailrace
