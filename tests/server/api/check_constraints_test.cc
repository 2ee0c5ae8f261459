#include <gtest/gtest.h>

#include "server/api/validator.h"

namespace tailrace::api {
namespace {

std::string constraint_errors(std::span<const OperationShape> shapes,
                              std::string_view operation,
                              std::string_view body) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(body, document)) << body;
  const Shape* shape = find_shape(shapes, operation);
  EXPECT_NE(shape, nullptr) << operation;
  const auto types = check_types(*shape, document);
  EXPECT_TRUE(types) << types.error().message;
  const auto result = check_constraints(*shape, document, operation, layer_of(operation).layer);
  if (result) return "ok";
  EXPECT_EQ(result.error().code, ErrorCode::kValidationException);
  return result.error().message;
}

struct Case {
  std::string_view operation, body, expected;
};

std::string long_name(std::size_t length) {
  return std::string(length, 'a');
}

TEST(CheckConstraints, CollectsFailuresInTheServicesOrder) {
  const Case kCases[] = {
      {"PutItem", R"({"TableName":"tbl","Item":{}})", "ok"},
      {"PutItem", R"({})",
       "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: "
       "Member must not be null; Value "
       "null at 'item' failed to satisfy constraint: Member must not be null"},
      {"PutItem",
       R"({"TableName":"abc","Item":{},"ReturnConsumedCapacity":"a","ReturnValues":"b"})",
       "2 validation errors detected: Value 'a' at 'returnConsumedCapacity' failed to satisfy "
       "constraint: Member must satisfy "
       "enum value set: [INDEXES, TOTAL, NONE]; Failed to satisfy constraint: Member must satisfy "
       "enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"},
      {"GetItem", R"({"TableName":"a;b","Key":{},"AttributesToGet":[]})",
       "2 validation errors detected: Value 'a;b' at 'tableName' failed to satisfy constraint: "
       "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '[]' at "
       "'attributesToGet' failed to satisfy constraint: Member must have length greater than or "
       "equal to 1"},
      {"GetItem", R"({"TableName":"","Key":{}})",
       "1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member "
       "must have length greater than or equal to 1"},
      {"UpdateItem",
       R"({"TableName":"abc","Key":{},"ReturnValues":"x","ReturnItemCollectionMetrics":"y"})",
       "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value "
       "set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"},
      {"Scan", R"({"TableName":"abc","Limit":0})",
       "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member "
       "must have value greater than or equal to 1"},
      {"TransactWriteItems", R"({"TransactItems":[]})",
       "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: "
       "Member must have length "
       "greater than or equal to 1"},
      {"TransactWriteItems", R"({"TransactItems":[{"Put":{"TableName":"a b","Item":{}}}]})",
       "1 validation error detected: Value 'a b' at 'transactItems.1.member.put.tableName' failed "
       "to satisfy constraint: Member "
       "must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
      {"BatchExecuteStatement", R"({"Statements":[]})",
       "1 validation error detected: Value '[]' at 'statements' failed to satisfy constraint: "
       "Member must have length greater "
       "than or equal to 1"},
      {"ExecuteStatement", R"({"Statement":"SELECT * FROM t","Parameters":[]})",
       "1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: "
       "Member must have length greater "
       "than or equal to 1"},
      {"UpdateTimeToLive",
       R"({"TableName":"abc","TimeToLiveSpecification":{"Enabled":true,"AttributeName":""}})",
       "1 validation error detected: Value '' at 'timeToLiveSpecification.attributeName' failed to "
       "satisfy constraint: Member "
       "must have length greater than or equal to 1"},
      {"CreateTable",
       R"({"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"AttributeName":"a","KeyType":"x"}],"StreamSpecification":{"StreamViewType":"new_image"}})",
       "3 validation errors detected: Value 'x' at 'keySchema.1.member.keyType' failed to satisfy "
       "constraint: Member must "
       "satisfy enum value set: [HASH, RANGE]; Value null at 'streamSpecification.streamEnabled' "
       "failed to satisfy constraint: "
       "Member must not be null; Value 'new_image' at 'streamSpecification.streamViewType' failed "
       "to satisfy constraint: Member "
       "must satisfy enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]"},
      {"CreateTable", R"({"TableName":"abc","AttributeDefinitions":[],"KeySchema":[]})",
       "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: "
       "Member must have length greater "
       "than or equal to 1"},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(constraint_errors(dynamodb_shapes(), c.operation, c.body), c.expected) << c.body;
}

