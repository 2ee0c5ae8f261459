#include "server/api/shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "server/api/pattern.h"

namespace tailrace::api {
namespace {

TEST(Shapes, NameEveryOperationOfTheModels) {
  EXPECT_EQ(dynamodb_shapes().size(), 62u);
  EXPECT_EQ(streams_shapes().size(), 4u);
  EXPECT_EQ(lambda_shapes().size(), 37u);
}

TEST(Shapes, FindAnOperationByItsExactName) {
  EXPECT_NE(find_shape(dynamodb_shapes(), "PutItem"), nullptr);
  EXPECT_NE(find_shape(dynamodb_shapes(), "DescribeLimits"), nullptr);
  EXPECT_EQ(find_shape(dynamodb_shapes(), "Putitem"), nullptr);
  EXPECT_EQ(find_shape(dynamodb_shapes(), ""), nullptr);
}

TEST(Shapes, ListMembersInTheServicesOrderAndThenTheModels) {
  const Shape* put = find_shape(dynamodb_shapes(), "PutItem");
  std::string names;
  for (const Member& member : put->members) names += std::string(member.name) + " ";
  EXPECT_EQ(names,
            "ReturnConsumedCapacity TableName Item ConditionalOperator Expected ReturnValues "
            "ReturnItemCollectionMetrics "
            "ConditionExpression ExpressionAttributeValues ExpressionAttributeNames "
            "ReturnValuesOnConditionCheckFailure ");
}

void collect_patterns(const Shape& shape, std::set<std::string_view>& out) {
  if (!shape.pattern.empty()) out.insert(shape.pattern);
  for (const Member& member : shape.members) collect_patterns(*member.shape, out);
  if (shape.element != nullptr) collect_patterns(*shape.element, out);
  if (shape.key != nullptr) collect_patterns(*shape.key, out);
}

TEST(Patterns, OfEveryShapeCanBeMatched) {
  std::set<std::string_view> patterns;
  for (const auto shapes : {dynamodb_shapes(), streams_shapes(), lambda_shapes()}) {
    for (const OperationShape& operation : shapes) collect_patterns(*operation.input, patterns);
  }
  EXPECT_GT(patterns.size(), 20u);
  for (const std::string_view pattern : patterns) {
    EXPECT_NO_THROW(matches(pattern, "x")) << pattern;
    EXPECT_NO_THROW(matches(pattern, "")) << pattern;
  }
}

TEST(Patterns, MatchTheWholeText) {
  EXPECT_TRUE(matches("[a-zA-Z0-9_.-]+", "a_b.c-D9"));
  EXPECT_FALSE(matches("[a-zA-Z0-9_.-]+", "a b"));
  EXPECT_FALSE(matches("[a-zA-Z0-9_.-]+", ""));
  EXPECT_TRUE(matches("[0-9]{12}", "123456789012"));
  EXPECT_FALSE(matches("[0-9]{12}", "1234567890123"));
}

}  // namespace
}  // namespace tailrace::api
