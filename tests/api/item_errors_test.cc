// PutItem, GetItem, UpdateItem, DeleteItem: what they refuse, with which text, and in which order.
#include <gtest/gtest.h>

#include "storage/base/str_cat.h"
#include "tests/api/schemas.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

struct ErrorCase {
  std::string_view operation;
  std::string body;
  std::string_view error;  // Without "ValidationException: ", unless it is another type.
};

class ItemErrors : public testing::Test {
 protected:
  ItemErrors() {
    app.create_table(hash_table("tab"));
    app.create_table(range_table(
        "rng", {index_of("b-index", IndexKind::kGlobal, {.hash = {string_key("gk")}, .range = {}}),
              index_of("a-index", IndexKind::kGlobal, {.hash = {number_key("an")}, .range = {}})}));
  }
  void expect(std::initializer_list<ErrorCase> cases) {
    for (const ErrorCase& row : cases) {
      const std::string expected = row.error.find("Exception: ") != std::string_view::npos
                                       ? std::string(row.error)
                                       : str_cat("ValidationException: ", row.error);
      EXPECT_EQ(app.error(row.operation, row.body), expected) << row.operation << " " << row.body;
    }
  }
  TestApp app;
};

TEST_F(ItemErrors, OfKeys) {
  constexpr std::string_view kMismatch = "The provided key element does not match the schema";
  expect({
      {"GetItem", R"({"TableName":"tab","Key":{}})", kMismatch},
      {"GetItem", R"({"TableName":"tab","Key":{"pk":{"N":"1"}}})", kMismatch},
      {"GetItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"},"x":{"S":"a"}}})", kMismatch},
      {"GetItem", R"({"TableName":"rng","Key":{"pk":{"S":"a"}}})", kMismatch},
      {"DeleteItem", R"({"TableName":"tab","Key":{"x":{"S":"a"}}})", kMismatch},
      {"UpdateItem", R"({"TableName":"tab","Key":{"x":{"S":"a"}}})", kMismatch},
      {"GetItem", R"({"TableName":"tab","Key":{"pk":{"S":""}}})",
       "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
       "contain an empty string value. Key: pk"},
      {"PutItem", R"({"TableName":"tab","Item":{"pk":{"S":""}}})",
       "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
       "contain an empty string value. Key: pk"},
      {"GetItem",
       str_cat(R"({"TableName":"tab","Key":{"pk":{"S":")", std::string(2049, 'x'), R"("}}})"),
       "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
       "limit of2048 bytes"},
      {"PutItem", R"({"TableName":"tab","Item":{"x":{"S":"a"}}})",
       "One or more parameter values were invalid: Missing the key pk in the item"},
      {"PutItem", R"({"TableName":"rng","Item":{"pk":{"S":"a"}}})",
       "One or more parameter values were invalid: Missing the key sk in the item"},
      {"PutItem", R"({"TableName":"rng","Item":{"pk":{"S":"a"},"sk":{"S":"1"}}})",
       "One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S"},
  });
}

TEST_F(ItemErrors, OfIndexKeys) {
  expect({
      {"PutItem",
       R"({"TableName":"rng","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"gk":{"N":"1"},"an":{"S":"x"}}})",
       "One or more parameter values were invalid: Type mismatch for Index Key an Expected: N "
       "Actual: S IndexName: a-index"},
      {"PutItem", R"({"TableName":"rng","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"gk":{"S":""}}})",
       "One or more parameter values are not valid. A value specified for a secondary index key is "
       "not supported. The AttributeValue for a key attribute cannot contain an empty string "
       "value. IndexName: b-index, IndexKey: gk"},
      {"UpdateItem",
       R"({"TableName":"rng","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET gk = :v","ExpressionAttributeValues":{":v":{"N":"1"}}})",
       "One or more parameter values were invalid: Type mismatch for Index Key gk Expected: S "
       "Actual: N IndexName: b-index"},
      {"UpdateItem",
       R"({"TableName":"rng","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET gk = :v","ExpressionAttributeValues":{":v":{"S":""}}})",
       "One or more parameter values are not valid. The update expression attempted to update a "
       "secondary index key to a value that is not supported. The AttributeValue for a key "
       "attribute cannot contain an empty string value."},
  });
}

TEST_F(ItemErrors, OfKeyAttributesInExpressions) {
  expect({
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET pk = :v","ExpressionAttributeValues":{":v":{"S":"b"}}})",
       "One or more parameter values were invalid: Cannot update attribute pk. This attribute is "
       "part of the key"},
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"AttributeUpdates":{"pk":{"Value":{"S":"b"}}}})",
       "One or more parameter values were invalid: Cannot update attribute pk. This attribute is "
       "part of the key"},
      {"GetItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"ProjectionExpression":"pk.x"})",
       "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
       "allowed: Key: pk"},
      {"DeleteItem",
       R"~({"TableName":"rng","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"ConditionExpression":"attribute_exists(gk[0])"})~",
       "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
       "allowed: IndexKey: gk"},
  });
}

