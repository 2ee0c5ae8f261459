// Query and Scan: what they find, how they page, what they refuse.
#include <gtest/gtest.h>

#include <set>

#include "storage/base/str_cat.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

class Reads : public testing::Test {
 protected:
  Reads() {
    IndexSchema multi = index_of("multi", IndexKind::kGlobal,
                                 {.hash = {string_key("h1"), string_key("h2")},
                                  .range = {number_key("r1"), string_key("r2")}});
    app.create_table(range_table(
        "rng", {index_of("gsi", IndexKind::kGlobal, {.hash = {string_key("g")}, .range = {}},
                       ProjectionType::kInclude, {"x"}),
              index_of("lsi", IndexKind::kLocal,
                       {.hash = {string_key("pk")}, .range = {string_key("l")}},
                       ProjectionType::kKeysOnly),
              std::move(multi)}));
    app.create_table(hash_table("tab"));
    for (int i = 1; i <= 5; ++i)
      app.expect_ok("PutItem", str_cat(R"({"TableName":"rng","Item":{"pk":{"S":"a"},"sk":{"N":")", i,
                                       R"("},"g":{"S":"g)", i % 2, R"("},"l":{"S":"l)", 9 - i,
                                       R"("},"x":{"N":")", i * 10, R"("},"y":{"S":"y"}}})"));
  }
  Answer query(std::string_view members) {
    return app.call("Query", str_cat(R"({"TableName":"rng",)", members, "}"));
  }
  // Sort keys in the order found: "1 2 3".
  static std::string sort_keys(const Answer& answer) {
    std::string keys;
    if (!answer.ok()) return answer.error();
    for (const json::Value& item : answer.find("/Items")->GetArray())
      str_append(keys, keys.empty() ? "" : " ", json::view(item["sk"]["N"]));
    return keys;
  }
  TestApp app;
};

constexpr std::string_view kPartition =
    R"("KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}})";

std::string ranged(std::string_view condition, std::string_view values) {
  return str_cat(R"("KeyConditionExpression":"pk = :p AND )", condition,
                 R"(","ExpressionAttributeValues":{":p":{"S":"a"},)", values, "}");
}

TEST_F(Reads, ByQueryFollowTheSortKey) {
  const std::pair<std::string, std::string_view> cases[] = {
      {std::string(kPartition), "1 2 3 4 5"},
      {str_cat(kPartition, R"(,"ScanIndexForward":false)"), "5 4 3 2 1"},
      {ranged("sk = :a", R"(":a":{"N":"3"})"), "3"},
      {ranged("sk < :a", R"(":a":{"N":"3"})"), "1 2"},
      {ranged("sk <= :a", R"(":a":{"N":"3"})"), "1 2 3"},
      {ranged("sk > :a", R"(":a":{"N":"3"})"), "4 5"},
      {ranged("sk >= :a", R"(":a":{"N":"3"})"), "3 4 5"},
      {ranged("sk BETWEEN :a AND :b", R"(":a":{"N":"2"},":b":{"N":"4"})"), "2 3 4"},
      {R"("IndexName":"lsi","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}})",
       "5 4 3 2 1"},
      {R"~("IndexName":"lsi","KeyConditionExpression":"pk = :p AND begins_with(l, :l)","ExpressionAttributeValues":{":p":{"S":"a"},":l":{"S":"l8"}})~",
       "1"},
      {R"("IndexName":"gsi","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g0"}})",
       "2 4"},
      {R"("KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]},"sk":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"3"}]}})",
       "4 5"},
      {str_cat(kPartition, R"(,"QueryFilter":{})"),
       "ValidationException: Can not use both expression and non-expression parameters in the same "
       "request: Non-expression parameters: {QueryFilter} Expression parameters: "
       "{KeyConditionExpression}"},
  };
  for (const auto& [members, expected] : cases)
    EXPECT_EQ(sort_keys(query(members)), expected) << members;
}

TEST_F(Reads, FilterWhatTheyHaveEvaluated) {
  const Answer answer = query(
      R"("KeyConditionExpression":"pk = :p","FilterExpression":"x > :x","ExpressionAttributeValues":{":p":{"S":"a"},":x":{"N":"30"}},"Limit":4,"ProjectionExpression":"sk")");
  EXPECT_EQ(
      answer.text(),
      R"({"Items":[{"sk":{"N":"4"}}],"Count":1,"ScannedCount":4,"LastEvaluatedKey":{"pk":{"S":"a"},"sk":{"N":"4"}}})");
}

TEST_F(Reads, CountWithoutItems) {
  EXPECT_EQ(query(str_cat(kPartition, R"(,"Select":"COUNT")")).text(),
            R"({"Count":5,"ScannedCount":5})");
}

TEST_F(Reads, GoOnAfterTheirLastKey) {
  std::string start;
  std::string found;
  for (int page = 0; page < 4; ++page) {
    const Answer answer = query(str_cat(kPartition, R"(,"Limit":2)", start));
    str_append(found, sort_keys(answer), "|");
    const std::string last = answer.at("/LastEvaluatedKey");
    if (last == "(nothing)") break;
    start = str_cat(R"(,"ExclusiveStartKey":)", last);
  }
  EXPECT_EQ(found, "1 2|3 4|5|");
}

