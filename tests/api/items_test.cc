// PutItem, GetItem, UpdateItem, DeleteItem: what they do and return.
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

class Items : public testing::Test {
 protected:
  Items() {
    app.create_table(hash_table("tab"));
    app.create_table(range_table("rng"));
  }
  void put(std::string_view item) {
    app.expect_ok("PutItem", str_cat(R"({"TableName":"tab","Item":)", item, "}"));
  }
  std::string get(std::string_view pk) {
    return app
        .expect_ok("GetItem", str_cat(R"({"TableName":"tab","Key":{"pk":{"S":")", pk, R"("}}})"))
        .at("/Item");
  }
  // Of an item {"pk":"a"}; `members` go on after the key.
  Answer update(std::string_view members) {
    return app.call("UpdateItem",
                    str_cat(R"({"TableName":"tab","Key":{"pk":{"S":"a"}},)", members, "}"));
  }
  TestApp app;
};

TEST_F(Items, AreReturnedAsNormalForms) {
  put(R"({"pk":{"S":"a"},"n":{"N":"1.50E1"},"s":{"SS":["b","a"]},"m":{"M":{"z":{"BOOL":true},"y":{"NULL":true}}}})");
  EXPECT_EQ(
      get("a"),
      R"({"m":{"M":{"y":{"NULL":true},"z":{"BOOL":true}}},"n":{"N":"15"},"pk":{"S":"a"},"s":{"SS":["a","b"]}})");
}

TEST_F(Items, AreReplacedAsAWholeByPutItem) {
  put(R"({"pk":{"S":"a"},"x":{"S":"1"}})");
  put(R"({"pk":{"S":"a"},"y":{"S":"2"}})");
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"},"y":{"S":"2"}})");
}

TEST_F(Items, ThatAreMissingGiveAnEmptyAnswer) {
  EXPECT_EQ(app.expect_ok("GetItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}}})").text(), "{}");
}

TEST_F(Items, AreFoundByTheArnOfTheirTable) {
  put(R"({"pk":{"S":"a"}})");
  EXPECT_EQ(
      app.expect_ok(
             "GetItem",
             R"({"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/tab","Key":{"pk":{"S":"a"}}})")
          .at("/Item"),
      R"({"pk":{"S":"a"}})");
}

// GetItem has no such member, so nothing has checked its shape.
TEST_F(Items, AreReadWithoutLookingAtExpressionAttributeValues) {
  put(R"({"pk":{"S":"a"}})");
  for (const char* values : {R"({":v":{"N":-1}})", R"({":v":{"S":"unused"}})", "[]", "true"}) {
    const std::string key_and_values =
        str_cat(R"("Key":{"pk":{"S":"a"}},"ExpressionAttributeValues":)", values);
    EXPECT_EQ(app.expect_ok("GetItem", str_cat(R"({"TableName":"tab",)", key_and_values, "}")).text(),
              R"({"Item":{"pk":{"S":"a"}}})");
    EXPECT_EQ(app.expect_ok("TransactGetItems",
                            str_cat(R"({"TransactItems":[{"Get":{"TableName":"tab",)", key_and_values,
                                    "}}]}"))
                  .text(),
              R"({"Responses":[{"Item":{"pk":{"S":"a"}}}]})");
    EXPECT_EQ(
        app.expect_ok(
               "BatchGetItem",
               str_cat(
                   R"({"RequestItems":{"tab":{"Keys":[{"pk":{"S":"a"}}],"ExpressionAttributeValues":)",
                   values, "}}}"))
            .at("/Responses/tab"),
        R"([{"pk":{"S":"a"}}])");
  }
}