TEST_F(ItemErrors, OfParameters) {
  expect({
      {"PutItem",
       R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"Expected":{},"ConditionExpression":"a = b"})",
       "1 validation error detected: Can not use both expression and non-expression parameters in the same request: "
       "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"},
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"ExpressionAttributeValues":{":a":{"S":"a"}}})",
       "1 validation error detected: ExpressionAttributeValues can only be specified when using "
       "expressions"},
      {"PutItem",
       R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ExpressionAttributeNames":{"#a":"a"}})",
       "1 validation error detected: ExpressionAttributeNames can only be specified when using expressions"},
      {"PutItem",
       R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{}})",
       "1 validation error detected: ExpressionAttributeValues must not be empty"},
      {"PutItem",
       R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{"a":{"S":"a"}}})",
       "ExpressionAttributeValues contains invalid key: Syntax error; key: \"a\""},
      {"PutItem",
       R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{}}})",
       "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
      {"PutItem",
       R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ConditionExpression":"a = :a","ExpressionAttributeValues":{":a":{"S":"1"},":b":{"S":"2"}}})",
       "1 validation error detected: Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"},
      {"PutItem", R"({"TableName":"tab","Item":{"pk":{"S":"a"}},"ReturnValues":"ALL_NEW"})",
       "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"},
      {"DeleteItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"ReturnValues":"UPDATED_OLD"})",
       "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"},
      {"GetItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"AttributesToGet":["a","b","a"]})",
       "One or more parameter values were invalid: Duplicate value in attribute name: a"},
      {"DeleteItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"ConditionalOperator":"OR"})",
       "1 validation error detected: ConditionalOperator cannot be used without Filter or Expected"},
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"AttributeUpdates":{"a":{"Action":"ADD","Value":{"S":"b"}}}})",
       "One or more parameter values were invalid: ADD action is not supported for the type S"},
  });
}

TEST_F(ItemErrors, OfData) {
  app.expect_ok("PutItem", R"({"TableName":"tab","Item":{"pk":{"S":"a"},"s":{"S":"x"}}})");
  expect({
      {"UpdateItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET x = y"})",
       "The provided expression refers to an attribute that does not exist in the item"},
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET s = s + :n","ExpressionAttributeValues":{":n":{"N":"1"}}})",
       "An operand in the update expression has an incorrect data type"},
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET s.x = :n","ExpressionAttributeValues":{":n":{"N":"1"}}})",
       "The document path provided in the update expression is invalid for update"},
      {"UpdateItem",
       R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"AttributeUpdates":{"s":{"Action":"ADD","Value":{"N":"1"}}}})",
       "Type mismatch for attribute to update"},
  });
}

TEST_F(ItemErrors, OfSize) {
  const std::string big(409'600, 'x');
  expect({
      {"PutItem", str_cat(R"({"TableName":"tab","Item":{"pk":{"S":"a"},"b":{"S":")", big, R"("}}})"),
       "Item size has exceeded the maximum allowed size"},
      // Before the table is looked up.
      {"PutItem",
       str_cat(R"({"TableName":"missing","Item":{"pk":{"S":"a"},"b":{"S":")", big, R"("}}})"),
       "Item size has exceeded the maximum allowed size"},
      {"UpdateItem",
       str_cat(
           R"({"TableName":"tab","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET b = :b","ExpressionAttributeValues":{":b":{"S":")",
           big, R"("}}})"),
       "Item size to update has exceeded the maximum allowed size"},
  });
}

TEST_F(ItemErrors, TellOfAMissingTableAfterAllThatTheRequestAloneDecides) {
  expect({
      {"GetItem", R"({"TableName":"missing","Key":{}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"PutItem", R"({"TableName":"missing","Item":{}})",
       "ResourceNotFoundException: Requested resource not found"},
      {"PutItem", R"({"TableName":"missing","Item":{"pk":{"S":"a"}},"ReturnValues":"ALL_NEW"})",
       "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"},
      {"PutItem", R"({"TableName":"missing","Item":{"pk":{"SS":[]}},"ReturnValues":"ALL_NEW"})",
       "1 validation error detected: One or more parameter values were invalid: An string set  may not be empty"},
      {"UpdateItem",
       R"({"TableName":"missing","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET a = :a"})",
       "1 validation error detected: Invalid UpdateExpression: An expression attribute value used in expression is not "
       "defined; attribute value: :a"},
  });
}

}  // namespace
}  // namespace tailrace