TEST_F(Reads, GoOnBackwardsAndInIndexes) {
  EXPECT_EQ(
      sort_keys(query(str_cat(
          kPartition,
          R"(,"ScanIndexForward":false,"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"N":"3"}})"))),
      "2 1");
  const Answer first = query(
      R"("IndexName":"gsi","Limit":1,"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g0"}})");
  EXPECT_EQ(first.at("/LastEvaluatedKey"), R"({"g":{"S":"g0"},"pk":{"S":"a"},"sk":{"N":"2"}})");
  EXPECT_EQ(
      sort_keys(query(str_cat(
          R"("IndexName":"gsi","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g0"}},"ExclusiveStartKey":)",
          first.at("/LastEvaluatedKey")))),
      "4");
}

TEST_F(Reads, EndAPageBeforeItExceedsOneMegabyte) {
  const std::string text(300'000, 'x');
  for (int i = 1; i <= 4; ++i)
    app.expect_ok("PutItem", str_cat(R"({"TableName":"rng","Item":{"pk":{"S":"big"},"sk":{"N":")", i,
                                     R"("},"t":{"S":")", text, R"("}}})"));
  const Answer answer = query(
      R"("KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"big"}},"Select":"COUNT")");
  EXPECT_EQ(answer.text(),
            R"({"Count":3,"ScannedCount":3,"LastEvaluatedKey":{"pk":{"S":"big"},"sk":{"N":"3"}}})");
}

TEST_F(Reads, GiveWhatAnIndexProjects) {
  EXPECT_EQ(
      query(
          R"("IndexName":"gsi","Limit":1,"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g0"}})")
          .at("/Items/0"),
      R"({"g":{"S":"g0"},"pk":{"S":"a"},"sk":{"N":"2"},"x":{"N":"20"}})");
  const std::string local = str_cat(kPartition, R"(,"IndexName":"lsi","Limit":1)");
  EXPECT_EQ(query(local).at("/Items/0"), R"({"l":{"S":"l4"},"pk":{"S":"a"},"sk":{"N":"5"}})");
  EXPECT_EQ(query(str_cat(local, R"(,"ProjectionExpression":"y")")).at("/Items/0"),
            R"({"y":{"S":"y"}})");
  EXPECT_EQ(query(str_cat(local, R"(,"Select":"ALL_ATTRIBUTES")")).at("/Items/0/x"),
            R"({"N":"50"})");
}

TEST_F(Reads, UseKeysOfSeveralAttributes) {
  for (int i = 1; i <= 3; ++i)
    app.expect_ok("PutItem",
                  str_cat(R"({"TableName":"rng","Item":{"pk":{"S":"m"},"sk":{"N":")", i,
                          R"("},"h1":{"S":"a"},"h2":{"S":"b"},"r1":{"N":"1"},"r2":{"S":"r)", 5 - i,
                          R"("}}})"));
  const auto multi = [&](std::string_view condition, std::string_view values) {
    return sort_keys(query(
        str_cat(R"("IndexName":"multi","KeyConditionExpression":")", condition,
                R"(","ExpressionAttributeValues":{":a":{"S":"a"},":b":{"S":"b"})", values, "}")));
  };
  EXPECT_EQ(multi("h1 = :a AND h2 = :b", ""), "3 2 1");
  EXPECT_EQ(
      multi("h1 = :a AND h2 = :b AND r1 = :n AND r2 > :r", R"(,":n":{"N":"1"},":r":{"S":"r2"})"),
      "2 1");
}

struct RefusalCase {
  std::string members;
  std::string_view message;
};