TEST_F(Items, AreProjected) {
  put(R"({"pk":{"S":"a"},"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"}]},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}})");
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"("ProjectionExpression":"pk")", R"({"pk":{"S":"a"}})"},
      {R"("ProjectionExpression":"m.x, l[2], l[0]")",
       R"({"l":{"L":[{"S":"0"},{"S":"2"}]},"m":{"M":{"x":{"N":"1"}}}})"},
      {R"("ProjectionExpression":"nothing")", "{}"},
      {R"("ProjectionExpression":"#m","ExpressionAttributeNames":{"#m":"m"})",
       R"({"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}})"},
      {R"("AttributesToGet":["pk","nothing"])", R"({"pk":{"S":"a"}})"},
  };
  for (const auto& [members, expected] : cases)
    EXPECT_EQ(app.expect_ok("GetItem",
                            str_cat(R"({"TableName":"tab","Key":{"pk":{"S":"a"}},)", members, "}"))
                  .at("/Item"),
              expected)
        << members;
}

TEST_F(Items, AreReturnedAsTheyWereByPutItem) {
  const std::string body =
      R"({"TableName":"tab","Item":{"pk":{"S":"a"},"x":{"N":"2"}},"ReturnValues":"ALL_OLD"})";
  EXPECT_EQ(app.expect_ok("PutItem", body).text(), "{}");
  EXPECT_EQ(app.expect_ok("PutItem", body).text(),
            R"({"Attributes":{"pk":{"S":"a"},"x":{"N":"2"}}})");
}

TEST_F(Items, AreDeletedOnceAndDeletedAgain) {
  put(R"({"pk":{"S":"a"}})");
  const std::string body = R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"ReturnValues":"ALL_OLD"})";
  EXPECT_EQ(app.expect_ok("DeleteItem", body).text(), R"({"Attributes":{"pk":{"S":"a"}}})");
  EXPECT_EQ(app.expect_ok("DeleteItem", body).text(), "{}");
  EXPECT_EQ(get("a"), "(nothing)");
}

TEST_F(Items, AreCreatedByUpdateItemWithTheirKeyAlone) {
  EXPECT_EQ(update(R"("ReturnValues":"ALL_NEW")").text(), R"({"Attributes":{"pk":{"S":"a"}}})");
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"}})");
}

TEST_F(Items, AreNotCreatedByAnUpdateThatOnlyRemoves) {
  EXPECT_EQ(update(R"("UpdateExpression":"REMOVE x","ReturnValues":"ALL_NEW")").text(), "{}");
  EXPECT_EQ(get("a"), "(nothing)");
}

struct ReturnCase {
  std::string_view return_values;
  std::string_view expected;
};

TEST_F(Items, AreReturnedAsAsked) {
  const ReturnCase cases[] = {
      {"NONE", "{}"},
      {"ALL_OLD", R"({"Attributes":{"m":{"M":{"k":{"N":"1"},"o":{"N":"5"}}},"pk":{"S":"a"}}})"},
      {"ALL_NEW",
       R"({"Attributes":{"m":{"M":{"k":{"N":"2"},"o":{"N":"5"}}},"n":{"S":"x"},"pk":{"S":"a"}}})"},
      {"UPDATED_OLD", R"({"Attributes":{"m":{"M":{"k":{"N":"1"}}}}})"},
      {"UPDATED_NEW", R"({"Attributes":{"m":{"M":{"k":{"N":"2"}}},"n":{"S":"x"}}})"},
  };
  for (const ReturnCase& row : cases) {
    put(R"({"pk":{"S":"a"},"m":{"M":{"k":{"N":"1"},"o":{"N":"5"}}}})");
    EXPECT_EQ(
        update(
            str_cat(
                R"("UpdateExpression":"SET m.k = m.k + :o, n = :x","ExpressionAttributeValues":{":o":{"N":"1"},":x":{"S":"x"}},"ReturnValues":")",
                row.return_values, "\""))
            .text(),
        row.expected)
        << row.return_values;
  }
}

TEST_F(Items, LeaveOutAttributesOfUpdatedNewThatAreGone) {
  put(R"({"pk":{"S":"a"},"x":{"S":"1"}})");
  EXPECT_EQ(update(R"("UpdateExpression":"REMOVE x","ReturnValues":"UPDATED_NEW")").text(), "{}");
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"}})");
}

