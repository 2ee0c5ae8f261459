#include <gtest/gtest.h>

#include "server/api/validator.h"

namespace tailrace::api {
namespace {

std::string type_error(std::string_view operation, std::string_view body) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(body, document)) << body;
  const auto result = check_types(*find_shape(dynamodb_shapes(), operation), document);
  if (result) return "ok";
  EXPECT_EQ(result.error().code, ErrorCode::kSerializationException);
  return result.error().message;
}

Signs signs_of(std::string_view operation, std::string_view body) {
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(body, document)) << body;
  Signs signs;
  EXPECT_TRUE(check_types(*find_shape(dynamodb_shapes(), operation), document, signs)) << body;
  return signs;
}

struct Case {
  std::string_view operation, body, expected;
};

TEST(CheckTypes, AnswersWithTheServicesTexts) {
  constexpr std::string_view kParameterized =
      "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
      "java.lang.Class "
      "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in "
      "module java.base of loader "
      "'bootstrap')";
  const Case kCases[] = {
      {"PutItem", R"({"TableName":"a","Item":{"a":{"S":"x"}},"Unknown":[1]})", "ok"},
      {"PutItem", R"({"TableName":null})", "ok"},
      {"PutItem", R"([])", ""},
      {"PutItem", R"({"TableName":true})", "TRUE_VALUE cannot be converted to String"},
      {"PutItem", R"({"TableName":false})", "FALSE_VALUE cannot be converted to String"},
      {"PutItem", R"({"TableName":1})", "NUMBER_VALUE cannot be converted to String"},
      {"PutItem", R"({"TableName":1.5})", "DECIMAL_VALUE cannot be converted to String"},
      {"PutItem", R"({"TableName":[]})", "Unrecognized collection type class java.lang.String"},
      {"PutItem", R"({"TableName":{}})", "Start of structure or map found where not expected"},
      {"GetItem", R"({"ConsistentRead":"YES"})", "ok"},
      {"GetItem", R"({"ConsistentRead":"maybe"})", "Unexpected token received from parser"},
      {"GetItem", R"({"ConsistentRead":1})", "NUMBER_VALUE cannot be converted to Boolean"},
      {"GetItem", R"({"ConsistentRead":1.5})", "DECIMAL_VALUE cannot be converted to Boolean"},
      {"GetItem", R"({"ConsistentRead":[]})", ""},
      {"GetItem", R"({"ConsistentRead":{}})", "Start of structure or map found where not expected"},
      {"Scan", R"({"Limit":"1"})", "STRING_VALUE cannot be converted to Integer"},
      {"Scan", R"({"Limit":true})", "TRUE_VALUE cannot be converted to Integer"},
      {"Scan", R"({"Limit":1.7})", "ok"},
      {"Scan", R"({"Limit":[]})", "Unrecognized collection type class java.lang.Integer"},
      {"CreateTable", R"({"ProvisionedThroughput":{"ReadCapacityUnits":"1"}})",
       "STRING_VALUE cannot be converted to Long"},
      {"CreateTable", R"({"ProvisionedThroughput":1})", "Unexpected field type"},
      {"CreateTable", R"({"ProvisionedThroughput":[]})",
       "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.ProvisionedThroughput"},
      {"CreateTable", R"({"KeySchema":1})", "Unexpected field type"},
      {"CreateTable", R"({"KeySchema":{}})", "Start of structure or map found where not expected"},
      {"CreateTable", R"({"KeySchema":[1]})", "Unexpected value type in payload"},
      {"CreateTable", R"({"KeySchema":[[]]})",
       "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.KeySchemaElement"},
      {"PutItem", R"({"Item":"x"})", "Unexpected field type"},
      {"PutItem", R"({"Item":[]})",
       "Unrecognized collection type java.util.Map<java.lang.String, "
       "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
      {"PutItem", R"({"ExpressionAttributeNames":[]})",
       "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"},
      {"PutItem", R"({"Item":{"a":"x"}})", "Unexpected value type in payload"},
      {"PutItem", R"({"Item":{"a":[]}})",
       "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
      {"PutItem", R"({"Expected":{"a":{"Value":"x"}}})", "Unexpected field type"},
      {"PutItem", R"({"Item":{"a":{"N":1}}})", "NUMBER_VALUE cannot be converted to String"},
      {"PutItem", R"({"Item":{"a":{"N":1,"S":true}}})", "TRUE_VALUE cannot be converted to String"},
      {"PutItem", R"({"Item":{"a":{"BOOL":"x"}}})", "Unexpected token received from parser"},
      {"PutItem", R"({"Item":{"a":{"B":1}}})",
       "only base-64-encoded strings are convertible to bytes"},
      {"PutItem", R"({"Item":{"a":{"B":"abc"}}})",
       "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
      {"PutItem", R"({"Item":{"a":{"B":"abc="}}})", "ok"},
      {"PutItem", R"({"Item":{"a":{"B":"abd="}}})",
       "Invalid last non-pad Base64 character dectected"},
      {"PutItem", R"({"Item":{"a":{"B":"AB=="}}})",
       "Invalid last non-pad Base64 character dectected"},
      {"PutItem", R"({"Item":{"a":{"SS":"x"}}})", "Unexpected field type"},
      {"PutItem", R"({"Item":{"a":{"NS":[1]}}})", "NUMBER_VALUE cannot be converted to String"},
      {"PutItem", R"({"Item":{"a":{"L":[{"M":{"b":{"BS":[[]]}}}]}}})",
       "Unrecognized collection type class java.nio.ByteBuffer"},
      {"PutItem", R"({"Item":{"a":{"M":[]}}})",
       "Unrecognized collection type java.util.Map<java.lang.String, "
       "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
      {"BatchWriteItem", R"({"RequestItems":[]})",
       "Unrecognized collection type java.util.Map<java.lang.String, "
       "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>"},
      {"BatchWriteItem", R"({"RequestItems":{"t":1}})", kParameterized},
      {"BatchWriteItem", R"({"RequestItems":{"t":{}}})",
       "Start of structure or map found where not expected"},
      {"BatchGetItem", R"({"RequestItems":{"t":{"Keys":["x"]}}})", kParameterized},
      {"BatchGetItem", R"({"RequestItems":{"t":{"Keys":[[]]}}})",
       "Unrecognized collection type java.util.Map<java.lang.String, "
       "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
  };
  for (const Case& c : kCases) EXPECT_EQ(type_error(c.operation, c.body), c.expected) << c.body;
}

TEST(CheckTypes, SurvivesHostileNesting) {
  std::string value;
  for (int i = 0; i < 200000; ++i) value += R"({"L":[)";
  for (int i = 0; i < 200000; ++i) value += "]}";
  EXPECT_EQ(type_error("PutItem", R"({"Item":{"a":)" + value + "}}"), "ok");
}

TEST(CheckTypes, FindsWhatTheOlderLayerAloneReads) {
  const auto wrapped = [](int times) {
    std::string text = R"({"S":"x"})";
    for (int i = 0; i < times; ++i) text = R"({"L":[)" + text + "]}";
    return R"({"Item":{"a":)" + text + "}}";
  };
  EXPECT_FALSE(signs_of("PutItem", R"({"Item":{"a":{"BOOL":true},"b":{"S":"x","N":null}}})").any());
  EXPECT_TRUE(signs_of("PutItem", R"({"Item":{"a":{"BOOL":"t"}}})").text_for_boolean);
  EXPECT_TRUE(signs_of("GetItem", R"({"ConsistentRead":"no"})").text_for_boolean);
  EXPECT_TRUE(signs_of("PutItem", R"({"Item":{"a":{"S":"x","N":"1"}}})").several_types);
  EXPECT_FALSE(signs_of("PutItem", wrapped(62)).deep);
  EXPECT_TRUE(signs_of("PutItem", wrapped(63)).deep);
}

}  // namespace
}  // namespace tailrace::api
