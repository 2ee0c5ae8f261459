#include "server/expression/key_condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

constexpr std::string_view kValues =
    R"({":1":{"N":"1"},":2":{"N":"2"},":a":{"S":"a"},":b":{"S":"b"},":bool":{"BOOL":true},":e":{"S":""}})";

std::string_view text_of(KeyOperator op) {
  constexpr std::string_view kTexts[] = {"=", "<", "<=", ">", ">=", "between", "begins_with", "?"};
  return kTexts[static_cast<std::size_t>(op)];
}
std::string dump(const KeyTest& test) {
  std::string text = str_cat(test.attribute, " ", text_of(test.op));
  for (const AttributeValue& value : test.values) str_append(text, " ", value_text(value));
  return text;
}

Result<KeyCondition> parse(std::string_view text) {
  Placeholders names = placeholders({{"#p", "pk"}, {"#d", "a.b"}}, kValues);
  return KeyCondition::parse(text, names);
}
std::string parsed(std::string_view text) {
  return outcome(parse(text), [](const KeyCondition& condition) {
    std::string all;
    for (const KeyTest& test : condition.tests)
      str_append(all, all.empty() ? "" : "; ", dump(test));
    return all;
  });
}

struct KeyCase {
  std::string_view text;
  std::string_view expected;
};
void PrintTo(const KeyCase& c, std::ostream* out) {
  *out << c.text;
}

class KeyConditionText : public testing::TestWithParam<KeyCase> {};
TEST_P(KeyConditionText, BecomesTestsOnKeys) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().expected);
}
class KeyConditionError : public testing::TestWithParam<KeyCase> {};
TEST_P(KeyConditionError, HasTheTextOfTheService) {
  EXPECT_EQ(parsed(GetParam().text),
            str_cat("Invalid KeyConditionExpression: ", GetParam().expected));
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Texts, KeyConditionText, testing::ValuesIn(std::initializer_list<KeyCase>{
    {"pk = :a", "pk = S:a"},
    {":a = pk", "pk = S:a"},
    {"#p = :a AND sk > :1", "pk = S:a; sk > N:1"},
    {"sk >= :1 AND #p = :a", "sk >= N:1; pk = S:a"},
    {"pk = :a AND :1 < sk", "pk = S:a; sk > N:1"},
    {"pk = :a AND :1 >= sk", "pk = S:a; sk <= N:1"},
    {"pk = :a AND sk BETWEEN :1 AND :2", "pk = S:a; sk between N:1 N:2"},
    {"pk = :a AND begins_with(sk, :b)", "pk = S:a; sk begins_with S:b"},
    {"(pk = :a) AND (sk < :1)", "pk = S:a; sk < N:1"},
    {"(pk = :a AND sk <= :1)", "pk = S:a; sk <= N:1"},
    {"a = :a AND (b = :b AND (c = :1))", "a = S:a; b = S:b; c = N:1"},
    {"#d = :a", "a.b = S:a"},
}));

