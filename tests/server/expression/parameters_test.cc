#include "server/expression/parameters.h"

#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

TEST(ParameterMix, IsRefusedWithNamesInAwsOrder) {
  const Parameter legacy[] = {
      {"AttributeUpdates", true}, {"Expected", false}, {"ConditionalOperator", true}};
  const Parameter modern[] = {{"UpdateExpression", false}, {"ConditionExpression", true}};
  EXPECT_EQ(outcome(check_parameter_mix(legacy, modern)),
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression "
            "parameters: {AttributeUpdates, ConditionalOperator} Expression parameters: "
            "{ConditionExpression}");
  EXPECT_EQ(outcome(check_parameter_mix(legacy, {})), "ok");
  EXPECT_EQ(outcome(check_parameter_mix({}, modern)), "ok");
}

TEST(PlaceholderUse, NeedsExpressions) {
  const Parameter update[] = {{"UpdateExpression", false}, {"ConditionExpression", false}};
  const Parameter put[] = {{"ConditionExpression", false}};
  const Parameter query[] = {{"ProjectionExpression", true},
                             {"FilterExpression", false},
                             {"KeyConditionExpression", false}};
  const std::span<const Parameter> query_values = std::span(query).subspan(1);
  const auto check = [](PlaceholderUse use) { return outcome(check_placeholder_use(use)); };
  EXPECT_EQ(
      check({.names = true, .values = true, .expressions = update, .users_of_values = update}),
      "ExpressionAttributeNames can only be specified when using expressions");
  EXPECT_EQ(check({.values = true, .expressions = update, .users_of_values = update}),
            "ExpressionAttributeValues can only be specified when using expressions: "
            "UpdateExpression and "
            "ConditionExpression are null");
  EXPECT_EQ(check({.values = true, .expressions = put, .users_of_values = put}),
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null");
  EXPECT_EQ(
      check({.names = true, .values = true, .expressions = query, .users_of_values = query_values}),
      "ExpressionAttributeValues can only be specified when using expressions: FilterExpression "
      "and "
      "KeyConditionExpression are null");
  EXPECT_EQ(check({.names = true, .expressions = query, .users_of_values = query_values}), "ok");
  EXPECT_EQ(check({.values = true,
                   .expressions = put,
                   .users_of_values = put,
                   .tells_users = false}),
            "ExpressionAttributeValues can only be specified when using expressions");
  EXPECT_EQ(check({}), "ok");
}

std::string references(PlaceholderKind kind, std::vector<std::string_view> keys) {
  return outcome(check_references(kind, keys));
}

TEST(References, HaveASignAndAName) {
  using enum PlaceholderKind;
  EXPECT_EQ(references(kNames, {}), "ExpressionAttributeNames must not be empty");
  EXPECT_EQ(references(kValues, {}), "ExpressionAttributeValues must not be empty");
  EXPECT_EQ(references(kNames, {"#a", "#1", "#_", "#aB_9"}), "ok");
  EXPECT_EQ(references(kValues, {":a", ":1", ":_"}), "ok");
  for (const std::string_view bad : {"", "#", "a", ":a", "##a", "#a-b", "# a", "#a.b", "#\u00e9"}) {
    EXPECT_EQ(
        references(kNames, {"#fine", bad}),
        str_cat("ExpressionAttributeNames contains invalid key: Syntax error; key: \"", bad, "\""));
  }
  EXPECT_EQ(references(kValues, {"#a"}),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"#a\"");
}

TEST(References, HaveAtMost255Bytes) {
  const std::string longest = ":" + std::string(254, 'v');
  EXPECT_EQ(references(PlaceholderKind::kValues, {longest}), "ok");
  EXPECT_NE(references(PlaceholderKind::kValues, {longest + "v"}), "ok");
}

TEST(AttributeNames, AreNeitherEmptyNorTooLong) {
  EXPECT_EQ(outcome(check_attribute_name("#n", "a")), "ok");
  EXPECT_EQ(outcome(check_attribute_name("#n", "")),
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key #n");
  EXPECT_EQ(outcome(check_attribute_name("#n", std::string(65535, 'x'))), "ok");
  EXPECT_EQ(outcome(check_attribute_name("#n", std::string(65536, 'x'))),
            "Attribute name is too large, must be less than 65536 bytes");
}

TEST(Placeholders, TellWhichWereNotUsed) {
  Placeholders all =
      placeholders({{"#a", "x"}, {"#b", "y"}, {"#c", "z"}}, R"({":a":{"N":"1"},":b":{"N":"2"}})");
  EXPECT_EQ(outcome(all.check_all_used()),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b, #c}");
  ASSERT_TRUE(all.use_name("#b"));
  EXPECT_EQ(*all.use_name("#b"), "y");
  EXPECT_EQ(outcome(all.check_all_used()),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #c}");
  all.use_name("#a");
  all.use_name("#c");
  EXPECT_EQ(outcome(all.check_all_used()),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, :b}");
  ASSERT_TRUE(all.use_value(":a"));
  EXPECT_EQ(all.use_value(":a")->first, ":a");
  EXPECT_EQ(outcome(all.check_all_used()),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}");
  all.use_value(":b");
  EXPECT_EQ(outcome(all.check_all_used()), "ok");
  EXPECT_FALSE(all.use_name("#d"));
  EXPECT_FALSE(all.use_value(":d"));
  EXPECT_FALSE(all.use_value(""));
}

TEST(Placeholders, AreSharedByAllExpressionsOfARequest) {
  Placeholders all = placeholders({{"#a", "x"}, {"#b", "y"}}, R"({":a":{"N":"1"},":b":{"N":"2"}})");
  ASSERT_TRUE(Update::parse("SET #a = :a", all));
  ASSERT_TRUE(Condition::parse("attribute_exists(z) OR #b = :b", ExpressionKind::kCondition, all));
  Placeholders moved = std::move(all);
  EXPECT_EQ(outcome(moved.check_all_used()), "ok");
}

TEST(Placeholders, HaveAtMost2Megabytes) {
  const auto checked = [](std::size_t bytes) {
    AttributeMap values;
    values.set(":v", {std::string(bytes - 4, 'x')});
    return outcome(Placeholders({{"#", "a"}}, std::move(values)).check_size());
  };
  EXPECT_EQ(checked(2097152), "ok");
  EXPECT_NE(checked(2097153), "ok");
}

TEST(Placeholders, MayBeNone) {
  Placeholders none;
  EXPECT_FALSE(none.use_name("#a"));
  EXPECT_FALSE(none.use_value(":a"));
  EXPECT_EQ(outcome(none.check_all_used()), "ok");
}

TEST(KeyPaths, AreTopLevel) {
  TableSchema table;
  table.keys.hash = {{"pk", AttributeType::kS}};
  IndexSchema index;
  index.keys.hash = {{"g", AttributeType::kS}};
  table.indexes = {index};
  const auto check = [&](std::string_view text) {
    Placeholders none;
    const auto projection = Projection::parse(text, none);
    return outcome(check_key_paths(projection->paths(), table));
  };
  EXPECT_EQ(check("pk, g, a.pk, a.g[0]"), "ok");
  EXPECT_EQ(check("a, pk.b"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: Key: pk");
  EXPECT_EQ(check("g[0]"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: IndexKey: g");
}

TEST(FilterKeys, AreRefused) {
  KeySchema keys{.hash = {{"pk", AttributeType::kS}}, .range = {{"sk", AttributeType::kS}}};
  Placeholders none;
  const auto filter =
      Condition::parse("a = b AND attribute_exists(sk)", ExpressionKind::kFilter, none);
  EXPECT_EQ(
      outcome(check_filter_keys(FilterParameter::kFilterExpression, filter->paths(), keys)),
      "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk");
  EXPECT_EQ(outcome(check_filter_keys(FilterParameter::kQueryFilter, {top_level_path("pk")}, keys)),
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: pk");
  EXPECT_EQ(outcome(check_filter_keys(FilterParameter::kQueryFilter, {top_level_path("x")}, keys)),
            "ok");
}

}  // namespace
}  // namespace tailrace::expression
