// TransactWriteItems and TransactGetItems.
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

class Transactions : public testing::Test {
 protected:
  Transactions() { create_tables(app); }
  static void create_tables(TestApp& app) {
    app.create_table(hash_table("tab"));
    app.create_table(range_table("rng"));
  }
  Answer write(std::string_view actions, std::string_view members = "") {
    return app.call("TransactWriteItems",
                    str_cat(R"({"TransactItems":[)", actions, "]", members, "}"));
  }
  Answer get(std::string_view actions, std::string_view members = "") {
    return app.call("TransactGetItems",
                    str_cat(R"({"TransactItems":[)", actions, "]", members, "}"));
  }
  std::string item(std::string_view pk) {
    return app
        .expect_ok("GetItem", str_cat(R"({"TableName":"tab","Key":{"pk":{"S":")", pk, R"("}}})"))
        .at("/Item");
  }
  TestApp app;
};

std::string put(std::string_view pk, std::string_view members = "") {
  return str_cat(R"({"Put":{"TableName":"tab","Item":{"pk":{"S":")", pk, R"("}})", members, "}}");
}
std::string update(std::string_view pk, std::string_view members) {
  return str_cat(R"({"Update":{"TableName":"tab","Key":{"pk":{"S":")", pk, R"("}},)", members, "}}");
}
std::string check(std::string_view pk, std::string_view condition) {
  return str_cat(R"({"ConditionCheck":{"TableName":"tab","Key":{"pk":{"S":")", pk,
                 R"("}},"ConditionExpression":")", condition, "\"}}");
}
std::string read(std::string_view pk, std::string_view members = "") {
  return str_cat(R"({"Get":{"TableName":"tab","Key":{"pk":{"S":")", pk, R"("}})", members, "}}");
}

constexpr std::string_view kAddOne =
    R"("UpdateExpression":"ADD n :o","ExpressionAttributeValues":{":o":{"N":"1"}})";

TEST_F(Transactions, WriteAllActions) {
  app.expect_ok("PutItem", R"({"TableName":"tab","Item":{"pk":{"S":"d"}}})");
  EXPECT_EQ(write(str_cat(put("p"), ",", update("u", kAddOne),
                          R"(,{"Delete":{"TableName":"tab","Key":{"pk":{"S":"d"}}}},)",
                          check("c", "attribute_not_exists(pk)")))
                .text(),
            "{}");
  EXPECT_EQ(item("p"), R"({"pk":{"S":"p"}})");
  EXPECT_EQ(item("u"), R"({"n":{"N":"1"},"pk":{"S":"u"}})");
  EXPECT_EQ(item("d"), "(nothing)");
}

TEST_F(Transactions, WriteNothingWhenOneConditionFails) {
  app.expect_ok("PutItem", R"({"TableName":"tab","Item":{"pk":{"S":"x"}}})");
  constexpr std::string_view kIfNew =
      R"~(,"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD")~";
  const Answer answer =
      write(str_cat(put("a"), ",", put("x", kIfNew), ",", check("c", "attribute_exists(pk)")));
  EXPECT_EQ(
      answer.text(),
      R"({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed]","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Item":{"pk":{"S":"x"}},"Message":"The conditional request failed"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}]})");
  EXPECT_EQ(item("a"), "(nothing)");
}

TEST_F(Transactions, CancelForTheFirstActionThatDoesNotFitItsTable) {
  const Answer answer = write(str_cat(
      check("c", "attribute_exists(pk)"),
      R"(,{"Put":{"TableName":"rng","Item":{"pk":{"S":"a"}}}},{"Delete":{"TableName":"rng","Key":{}}})"));
  EXPECT_EQ(
      answer.at("/CancellationReasons"),
      R"([{"Code":"None"},{"Code":"ValidationError","Message":"One or more parameter values were invalid: Missing the key sk in the item"},{"Code":"None"}])");
}

TEST_F(Transactions, CancelForDataErrorsOfUpdates) {
  EXPECT_EQ(
      write(str_cat(put("a"), ",", update("b", R"("UpdateExpression":"SET x = y")")))
          .at("/CancellationReasons/1"),
      R"({"Code":"ValidationError","Message":"The provided expression refers to an attribute that does not exist in the item"})");
  EXPECT_EQ(item("a"), "(nothing)");
}