INSTANTIATE_TEST_SUITE_P(Errors, KeyConditionError, testing::ValuesIn(std::initializer_list<KeyCase>{
    {"", "The expression can not be empty;"},
    {"pk", "Syntax error; token: \"<EOF>\", near: \"pk\""},
    {"((pk = :a))", "The expression has redundant parentheses;"},
    {"pk = :x", "An expression attribute value used in expression is not defined; attribute value: :x"},
    {"hash = :a", "Attribute name is a reserved keyword; reserved keyword: hash"},
    {"pk = :a OR sk = :1", "Invalid operator used in KeyConditionExpression: OR"},
    {"pk = :a AND (sk = :1 OR sk = :2)", "Invalid operator used in KeyConditionExpression: OR"},
    {"NOT pk = :a", "Invalid operator used in KeyConditionExpression: NOT"},
    {"pk = :a AND sk IN (:1)", "Invalid operator used in KeyConditionExpression: IN"},
    {"pk <> :a", "Invalid operator used in KeyConditionExpression: <>"},
    {"attribute_exists(pk)", "Invalid operator used in KeyConditionExpression: attribute_exists"},
    {"pk = :a AND attribute_not_exists(sk)", "Invalid operator used in KeyConditionExpression: attribute_not_exists"},
    {"contains(pk, :a)", "Invalid operator used in KeyConditionExpression: contains"},
    {"pk = :a AND size(sk) > :1", "KeyConditionExpressions cannot contain nested operations"},
    {"pk.a = :a", "KeyConditionExpressions cannot have conditions on nested attributes"},
    {"pk = :a AND sk[0] > :1", "KeyConditionExpressions cannot have conditions on nested attributes"},
    {"pk = :a AND :1 BETWEEN sk AND :2", "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand"},
    {"pk = :a AND begins_with(:a, sk)", "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand"},
    {"pk = sk", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
    {"pk = :a AND sk BETWEEN low AND :2", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
    {":a = :b", "Invalid condition in KeyConditionExpression: No key attribute specified"},
    {"pk = :a AND #p = :b", "KeyConditionExpressions must only contain one condition per key"},
    {"pk = :a AND sk > :1 AND sk < :2", "KeyConditionExpressions must only contain one condition per key"},
    {"pk < :bool", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
    {"begins_with(pk, :1)", "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
}));
// clang-format on

// --- Against the schema.

KeySchema keys(std::vector<KeyAttribute> hash, std::vector<KeyAttribute> range) {
  return {.hash = std::move(hash), .range = std::move(range)};
}

std::string dump(const KeyBinding& binding) {
  std::string text = "hash";
  for (const AttributeValue& value : binding.hash) str_append(text, " ", value_text(value));
  if (!binding.range_equal.empty()) text += ", equal";
  for (const AttributeValue& value : binding.range_equal) str_append(text, " ", value_text(value));
  if (binding.range_test) str_append(text, ", test ", dump(*binding.range_test));
  return text;
}
std::string bound(std::string_view text, const KeySchema& schema) {
  const auto condition = parse(text);
  if (!condition) return condition.error().message;
  return outcome(bind_key_condition(*condition, schema),
                 [](const KeyBinding& binding) { return dump(binding); });
}

const KeySchema kHashOnly = keys({{"pk", AttributeType::kS}}, {});
const KeySchema kSimple = keys({{"pk", AttributeType::kS}}, {{"sk", AttributeType::kN}});
const KeySchema kText = keys({{"pk", AttributeType::kS}}, {{"sk", AttributeType::kS}});

struct BindCase {
  const KeySchema& schema;
  std::string_view text;
  std::string_view expected;
};
void PrintTo(const BindCase& c, std::ostream* out) {
  *out << c.text;
}
class KeyBindingOf : public testing::TestWithParam<BindCase> {};
TEST_P(KeyBindingOf, FollowsTheSchema) {
  EXPECT_EQ(bound(GetParam().text, GetParam().schema), GetParam().expected);
}

constexpr std::string_view kMismatch =
    "One or more parameter values were invalid: Condition parameter type does not match schema "
    "type";
constexpr std::string_view kEmpty =
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
    "contain an empty string "
    "value. Key: ";

// clang-format off
INSTANTIATE_TEST_SUITE_P(Simple, KeyBindingOf, testing::ValuesIn(std::initializer_list<BindCase>{
    {kHashOnly, "pk = :a", "hash S:a"},
    {kSimple, "pk = :a", "hash S:a"},
    {kSimple, "sk = :1 AND pk = :a", "hash S:a, equal N:1"},
    {kSimple, "pk = :a AND sk < :1", "hash S:a, test sk < N:1"},
    {kSimple, "pk = :a AND sk BETWEEN :1 AND :2", "hash S:a, test sk between N:1 N:2"},
    {kText, "pk = :a AND begins_with(sk, :b)", "hash S:a, test sk begins_with S:b"},
    {kSimple, "sk = :1", "Query condition missed key schema element: pk"},
    {kSimple, "another = :a", "Query condition missed key schema element: pk"},
    {kSimple, "another = :a AND sk = :1", "Query condition missed key schema element: pk"},
    {kSimple, "pk = :a AND another = :1", "Query condition missed key schema element: sk"},
    {kHashOnly, "pk = :a AND another = :1",
     "The number of query conditions (2) exceeds the number of key attributes defined in the schema "
     "(1)"},
    {kSimple, "pk > :a", "Query key condition not supported"},
    {kSimple, "begins_with(pk, :a)", "Query key condition not supported"},
    {kSimple, "pk BETWEEN :a AND :b AND sk = :1", "Query key condition not supported"},
    {kSimple, "pk = :a AND sk = :1 AND another = :1",
     "The number of query conditions (3) exceeds the number of key attributes defined in the schema "
     "(2)"},
    {kSimple, "pk = :1", kMismatch},
    {kSimple, "pk = :a AND sk = :a", kMismatch},
    {kSimple, "pk = :a AND begins_with(sk, :b)", kMismatch},
    {kSimple, "pk = :bool", kMismatch},
}));
// clang-format on

TEST(KeyBinding, RefusesEmptyKeyValues) {
  EXPECT_EQ(bound("pk = :e", kText), str_cat(kEmpty, "pk"));
  EXPECT_EQ(bound("pk = :a AND sk > :e", kText), str_cat(kEmpty, "sk"));
}

TEST(KeyBinding, TakesIndexKeysOfSeveralAttributes) {
  const KeySchema schema =
      keys({{"h1", AttributeType::kS}, {"h2", AttributeType::kN}},
           {{"r1", AttributeType::kS}, {"r2", AttributeType::kN}, {"r3", AttributeType::kN}});
  EXPECT_EQ(bound("h1 = :a AND h2 = :1", schema), "hash S:a N:1");
  EXPECT_EQ(bound("h2 = :1 AND h1 = :a AND r1 = :b", schema), "hash S:a N:1, equal S:b");
  EXPECT_EQ(bound("r1 > :b AND h2 = :1 AND h1 = :a", schema), "hash S:a N:1, test r1 > S:b");
  EXPECT_EQ(bound("h1 = :a AND h2 = :1 AND r2 BETWEEN :1 AND :2 AND r1 = :b", schema),
            "hash S:a N:1, equal S:b, test r2 between N:1 N:2");
  EXPECT_EQ(bound("h1 = :a AND h2 = :1 AND r1 = :b AND r2 = :2 AND r3 = :1", schema),
            "hash S:a N:1, equal S:b N:2 N:1");

  EXPECT_EQ(bound("h1 = :a", schema), "Query condition missed key schema element: h2");
  EXPECT_THAT(bound("h1 = :a AND h2 > :1", schema), testing::HasSubstr("HASH"));
  EXPECT_THAT(bound("h1 = :a AND h2 = :1 AND r2 = :1", schema), testing::HasSubstr("RANGE"));
  EXPECT_THAT(bound("h1 = :a AND h2 = :1 AND r1 > :b AND r2 = :1", schema),
              testing::HasSubstr("RANGE"));
  EXPECT_EQ(bound("h1 = :a AND h2 = :1 AND another = :1", schema),
            "Query key condition not supported: another");
  EXPECT_EQ(bound("h1 = :a AND h2 = :a", schema), kMismatch);
  EXPECT_EQ(bound("h1 = :a AND h2 = :1 AND r1 = :e", schema), str_cat(kEmpty, "r1"));
}

TEST(KeyBinding, OfLegacyKeyConditions) {
  const auto legacy = [](std::vector<LegacyTest> tests) {
    return outcome(bind_key_condition(legacy_key_condition(std::move(tests)), kSimple),
                   [](const KeyBinding& binding) { return dump(binding); });
  };
  const AttributeValue a{std::string("a")};
  const AttributeValue one{Number(1)};
  using enum ComparisonOperator;
  EXPECT_EQ(legacy({{"sk", kBetween, {one, one}}, {"pk", kEq, {a}}}),
            "hash S:a, test sk between N:1 N:1");
  EXPECT_EQ(legacy({{"pk", kEq, {a}}, {"sk", kLe, {one}}}), "hash S:a, test sk <= N:1");
  EXPECT_EQ(legacy({{"pk", kLe, {a}}}), "Query key condition not supported");
  EXPECT_EQ(legacy({}), "Conditions can be of length 1 or 2 only");
  EXPECT_EQ(legacy({{"sk", kEq, {one}}}), "Query condition missed key schema element: pk");
  for (const ComparisonOperator op : {kNe, kNull, kNotNull, kIn, kContains, kNotContains}) {
    EXPECT_EQ(legacy({{"pk", kEq, {a}}, {"sk", op, {}}}),
              "Attempted conditional constraint is not an indexable operation");
  }
}

}  // namespace
}  // namespace tailrace::expression
