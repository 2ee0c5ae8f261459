#include "storage/table/catalog.h"

#include "tests/storage/table/table_fixture.h"

namespace tailrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CatalogTest : public TableFixture {
 protected:
  TableSchema named(std::uint64_t id, std::string account, std::string region, std::string name) {
    TableSchema schema = things_schema(id);
    schema.name = {.owner = {.account = std::move(account), .region = std::move(region)},
                   .name = std::move(name)};
    return schema;
  }
  std::vector<std::string> names(const Catalog& catalog, const Owner& owner) {
    std::vector<std::string> found;
    for (const TablePtr& table : catalog.list(owner)) found.push_back(table->name.name);
    return found;
  }
};

TEST_F(CatalogTest, ListsTheTablesOfOneOwnerInOrderOfNames) {
  put_schema(named(1, "1", "a", "zebra"));
  put_schema(named(2, "1", "a", "Ant"));
  put_schema(named(3, "1", "b", "other region"));
  put_schema(named(4, "2", "a", "other account"));
  EXPECT_THAT(names(catalog_, {.account = "1", .region = "a"}), ElementsAre("Ant", "zebra"));
  EXPECT_THAT(names(catalog_, {.account = "3", .region = "a"}), IsEmpty());
  EXPECT_EQ(catalog_.all().size(), 4U);
}

TEST_F(CatalogTest, LoadsWhatWasStored) {
  put_schema(named(1, "1", "a", "one"));
  put_schema(named(2, "1", "a", "two"));
  Catalog loaded;
  queue_.run([&](Txn& txn) { loaded.load(txn); });
  EXPECT_THAT(names(loaded, {.account = "1", .region = "a"}), ElementsAre("one", "two"));
  ASSERT_NE(loaded.find(2), nullptr);
  EXPECT_EQ(loaded.find(2)->name.name, "two");
}

TEST_F(CatalogTest, ReplacesASchemaButLeavesReadersTheirs) {
  put_schema(things_schema());
  const TablePtr old = things();
  TableSchema changed = *old;
  changed.deletion_protection = true;
  put_schema(changed);
  EXPECT_FALSE(old->deletion_protection);
  EXPECT_TRUE(things()->deletion_protection);
  EXPECT_TRUE(catalog_.find(1)->deletion_protection);
}

TEST_F(CatalogTest, ForgetsAnErasedTable) {
  put_schema(things_schema());
  queue_.run([&](Txn& txn) { catalog_.erase(txn, things_schema().name); });
  EXPECT_EQ(things(), nullptr);
  EXPECT_EQ(catalog_.find(1), nullptr);
  Catalog loaded;
  queue_.run([&](Txn& txn) { loaded.load(txn); });
  EXPECT_THAT(loaded.all(), IsEmpty());
}

TEST_F(CatalogTest, ChangesNothingWhenTheJobIsRolledBack) {
  put_schema(things_schema());
  const TablePtr before = things();
  faults_->fail_commit = 1;
  EXPECT_THROW(queue_.run([&](Txn& txn) {
    TableSchema changed = *before;
    changed.deletion_protection = true;
    catalog_.put(txn, changed);
    catalog_.put(txn, named(2, "1", "a", "new"));
    catalog_.erase(txn, before->name);
  }),
               EngineError);
  EXPECT_EQ(things(), before);
  EXPECT_EQ(catalog_.find(1), before);
  EXPECT_EQ(catalog_.find(2), nullptr);
  EXPECT_EQ(catalog_.all().size(), 1U);
}

TEST_F(CatalogTest, RefusesItemOperationsOnTablesThatAreNotThereYetOrAnyMore) {
  const TableName name = things_schema().name;
  const auto message = [&] {
    const auto found = catalog_.require(name);
    return found ? std::string() : found.error().message;
  };
  EXPECT_EQ(message(), "Requested resource not found");
  EXPECT_EQ(catalog_.require(name).error().code, ErrorCode::kResourceNotFoundException);
  const std::pair<TableStatus, std::string> kCases[] = {
      {TableStatus::kCreating, "Requested resource not found"},
      {TableStatus::kDeleting, "Requested resource not found"},
      {TableStatus::kUpdating, ""},
      {TableStatus::kActive, ""},
  };
  for (const auto& [status, expected] : kCases) {
    TableSchema schema = things_schema();
    schema.status = status;
    put_schema(schema);
    EXPECT_EQ(message(), expected) << status_name(status);
    EXPECT_TRUE(catalog_.require_described(name).has_value()) << status_name(status);
  }
}

TEST_F(CatalogTest, NamesTheTableThatATableOperationMisses) {
  const auto found = catalog_.require_described(things_schema().name);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kResourceNotFoundException);
  EXPECT_EQ(found.error().message, "Requested resource not found: Table: things not found");
}

TEST_F(CatalogTest, NeverGivesATableIdTwice) {
  std::uint64_t first = 0, second = 0, third = 0;
  queue_.run([&](Txn& txn) {
    first = catalog_.next_table_id(txn);
    second = catalog_.next_table_id(txn);
  });
  Catalog other;
  queue_.run([&](Txn& txn) {
    other.load(txn);
    third = other.next_table_id(txn);
  });
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(CatalogTest, TellsOfWorkAfterTheCommitOnly) {
  int told = 0;
  catalog_.on_work([&] { ++told; });
  put_schema(things_schema());
  EXPECT_EQ(told, 0);
  const auto erase_things = [&](Txn& txn) {
    catalog_.erase(txn, things_schema().name);
    EXPECT_EQ(told, 0);
  };
  faults_->fail_commit = 1;
  EXPECT_THROW(queue_.run(erase_things), EngineError);
  EXPECT_EQ(told, 0);
  queue_.run(erase_things);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace tailrace
