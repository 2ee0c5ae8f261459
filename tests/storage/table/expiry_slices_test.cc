#include "storage/table/expiry_slices.h"

#include "tests/storage/table/table_fixture.h"

namespace tailrace {
namespace {

class ExpirySlicesTest : public TableFixture {
 protected:
  void set_ttl(const std::string& attribute) {
    TableSchema schema = things_schema();
    schema.ttl_attribute = attribute;
    put_schema(schema);
  }
  void put_expiring(const std::string& id, const std::string& seconds) {
    put(attributes({{"id", text(id)}, {"ttl", number(seconds)}}));
  }
  ExpiryPass expire(const ExpiryPass& pass, std::size_t rows_max) {
    ExpiryPass result;
    queue_.run([&](Txn& txn) { result = expire_slice(txn, catalog_, writer_, pass, rows_max); });
    return result;
  }
};

TEST_F(ExpirySlicesTest, GoOnWhereTheLastOneStopped) {
  set_ttl("ttl");
  for (const char* id : {"a", "b", "c"}) put_expiring(id, "1000");
  put_expiring("later", "2000");
  ExpiryPass pass = expire({.now = from_millis(1'000'000)}, 2);
  EXPECT_FALSE(pass.complete);
  EXPECT_EQ(pass.expired, 2U);
  pass = expire(pass, 2);
  EXPECT_TRUE(pass.complete);
  EXPECT_EQ(pass.expired, 3U);
  EXPECT_EQ(pass.next_due, from_millis(2'000'000));
}

TEST_F(ExpirySlicesTest, KeepAnItemWhoseRowIsOutOfDate) {
  set_ttl("ttl");
  put_expiring("a", "1000");
  set_ttl("another attribute");
  const ExpiryPass pass = expire({.now = from_millis(1'500'000)}, 10);
  EXPECT_TRUE(pass.complete);
  EXPECT_EQ(pass.expired, 0U);
  EXPECT_TRUE(has_item("a"));
  EXPECT_EQ(expiry_rows(), 0U);
}

TEST_F(ExpirySlicesTest, CountTheirItemsOnceWhenTheGroupRunsAgain) {
  set_ttl("ttl");
  for (const char* id : {"a", "b", "c"}) put_expiring(id, "1000");
  ExpiryPass pass = {.now = from_millis(1'000'000)};
  faults_->fail_commit = 1;
  queue_.submit(
      [&](Txn&) {
        queue_.submit([](Txn& txn) { txn.put("other", "job"); }, nullptr);
        queue_.submit([&, before = pass](
                          Txn& txn) { pass = expire_slice(txn, catalog_, writer_, before, 10); },
                      nullptr);
      },
      nullptr);
  EXPECT_EQ(pass.expired, 3U);
  EXPECT_EQ(writer_.statistics().of_table(1).items, 0);
}

}  // namespace
}  // namespace tailrace