TEST_F(Items, AreUpdatedByAttributeUpdates) {
  put(R"({"pk":{"S":"a"},"n":{"N":"1"},"s":{"SS":["a","b"]},"gone":{"S":"x"}})");
  EXPECT_EQ(
      update(
          R"("AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"4"}},"s":{"Action":"DELETE","Value":{"SS":["a"]}},"gone":{"Action":"DELETE"},"p":{"Value":{"S":"y"}}},"ReturnValues":"ALL_NEW")")
          .at("/Attributes"),
      R"({"n":{"N":"5"},"p":{"S":"y"},"pk":{"S":"a"},"s":{"SS":["b"]}})");
}

TEST_F(Items, AreCreatedByEmptyAttributeUpdates) {
  EXPECT_TRUE(update(R"("AttributeUpdates":{})").ok());
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"}})");
}

TEST_F(Items, KeepTheirStateWhenAConditionFails) {
  put(R"({"pk":{"S":"a"},"v":{"N":"1"}})");
  const Answer answer = app.call(
      "PutItem",
      R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ConditionExpression":"v = :v","ExpressionAttributeValues":{":v":{"N":"2"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"})");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(
      answer.text(),
      R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed","Item":{"pk":{"S":"a"},"v":{"N":"1"}}})");
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"},"v":{"N":"1"}})");
}

TEST_F(Items, SeeNoKeyOfANewItemInConditions) {
  EXPECT_EQ(
      update(R"~("UpdateExpression":"SET x = pk","ConditionExpression":"attribute_exists(pk)")~")
          .error(),
      "ConditionalCheckFailedException: The conditional request failed");
}

TEST_F(Items, AreExpectedByExpected) {
  put(R"({"pk":{"S":"a"},"v":{"N":"1"}})");
  const std::pair<std::string_view, bool> cases[] = {
      {R"("Expected":{"v":{"Value":{"N":"1"}}})", true},
      {R"("Expected":{"v":{"Value":{"N":"2"}}})", false},
      {R"("Expected":{"w":{"Exists":false}})", true},
      {R"("Expected":{"v":{"Exists":false}})", false},
      {R"("Expected":{"v":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"0"},{"N":"3"}]}})",
       true},
      {R"("Expected":{"v":{"Value":{"N":"2"}},"w":{"ComparisonOperator":"NULL"}},"ConditionalOperator":"OR")",
       true},
      {R"("Expected":{"v":{"Value":{"N":"2"}},"w":{"ComparisonOperator":"NULL"}})", false},
  };
  for (const auto& [members, holds] : cases) EXPECT_EQ(update(members).ok(), holds) << members;
}

TEST_F(Items, AreNotNestedDeeperByAnUpdateThanByAPut) {
  put(R"({"pk":{"S":"a"},"m":{"M":{"m":{"M":{}}}}})");
  std::string value = R"({"S":"deep"})";
  for (int level = 0; level < 29; ++level) value = str_cat(R"({"L":[)", value, "]}");
  const auto nest = [&](std::string_view inner) {
    return update(str_cat(
        R"("UpdateExpression":"SET m.m.x = :v","ExpressionAttributeValues":{":v":)", inner, "}"));
  };
  EXPECT_TRUE(nest(value).ok());
  EXPECT_EQ(nest(str_cat(R"({"L":[)", value, "]}")).error(),
            "ValidationException: Nesting Levels have exceeded supported limits");
}

TEST_F(Items, KeepSetsInOneOrder) {
  put(R"({"pk":{"S":"a"},"s":{"SS":["a","b"]}})");
  put(R"({"pk":{"S":"a"},"s":{"SS":["b","a"]}})");
  EXPECT_EQ(get("a"), R"({"pk":{"S":"a"},"s":{"SS":["a","b"]}})");
}

}  // namespace
}  // namespace tailrace
