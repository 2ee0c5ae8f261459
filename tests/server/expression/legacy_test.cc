#include "server/expression/legacy.h"

#include <gtest/gtest.h>

#include "server/expression/expression.h"
#include "tests/server/expression/expression_testing.h"

namespace tailrace::expression {
namespace {

using enum ComparisonOperator;

AttributeValue value(std::string_view json) {
  return parse_value_json(json);
}
std::vector<AttributeValue> values(std::initializer_list<std::string_view> texts) {
  std::vector<AttributeValue> all;
  for (const std::string_view text : texts) all.push_back(value(text));
  return all;
}

constexpr std::string_view kS = R"({"S":"b"})";
constexpr std::string_view kN = R"({"N":"5"})";
constexpr std::string_view kB = R"({"B":"AQ=="})";
constexpr std::string_view kSS = R"({"SS":["b"]})";
constexpr std::string_view kBool = R"({"BOOL":true})";
constexpr std::string_view kNothing = R"({"NULL":true})";
constexpr std::string_view kList = R"({"L":[{"S":"b"}]})";
constexpr std::string_view kMap = R"({"M":{}})";

TEST(LegacyOperators, AreKnownByName) {
  for (const std::string_view name :
       {"EQ", "NE", "IN", "LE", "LT", "GE", "GT", "BETWEEN", "NOT_NULL", "NULL", "CONTAINS",
        "NOT_CONTAINS", "BEGINS_WITH"}) {
    const auto op = parse_operator(name);
    ASSERT_TRUE(op) << name;
    EXPECT_EQ(operator_name(*op), name);
  }
  EXPECT_FALSE(parse_operator("eq"));
  EXPECT_FALSE(parse_operator(""));
  EXPECT_EQ(require_operator("eq").error().message,
            "One or more parameter values were invalid: Invalid comparison operator");
}

TEST(ConditionalOperators, NeedTwoConditions) {
  EXPECT_EQ(parse_conditional_operator("AND", 0).error().message,
            "ConditionalOperator cannot be used without Filter or Expected");
  EXPECT_EQ(
      parse_conditional_operator("?", 1).error().message,
      "ConditionalOperator can only be used when Filter or Expected has two or more elements");
  EXPECT_EQ(parse_conditional_operator("or", 2).error().message,
            "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]");
  EXPECT_EQ(*parse_conditional_operator("OR", 2), ConditionalOperator::kOr);
}

TEST(UpdateActions, AreKnownByName) {
  EXPECT_EQ(*parse_update_action("ADD"), UpdateAction::kAdd);
  EXPECT_EQ(parse_update_action("add").error().message,
            "Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action");
}

std::string checked(ComparisonOperator op, std::initializer_list<std::string_view> arguments) {
  return outcome(check_legacy_test({"a", op, values(arguments)}));
}

TEST(LegacyTest, TakesItsNumberOfArguments) {
  const auto error = [](std::string_view name) {
    return str_cat(
        "One or more parameter values were invalid: Invalid number of argument(s) for the ", name,
        " ComparisonOperator");
  };
  for (const auto op : {kEq, kNe, kLe, kLt, kGe, kGt, kContains, kNotContains, kBeginsWith}) {
    EXPECT_EQ(checked(op, {}), error(operator_name(op)));
    EXPECT_EQ(checked(op, {kS}), "ok");
    EXPECT_EQ(checked(op, {kS, kS}), error(operator_name(op)));
  }
  for (const auto op : {kNull, kNotNull}) {
    EXPECT_EQ(checked(op, {}), "ok");
    EXPECT_EQ(checked(op, {kS}), error(operator_name(op)));
  }
  EXPECT_EQ(checked(kBetween, {kS}), error("BETWEEN"));
  EXPECT_EQ(checked(kBetween, {kS, kS}), "ok");
  EXPECT_EQ(checked(kBetween, {kS, kS, kS}), error("BETWEEN"));
  EXPECT_EQ(checked(kIn, {}), error("IN"));
  EXPECT_EQ(checked(kIn, {kN, kN, kN, kN, kN}), "ok");
}

TEST(LegacyTest, TakesArgumentsOfOneType) {
  constexpr std::string_view kMixed =
      "One or more parameter values were invalid: AttributeValues inside AttributeValueList must "
      "be of same type";
  EXPECT_EQ(checked(kBetween, {kS, kN}), kMixed);
  EXPECT_EQ(checked(kIn, {kS, kBool}), kMixed);
}

TEST(LegacyTest, TakesTheTypesOfItsOperator) {
  const auto error = [](std::string_view name, std::string_view type) {
    return str_cat("One or more parameter values were invalid: ComparisonOperator ", name,
                   " is not valid for ", type, " AttributeValue type");
  };
  for (const std::string_view any : {kS, kN, kB, kSS, kBool, kNothing, kList, kMap}) {
    EXPECT_EQ(checked(kEq, {any}), "ok");
    EXPECT_EQ(checked(kNe, {any}), "ok");
  }
  for (const auto op : {kLe, kLt, kGe, kGt, kIn, kContains, kNotContains}) {
    for (const std::string_view scalar : {kS, kN, kB}) EXPECT_EQ(checked(op, {scalar}), "ok");
    EXPECT_EQ(checked(op, {kSS}), error(operator_name(op), "SS"));
    EXPECT_EQ(checked(op, {kBool}), error(operator_name(op), "BOOL"));
    EXPECT_EQ(checked(op, {kList}), error(operator_name(op), "L"));
  }
  EXPECT_EQ(checked(kBeginsWith, {kS}), "ok");
  EXPECT_EQ(checked(kBeginsWith, {kB}), "ok");
  EXPECT_EQ(checked(kBeginsWith, {kN}), error("BEGINS_WITH", "N"));
  EXPECT_EQ(checked(kBetween, {kMap, kMap}), error("BETWEEN", "M"));
}

TEST(LegacyTest, TakesBoundsInOrder) {
  EXPECT_EQ(checked(kBetween, {R"({"N":"10"})", kN}),
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound");
  EXPECT_EQ(checked(kBetween, {kN, R"({"N":"10"})"}), "ok");
}

bool holds(std::vector<LegacyTest> tests, ConditionalOperator op = ConditionalOperator::kAnd) {
  static const AttributeMap stored =
      item(R"({"l":{"L":[{"S":"b"}]},"n":{"N":"5"},"s":{"S":"abc"},"ss":{"SS":["a","b"]}})");
  ItemSource source(&stored);
  return legacy_condition(std::move(tests), op).evaluate(source);
}

TEST(LegacyCondition, HoldsAsItsOperatorSays) {
  const auto test = [](std::string_view attribute, ComparisonOperator op,
                       std::initializer_list<std::string_view> arguments) {
    return holds({{std::string(attribute), op, values(arguments)}});
  };
  EXPECT_TRUE(test("n", kEq, {kN}));
  EXPECT_FALSE(test("n", kEq, {kS}));
  EXPECT_TRUE(test("n", kNe, {kS}));
  EXPECT_TRUE(test("absent", kNe, {kS}));
  EXPECT_FALSE(test("absent", kEq, {kS}));
  EXPECT_TRUE(test("n", kIn, {R"({"N":"4"})", kN}));
  EXPECT_TRUE(test("n", kLe, {kN}));
  EXPECT_FALSE(test("n", kLt, {kN}));
  EXPECT_TRUE(test("n", kGe, {kN}));
  EXPECT_FALSE(test("n", kGt, {kN}));
  EXPECT_TRUE(test("n", kBetween, {R"({"N":"4"})", R"({"N":"6"})"}));
  EXPECT_TRUE(test("n", kNotNull, {}));
  EXPECT_FALSE(test("absent", kNotNull, {}));
  EXPECT_TRUE(test("absent", kNull, {}));
  EXPECT_FALSE(test("n", kNull, {}));
  EXPECT_TRUE(test("s", kContains, {kS}));
  EXPECT_TRUE(test("ss", kContains, {kS}));
  EXPECT_TRUE(test("l", kContains, {kS}));
  EXPECT_FALSE(test("n", kContains, {kS}));
  EXPECT_FALSE(test("s", kNotContains, {kS}));
  EXPECT_TRUE(test("n", kNotContains, {kS}));
  EXPECT_FALSE(test("absent", kNotContains, {kS}));
  EXPECT_TRUE(test("s", kBeginsWith, {R"({"S":"ab"})"}));
  EXPECT_FALSE(test("s", kBeginsWith, {kS}));
}

TEST(LegacyCondition, JoinsItsTests) {
  const LegacyTest right{"n", kEq, values({kN})};
  const LegacyTest wrong{"n", kEq, values({kS})};
  EXPECT_TRUE(holds({right, right}));
  EXPECT_FALSE(holds({right, wrong}));
  EXPECT_TRUE(holds({wrong, right}, ConditionalOperator::kOr));
  EXPECT_FALSE(holds({wrong, wrong}, ConditionalOperator::kOr));
  EXPECT_TRUE(holds({}));
  EXPECT_EQ(
      legacy_condition({right, {"s", kNotContains, values({kS})}}, ConditionalOperator::kOr).dump(),
      "(or (= n :0) (and (attribute_exists s) (not (contains s :1))))");
}

TEST(LegacyCondition, TellsItsPathsWhoseNamesMayHaveDots) {
  const Condition condition =
      legacy_condition({{"a.b", kNull, {}}, {"size", kNotNull, {}}}, ConditionalOperator::kAnd);
  ASSERT_EQ(condition.paths().size(), 2U);
  EXPECT_EQ(condition.paths()[0], top_level_path("a.b"));
  EXPECT_EQ(condition.paths()[1], top_level_path("size"));
}

std::string expected(ExpectedEntry entry) {
  return outcome(expected_test(std::move(entry)), [](const LegacyTest& test) {
    std::string text = str_cat(test.attribute, " ", operator_name(test.op));
    for (const AttributeValue& argument : test.values) str_append(text, " ", value_text(argument));
    return text;
  });
}

TEST(Expected, BecomesATest) {
  EXPECT_EQ(expected({.attribute = "a", .value = value(kS)}), "a EQ S:b");
  EXPECT_EQ(expected({.attribute = "a", .value = value(kS), .exists = true}), "a EQ S:b");
  EXPECT_EQ(expected({.attribute = "a", .exists = false}), "a NULL");
  EXPECT_EQ(expected({.attribute = "a", .value = value(kS), .op = kGt}), "a GT S:b");
  EXPECT_EQ(expected({.attribute = "a", .op = kBetween, .list = values({kN, kN})}),
            "a BETWEEN N:5 N:5");
  EXPECT_EQ(expected({.attribute = "a", .op = kNotNull}), "a NOT_NULL");
  EXPECT_EQ(expected({.attribute = "a", .op = kNull, .list = values({})}), "a NULL");
}

TEST(Expected, RefusesWhatDoesNotGoTogether) {
  const auto error = [](std::string_view text) {
    return str_cat("One or more parameter values were invalid: ", text);
  };
  EXPECT_EQ(
      expected(
          {.attribute = "a", .value = value(kS), .exists = true, .op = kEq, .list = values({kS})}),
      error("Value and AttributeValueList cannot be used together for Attribute: a"));
  EXPECT_EQ(expected({.attribute = "a", .exists = false, .op = kEq}),
            error("Exists and ComparisonOperator cannot be used together for Attribute: a"));
  EXPECT_EQ(
      expected({.attribute = "a", .op = kGe}),
      error(
          "Value or AttributeValueList must be used with ComparisonOperator: GE for Attribute: a"));
  EXPECT_EQ(expected({.attribute = "a", .op = kEq, .list = values({})}),
            error("Invalid number of argument(s) for the EQ ComparisonOperator"));
  EXPECT_EQ(expected({.attribute = "a", .value = value(kS), .op = kNull}),
            error("Invalid number of argument(s) for the NULL ComparisonOperator"));
  EXPECT_EQ(expected({.attribute = "a", .op = kIn, .list = values({kS, kN})}),
            error("AttributeValues inside AttributeValueList must be of same type"));
  EXPECT_EQ(
      expected({.attribute = "a", .list = values({kS})}),
      error("AttributeValueList can only be used with a ComparisonOperator for Attribute: a"));
  EXPECT_EQ(expected({.attribute = "a"}),
            error("Value must be provided when Exists is null for Attribute: a"));
  EXPECT_EQ(expected({.attribute = "a", .exists = true}),
            error("Value must be provided when Exists is true for Attribute: a"));
  EXPECT_EQ(expected({.attribute = "a", .value = value(kS), .exists = false}),
            error("Value cannot be used when Exists is false for Attribute: a"));
}

std::string updated(std::vector<LegacyUpdate> updates, std::string_view old) {
  const auto update = legacy_update(std::move(updates));
  if (!update) return update.error().message;
  const AttributeMap key = item(R"({"pk":{"S":"k"}})");
  const bool missing = old.empty();
  const AttributeMap before = missing ? AttributeMap() : item(old);
  return outcome(update->apply(missing ? nullptr : &before, key),
                 [](const std::optional<AttributeMap>& after) {
                   return after ? item_json(*after) : "nothing";
                 });
}
LegacyUpdate action(std::string_view attribute, UpdateAction kind, std::string_view json) {
  return {std::string(attribute), kind, json.empty() ? std::nullopt : std::optional(value(json))};
}

TEST(LegacyUpdate, AppliesItsActions) {
  using enum UpdateAction;
  constexpr std::string_view kOld =
      R"({"l":{"L":[{"N":"1"}]},"n":{"N":"1"},"s":{"S":"x"},"ss":{"SS":["a","b"]}})";
  EXPECT_EQ(updated({action("n", kAdd, kN), action("s", kPut, kN), action("l", kAdd, kList),
                     action("ss", kDelete, kSS)},
                    kOld),
            R"({"l":{"L":[{"N":"1"},{"S":"b"}]},"n":{"N":"6"},"s":{"N":"5"},"ss":{"SS":["a"]}})");
  EXPECT_EQ(
      updated({action("l", kDelete, ""), action("absent", kDelete, ""), action("n", kDelete, "")},
              kOld),
      R"({"s":{"S":"x"},"ss":{"SS":["a","b"]}})");
  EXPECT_EQ(updated({action("a.b", kPut, kS)}, "{}"), R"({"a.b":{"S":"b"}})");
  EXPECT_EQ(updated({}, kOld), kOld);
}

TEST(LegacyUpdate, CreatesItems) {
  using enum UpdateAction;
  EXPECT_EQ(updated({}, ""), R"({"pk":{"S":"k"}})");
  EXPECT_EQ(updated({action("n", kAdd, kN), action("l", kAdd, kList)}, ""),
            R"({"l":{"L":[{"S":"b"}]},"n":{"N":"5"},"pk":{"S":"k"}})");
  EXPECT_EQ(updated({action("n", kDelete, ""), action("ss", kDelete, kSS)}, ""), "nothing");
}

TEST(LegacyUpdate, RefusesTypesThatItsActionsCannotHandle) {
  using enum UpdateAction;
  const auto error = [](std::string_view text) {
    return str_cat("One or more parameter values were invalid: ", text);
  };
  EXPECT_EQ(updated({action("a", kPut, "")}, "{}"),
            error("Only DELETE action is allowed when no attribute value is specified"));
  EXPECT_EQ(updated({action("a", kAdd, "")}, "{}"),
            error("Only DELETE action is allowed when no attribute value is specified"));
  for (const auto& [json, type] :
       {std::pair{kS, "S"}, {kB, "B"}, {kBool, "BOOL"}, {kNothing, "NULL"}, {kMap, "M"}}) {
    EXPECT_EQ(updated({action("a", kAdd, json)}, "{}"),
              error(str_cat("ADD action is not supported for the type ", type)));
  }
  for (const auto& [json, type] : {std::pair{kS, "S"}, {kN, "N"}, {kList, "L"}, {kMap, "M"}}) {
    EXPECT_EQ(updated({action("a", kDelete, json)}, "{}"),
              error(str_cat("DELETE action with value is not supported for the type ", type)));
  }
  EXPECT_EQ(updated({action("a", kAdd, kN)}, R"({"a":{"S":"x"}})"),
            "Type mismatch for attribute to update");
  EXPECT_EQ(updated({action("a", kDelete, kSS)}, R"({"a":{"NS":["1"]}})"),
            "Type mismatch for attribute to update");
}

TEST(AttributesToGet, AreEachNamedOnce) {
  EXPECT_EQ(outcome(check_attributes_to_get({"a", "b", "a.b"})), "ok");
  EXPECT_EQ(outcome(check_attributes_to_get({"a", "b", "c", "b"})),
            "One or more parameter values were invalid: Duplicate value in attribute name: b");
}

}  // namespace
}  // namespace tailrace::expression