TEST_F(Transactions, AreRefusedAsAWhole) {
  const std::pair<std::string, std::string_view> cases[] = {
      {str_cat(put("a"), ",", check("a", "attribute_exists(pk)")),
       "ValidationException: Transaction request cannot include multiple operations on one item"},
      {R"({"Put":{"TableName":"missing","Item":{"pk":{"S":"a"}}}})",
       "ResourceNotFoundException: Requested resource not found"},
      {put(""),
       "ValidationException: One or more parameter values are not valid. The AttributeValue for a "
       "key attribute cannot contain an empty string value. Key: pk"},
      {"{}",
       "ValidationException: Invalid Request: TransactWriteRequest should contain Delete or Put or "
       "Update request"},
      {R"({"Put":{"TableName":"tab","Item":{}},"Delete":{"TableName":"tab","Key":{}}})",
       "ValidationException: TransactItems can only contain one of Check, Put, Update or Delete"},
      {update("a", R"("UpdateExpression":"SET a")"),
       "ValidationException: Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: "
       "\"a\""},
      {str_cat(R"({"Put":{"TableName":"tab","Item":{"pk":{"S":"a"},"x":{"S":")",
               std::string(409'600, 'x'), R"("}}}})"),
       "ValidationException: Item size has exceeded the maximum allowed size"},
  };
  for (const auto& [actions, error] : cases)
    EXPECT_EQ(write(actions).error(), error) << actions.substr(0, 200);
}

TEST_F(Transactions, AreNotExecutedAgainForTenMinutes) {
  constexpr std::string_view kToken =
      R"(,"ClientRequestToken":"token","ReturnConsumedCapacity":"TOTAL")";
  EXPECT_EQ(
      write(update("a", kAddOne), kToken).text(),
      R"({"ConsumedCapacity":[{"TableName":"tab","WriteCapacityUnits":2.0,"CapacityUnits":2.0}]})");
  EXPECT_EQ(
      write(update("a", kAddOne), kToken).text(),
      R"({"ConsumedCapacity":[{"TableName":"tab","ReadCapacityUnits":2.0,"CapacityUnits":2.0}]})");
  EXPECT_EQ(item("a"), R"({"n":{"N":"1"},"pk":{"S":"a"}})");
  EXPECT_TRUE(write(update("b", kAddOne), kToken)
                  .error()
                  .starts_with("IdempotentParameterMismatchException: "));
  app.advance(std::chrono::minutes(10));
  EXPECT_TRUE(write(update("a", kAddOne), kToken).ok());
  EXPECT_EQ(item("a"), R"({"n":{"N":"2"},"pk":{"S":"a"}})");
}

TEST_F(Transactions, AreTheSameInAnotherOrderOfMembers) {
  constexpr std::string_view kToken = R"(,"ClientRequestToken":"token")";
  const std::string once =
      R"({"Put":{"Item":{"pk":{"S":"a"},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}},"TableName":"tab"}})";
  const std::string again = R"({"Delete":null,"Put":{"TableName":"tab",)"
                            R"("Item":{"m":{"M":{"y":{"N":"2"},"x":{"N":"1"}}},"pk":{"S":"a"}}}})";
  EXPECT_TRUE(write(once, kToken).ok());
  EXPECT_TRUE(write(again, kToken).ok());
  EXPECT_TRUE(write(str_cat(put("b"), ",", put("c")), R"(,"ClientRequestToken":"two")").ok());
  EXPECT_TRUE(write(str_cat(put("c"), ",", put("b")), R"(,"ClientRequestToken":"two")")
                  .error()
                  .starts_with("IdempotentParameterMismatchException: "));
}

TEST_F(Transactions, IgnoreWhatNestsWithoutEnd) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string action =
      str_cat(R"({"Put":{"TableName":"tab","Item":{"pk":{"S":"a"}}},"Unknown":)", deep, "}");
  EXPECT_TRUE(write(action, R"(,"ClientRequestToken":"token")").ok());
}

TEST_F(Transactions, ForgetTokensThatAreOver) {
  for (int i = 0; i < 50; ++i) write(put("a"), str_cat(R"(,"ClientRequestToken":"t)", i, "\""));
  app.advance(std::chrono::minutes(10));
  for (int i = 50; i < 100; ++i) write(put("a"), str_cat(R"(,"ClientRequestToken":"a)", i, "\""));
  int rows = 0;
  app.store.queue.run([&](Txn& txn) {
    const auto range = keys::prefix_range(keys::tokens_prefix());
    for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
         cursor->next())
      ++rows;
  });
  EXPECT_EQ(rows, 50);
}

TEST_F(Transactions, ReadAllItemsAtOnePoint) {
  app.expect_ok("PutItem", R"({"TableName":"tab","Item":{"pk":{"S":"a"},"x":{"N":"1"}}})");
  EXPECT_EQ(get(str_cat(read("a"), ",", read("b"))).text(),
            R"({"Responses":[{"Item":{"pk":{"S":"a"},"x":{"N":"1"}}},{}]})");
  EXPECT_EQ(
      get(read("a", R"(,"ProjectionExpression":"y")"), R"(,"ReturnConsumedCapacity":"TOTAL")")
          .text(),
      R"({"Responses":[{}],"ConsumedCapacity":[{"TableName":"tab","ReadCapacityUnits":2.0,"CapacityUnits":2.0}]})");
}

TEST_F(Transactions, CancelReadsOfBadKeys) {
  EXPECT_EQ(
      get(str_cat(read("a"), R"(,{"Get":{"TableName":"tab","Key":{}}})")).at("/CancellationReasons"),
      R"([{"Code":"None"},{"Code":"ValidationError","Message":"The provided key element does not match the schema"}])");
  EXPECT_EQ(get(str_cat(read("a"), ",", read("a"))).error(),
            "ValidationException: Transaction request cannot include multiple operations on one "
            "item");
}

}  // namespace
}  // namespace tailrace