TEST(CheckConstraints, FollowsTheServicesDeviations) {
  const std::string too_long = long_name(256);
  const std::string get_101 = [] {
    std::string keys;
    for (int i = 0; i < 101; ++i) keys += i == 0 ? "{}" : ",{}";
    return R"({"RequestItems":{"my.table":{"Keys":[)" + keys + "]}}}";
  }();
  const std::string put_too_long = R"({"TableName":")" + too_long + R"(","Item":{}})";
  const std::string put_error = "1 validation error detected: Value '" + too_long +
                                "' at 'tableName' failed to satisfy constraint: Member must have "
                                "length less than or equal to 255";
  const std::string describe_too_long = R"({"TableName":")" + too_long + R"("})";
  const Case kCases[] = {
      {"DescribeTable", "{}",
       "The parameter 'TableName' is required but was not present in the request"},
      {"CreateTable", "{}",
       "The parameter 'TableName' is required but was not present in the request"},
      {"UpdateTimeToLive", "{}",
       "The parameter 'TableName' is required but was not present in the request"},
      {"CreateTable", R"({"TableName":"ab"})",
       "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
       "Member must have length greater "
       "than or equal to 3"},
      {"DescribeTable", R"({"TableName":"ab"})",
       "TableName must be at least 3 characters long and at most 255 characters long"},
      {"DescribeTable", describe_too_long,
       "TableName must be at least 3 characters long and at most 255 characters long"},
      {"PutItem", put_too_long, put_error},
      {"Query", R"({"TableName":"abc","Limit":0})",
       "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must "
       "have value greater than or "
       "equal to 1"},
      {"BatchGetItem", R"({"RequestItems":{}})",
       "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member "
       "must have length greater than or equal to 1"},
      {"BatchWriteItem", R"({"RequestItems":{}})",
       "The requestItems parameter is required for BatchWriteItem"},
      {"BatchGetItem", get_101,
       "1 validation error detected: Value at 'RequestItems.my.table.member.Keys' failed to "
       "satisfy constraint: Member must "
       "have length less than or equal to 100"},
      {"BatchWriteItem", R"({"RequestItems":{"tbl":[]}})",
       "1 validation error detected: Value '{tbl=[]}' at 'requestItems' failed to satisfy "
       "constraint: Map value must satisfy "
       "constraint: [Member must have length less than or equal to 25, Member must have length "
       "greater than or equal to 1]"},
      {"BatchWriteItem", R"({"RequestItems":{"tbl":[{"PutRequest":{}}]}})",
       "1 validation error detected: Value null at "
       "'requestItems.tbl.member.1.member.putRequest.item' failed to satisfy "
       "constraint: Member must not be null"},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(constraint_errors(dynamodb_shapes(), c.operation, c.body), c.expected) << c.body;
}

TEST(CheckConstraints, TakesAnArnForATableName) {
  constexpr std::string_view kArn = "arn:aws:dynamodb:us-east-1:000000000000:table/abc";
  for (const std::string_view operation : {"DescribeTable", "Scan"}) {
    EXPECT_EQ(constraint_errors(dynamodb_shapes(), operation,
                                "{\"TableName\":\"" + std::string(kArn) + "\"}"),
              "ok");
  }
  EXPECT_EQ(constraint_errors(dynamodb_shapes(), "BatchGetItem",
                              "{\"RequestItems\":{\"" + std::string(kArn) + "\":{\"Keys\":[{}]}}}"),
            "ok");
}

TEST(CheckConstraints, RefusesNullsInListsAndMaps) {
  const Case kCases[] = {
      {"BatchWriteItem", R"({"RequestItems":{"tbl":[null]}})",
       "1 validation error detected: Value null at 'requestItems.tbl.member.1.member' failed to "
       "satisfy constraint: Member must not be null"},
      {"BatchWriteItem", R"({"RequestItems":{"tbl":null}})",
       "1 validation error detected: Value null at 'requestItems.tbl.member' failed to satisfy "
       "constraint: Member must not be null"},
      {"BatchGetItem", R"({"RequestItems":{"tbl":{"Keys":[{},null]}}})",
       "1 validation error detected: Value null at 'requestItems.tbl.member.keys.2.member' failed "
       "to satisfy constraint: Member must "
       "not be null"},
      {"TransactWriteItems", R"({"TransactItems":[null]})",
       "1 validation error detected: Value null at 'transactItems.1.member' failed to satisfy "
       "constraint: Member must not be null"},
      {"GetItem", R"({"TableName":"tbl","Key":{},"AttributesToGet":[null]})",
       "1 validation error detected: Value null at 'attributesToGet.1.member' failed to satisfy "
       "constraint: Member must not be null"},
      {"Scan", R"({"TableName":"tbl","ExpressionAttributeNames":{"#a":null}})",
       "1 validation error detected: Value null at 'expressionAttributeNames.#a.member' failed to "
       "satisfy constraint: Member must "
       "not be null"},
      {"PutItem", R"({"TableName":"tbl","Item":{"a":null}})", "ok"},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(constraint_errors(dynamodb_shapes(), c.operation, c.body), c.expected) << c.body;
}

TEST(CheckConstraints, ReportsAtMostTenFailures) {
  std::string definitions;
  for (int i = 0; i < 11; ++i) definitions += i == 0 ? "{}" : ",{}";
  const std::string text = constraint_errors(
      dynamodb_shapes(), "CreateTable",
      R"({"TableName":"abc","KeySchema":[],"AttributeDefinitions":[)" + definitions + "]}");
  EXPECT_TRUE(text.starts_with(
      "10 validation errors detected: Value null at 'attributeDefinitions.1.member.attributeName'"))
      << text;
}

TEST(CheckConstraints, LetsIndexesHaveUpToEightKeyAttributes) {
  EXPECT_EQ(
      constraint_errors(
          dynamodb_shapes(), "CreateTable",
          R"({"TableName":"abc","AttributeDefinitions":[],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],
"GlobalSecondaryIndexes":[{"IndexName":"idx","Projection":{},"KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}]}]})"),
      "ok");
}

TEST(CheckConstraints, ChecksStreamsAndLambdaRequestsAsWell) {
  EXPECT_EQ(constraint_errors(streams_shapes(), "GetRecords", R"({"Limit":1001})"),
            "2 validation errors detected: Value null at 'shardIterator' failed to satisfy "
            "constraint: Member must not be null; "
            "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less "
            "than or equal to 1000");
  EXPECT_EQ(
      constraint_errors(
          lambda_shapes(), "CreateEventSourceMapping",
          R"({"FunctionName":"f","StartingPosition":"invalid","BatchSize":10001,"EventSourceArn":"x"})"),
      "3 validation errors detected: Value 'x' at 'eventSourceArn' failed to satisfy constraint: "
      "Member must satisfy regular "
      "expression pattern: "
      "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
      "\\d{1})?:("
      "\\d{12})?:(.*); Value '10001' at 'batchSize' failed to satisfy constraint: Member must have "
      "value less than or equal "
      "to 10000; Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must "
      "satisfy enum value set: "
      "[LATEST, AT_TIMESTAMP, TRIM_HORIZON]");
}

}  // namespace
}  // namespace tailrace::api
