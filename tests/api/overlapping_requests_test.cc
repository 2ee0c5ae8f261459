// --transaction-conflicts and --eventual-consistency: what real concurrency does on AWS, provoked
// at will.
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

class Overlapping : public testing::Test {
 protected:
  explicit Overlapping(ops::WorldOptions world) : app({.world = world, .streams = {}}) {
    TableSchema schema;
    schema.name.name = "tab";
    schema.keys = {.hash = {{"pk", AttributeType::kS}}, .range = {}};
    app.create_table(std::move(schema));
  }

  Answer put(std::string_view key, int value) {
    return app.call("PutItem", str_cat(R"({"TableName":"tab","Item":{"pk":{"S":")", key,
                                       R"("},"v":{"N":")", value, R"("}}})"));
  }
  Answer transact_put(std::string_view key) {
    return app.call(
        "TransactWriteItems",
        str_cat(R"({"TransactItems":[{"Put":{"TableName":"tab","Item":{"pk":{"S":")", key,
                R"("}}}},{"Put":{"TableName":"tab","Item":{"pk":{"S":"other-)", key, R"("}}}}]})"));
  }
  Answer transact_get(std::string_view key) {
    return app.call("TransactGetItems",
                    str_cat(R"({"TransactItems":[{"Get":{"TableName":"tab","Key":{"pk":{"S":")", key,
                            R"("}}}}]})"));
  }
  std::string get(std::string_view key, std::string_view more = "") {
    return app
        .call("GetItem",
              str_cat(R"({"TableName":"tab","Key":{"pk":{"S":")", key, R"("}})", more, "}"))
        .at("/Item/v/N");
  }

  TestApp app;
};

class WithConflicts : public Overlapping {
 protected:
  WithConflicts() : Overlapping({.transaction_conflict_window = Millis(100)}) {}
};

TEST_F(WithConflicts, AWriteToAnItemOfATransactionIsRefusedWithinTheWindow) {
  ASSERT_TRUE(transact_put("a").ok());
  EXPECT_EQ(put("a", 1).error(),
            "TransactionConflictException: Transaction is ongoing for the item");
  EXPECT_TRUE(put("b", 1).ok());
  app.advance(Millis(100));
  EXPECT_TRUE(put("a", 1).ok());
}

TEST_F(WithConflicts, ASecondTransactionIsCancelledWithTheReasonAtItsPlace) {
  ASSERT_TRUE(transact_put("a").ok());
  const Answer cancelled = transact_put("a");
  EXPECT_EQ(cancelled.error(),
            "TransactionCanceledException: Transaction cancelled, please refer cancellation "
            "reasons for specific reasons "
            "[TransactionConflict, TransactionConflict]");
  EXPECT_EQ(cancelled.string_at("/CancellationReasons/0/Message"),
            "Transaction is ongoing for the item");
}

TEST_F(WithConflicts, ATransactionalReadConflictsWithWrites) {
  ASSERT_TRUE(put("a", 1).ok());
  EXPECT_EQ(transact_get("a").string_at("/CancellationReasons/0/Code"), "TransactionConflict");
  app.advance(Millis(100));
  EXPECT_TRUE(transact_get("a").ok());
}

TEST_F(WithConflicts, ATransactionDoesNotMindEarlierSingleWrites) {
  ASSERT_TRUE(put("a", 1).ok());
  EXPECT_TRUE(transact_put("a").ok());
}

TEST_F(WithConflicts, ABatchLeavesHeldItemsUnprocessed) {
  ASSERT_TRUE(transact_put("a").ok());
  const Answer answer = app.call(
      "BatchWriteItem",
      R"({"RequestItems":{"tab":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}},{"PutRequest":{"Item":{"pk":{"S":"b"}}}}]}})");
  EXPECT_EQ(answer.at("/UnprocessedItems"), R"({"tab":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]})");
}

class Eventual : public Overlapping {
 protected:
  Eventual()
      : Overlapping({.eventual_chance = 1, .eventual_lag = Millis(200), .eventual_seed = 7}) {}
};

TEST_F(Eventual, ReadsSeeTheStateOfTheLagAgoUnlessTheyAskForConsistency) {
  put("a", 1);
  EXPECT_EQ(get("a"), "(nothing)");
  EXPECT_EQ(get("a", R"(,"ConsistentRead":true)"), "\"1\"");
  app.advance(Millis(200));
  EXPECT_EQ(get("a"), "\"1\"");
  put("a", 2);
  app.advance(Millis(100));
  put("a", 3);
  EXPECT_EQ(get("a"), "\"1\"");
  app.advance(Millis(100));
  EXPECT_EQ(get("a"), "\"2\"");
  app.advance(Millis(100));
  EXPECT_EQ(get("a"), "\"3\"");
}

TEST_F(Eventual, ScansMissNewItemsAndStillSeeDeletedOnes) {
  put("a", 1);
  put("b", 1);
  app.advance(Millis(200));
  app.call("DeleteItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}}})");
  put("c", 1);
  put("b", 2);
  const Answer stale = app.call("Scan", R"({"TableName":"tab"})");
  EXPECT_EQ(stale.number_at("/Count"), 2);
  EXPECT_EQ(stale.text().find("\"2\""), std::string::npos);
  const Answer strong = app.call("Scan", R"({"TableName":"tab","ConsistentRead":true})");
  EXPECT_EQ(strong.number_at("/Count"), 2);
  EXPECT_NE(strong.text().find("\"2\""), std::string::npos);
}

TEST(Serialized, RequestsNeverConflictByDefault) {
  TestApp app;
  TableSchema schema;
  schema.name.name = "tab";
  schema.keys = {.hash = {{"pk", AttributeType::kS}}, .range = {}};
  app.create_table(std::move(schema));
  const auto transact = [&] {
    return app.call("TransactWriteItems",
                    R"({"TransactItems":[{"Put":{"TableName":"tab","Item":{"pk":{"S":"a"}}}}]})");
  };
  EXPECT_TRUE(transact().ok());
  EXPECT_TRUE(transact().ok());
}

}  // namespace
}  // namespace tailrace