TEST_F(Reads, RefuseWhatAwsRefuses) {
  const RefusalCase cases[] = {
      {R"("Limit":1)",
       "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
       "request."},
      {str_cat(kPartition, R"(,"IndexName":"nope")"),
       "The table does not have the specified index: nope"},
      {R"("IndexName":"gsi","ConsistentRead":true,"KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g0"}})",
       "Consistent reads are not supported on global secondary indexes"},
      {R"("IndexName":"gsi","Select":"ALL_ATTRIBUTES","KeyConditionExpression":"g = :g","ExpressionAttributeValues":{":g":{"S":"g0"}})",
       "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "
       "global secondary index gsi because its projection type is not ALL"},
      {str_cat(kPartition, R"(,"Select":"SPECIFIC_ATTRIBUTES")"),
       "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when "
       "choosing to get SPECIFIC_ATTRIBUTES"},
      {str_cat(kPartition, R"(,"Select":"COUNT","ProjectionExpression":"x")"),
       "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get "
       "only the Count"},
      {str_cat(kPartition, R"(,"Select":"ALL_PROJECTED_ATTRIBUTES")"),
       "1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using "
       "an IndexName"},
      {R"("KeyConditionExpression":"sk = :p","ExpressionAttributeValues":{":p":{"N":"1"}})",
       "Query condition missed key schema element: pk"},
      {str_cat(R"("FilterExpression":"sk = :p",)", kPartition),
       "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"},
      {str_cat(kPartition, R"(,"ExclusiveStartKey":{"pk":{"S":"a"}})"),
       "The provided starting key is invalid"},
      {str_cat(kPartition, R"(,"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"S":"x"}})"),
       "The provided starting key is invalid"},
      {str_cat(kPartition, R"(,"ExclusiveStartKey":{"pk":{"S":""},"sk":{"N":"1"}})"),
       "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
       "contain an empty string value. Key: pk"},
      {str_cat(kPartition, R"(,"ExclusiveStartKey":{"pk":{"S":"b"},"sk":{"N":"1"}})"),
       "The provided starting key is outside query boundaries based on provided conditions"},
      {str_cat(ranged("sk < :a", R"(":a":{"N":"3"})"),
               R"(,"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"N":"4"}})"),
       "The provided starting key does not match the range key predicate"},
  };
  for (const RefusalCase& row : cases)
    EXPECT_EQ(query(row.members).error(), str_cat("ValidationException: ", row.message))
        << row.members;
}

TEST_F(Reads, ByScanFindEverythingOnce) {
  for (int i = 0; i < 40; ++i)
    app.expect_ok("PutItem", str_cat(R"({"TableName":"tab","Item":{"pk":{"S":"k)", i, R"("}}})"));
  std::set<std::string> seen;
  for (int segment = 0; segment < 7; ++segment) {
    std::string start;
    for (;;) {
      const Answer answer = app.expect_ok(
          "Scan", str_cat(R"({"TableName":"tab","Limit":3,"TotalSegments":7,"Segment":)", segment,
                          start, "}"));
      for (const json::Value& item : answer.find("/Items")->GetArray())
        EXPECT_TRUE(seen.insert(std::string(json::view(item["pk"]["S"]))).second);
      if (answer.find("/LastEvaluatedKey") == nullptr) break;
      start = str_cat(R"(,"ExclusiveStartKey":)", answer.at("/LastEvaluatedKey"));
    }
  }
  EXPECT_EQ(seen.size(), 40u);
}

TEST_F(Reads, ByScanReadIndexesSparsely) {
  app.expect_ok("PutItem", R"({"TableName":"rng","Item":{"pk":{"S":"z"},"sk":{"N":"1"}}})");
  EXPECT_EQ(app.expect_ok("Scan", R"({"TableName":"rng","Select":"COUNT"})").text(),
            R"({"Count":6,"ScannedCount":6})");
  EXPECT_EQ(app.expect_ok("Scan", R"({"TableName":"rng","IndexName":"gsi","Select":"COUNT"})").text(),
            R"({"Count":5,"ScannedCount":5})");
}

TEST_F(Reads, ByScanRefuseWhatAwsRefuses) {
  const RefusalCase cases[] = {
      {R"("Segment":0)",
       "The TotalSegments parameter is required but was not present in the request when Segment "
       "parameter is present"},
      {R"("TotalSegments":2)",
       "The Segment parameter is required but was not present in the request when parameter "
       "TotalSegments is present"},
      {R"("TotalSegments":2,"Segment":2)",
       "The Segment parameter is zero-based and must be less than parameter TotalSegments"},
      {R"("Select":"SPECIFIC_ATTRIBUTES")",
       "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression when "
       "choosing to get SPECIFIC_ATTRIBUTES"},
      {R"("ExclusiveStartKey":{"pk":{"S":"a"}})",
       "The provided starting key is invalid"},
      {R"("FilterExpression":"")", "Invalid FilterExpression: The expression can not be empty;"},
  };
  for (const RefusalCase& row : cases)
    EXPECT_EQ(app.error("Scan", str_cat(R"({"TableName":"rng",)", row.members, "}")),
              str_cat("ValidationException: ", row.message))
        << row.members;
}

TEST_F(Reads, CountCapacityByPage) {
  const auto units = [&](std::string_view members) {
    return query(str_cat(kPartition, R"(,"ReturnConsumedCapacity":"INDEXES",)", members))
        .at("/ConsumedCapacity");
  };
  EXPECT_EQ(units(R"("Limit":3)"),
            R"({"TableName":"rng","CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}})");
  EXPECT_EQ(units(R"("ConsistentRead":true)"),
            R"({"TableName":"rng","CapacityUnits":1.0,"Table":{"CapacityUnits":1.0}})");
  EXPECT_EQ(
      units(R"("IndexName":"lsi","Limit":3,"Select":"ALL_ATTRIBUTES")"),
      R"({"TableName":"rng","CapacityUnits":2.0,"Table":{"CapacityUnits":1.5},"LocalSecondaryIndexes":{"lsi":{"CapacityUnits":0.5}}})");
}

}  // namespace
}  // namespace tailrace
