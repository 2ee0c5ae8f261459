#include "server/expression/legacy.h"

#include <algorithm>
#include <set>

#include "server/expression/tree_builder.h"
#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

// Types of arguments that an operator takes.
enum class Arguments : std::uint8_t { kAny, kScalars, kTexts };
constexpr std::size_t kNoLimit = SIZE_MAX;
struct OperatorRule {
  ComparisonOperator op;
  std::string_view name;
  std::size_t values_min;
  std::size_t values_max;
  Arguments arguments;
};
constexpr OperatorRule kOperators[] = {
    {ComparisonOperator::kEq, "EQ", 1, 1, Arguments::kAny},
    {ComparisonOperator::kNe, "NE", 1, 1, Arguments::kAny},
    {ComparisonOperator::kIn, "IN", 1, kNoLimit, Arguments::kScalars},
    {ComparisonOperator::kLe, "LE", 1, 1, Arguments::kScalars},
    {ComparisonOperator::kLt, "LT", 1, 1, Arguments::kScalars},
    {ComparisonOperator::kGe, "GE", 1, 1, Arguments::kScalars},
    {ComparisonOperator::kGt, "GT", 1, 1, Arguments::kScalars},
    {ComparisonOperator::kBetween, "BETWEEN", 2, 2, Arguments::kScalars},
    {ComparisonOperator::kNotNull, "NOT_NULL", 0, 0, Arguments::kAny},
    {ComparisonOperator::kNull, "NULL", 0, 0, Arguments::kAny},
    {ComparisonOperator::kContains, "CONTAINS", 1, 1, Arguments::kScalars},
    {ComparisonOperator::kNotContains, "NOT_CONTAINS", 1, 1, Arguments::kScalars},
    {ComparisonOperator::kBeginsWith, "BEGINS_WITH", 1, 1, Arguments::kTexts},
};

const OperatorRule& rule_of(ComparisonOperator op) {
  const OperatorRule& rule = kOperators[static_cast<std::size_t>(op)];
  CHECK(rule.op == op);
  return rule;
}

template <class... Parts>
ApiError invalid(const Parts&... parts) {
  return validation_error(str_cat("One or more parameter values were invalid: ", parts...));
}

bool allows(Arguments arguments, AttributeType type) {
  if (arguments == Arguments::kAny) return true;
  if (type == AttributeType::kS || type == AttributeType::kB) return true;
  return type == AttributeType::kN && arguments == Arguments::kScalars;
}

NodeKind node_kind(ComparisonOperator op) {
  switch (op) {
    case ComparisonOperator::kEq:
      return NodeKind::kEqual;
    case ComparisonOperator::kNe:
      return NodeKind::kNotEqual;
    case ComparisonOperator::kIn:
      return NodeKind::kIn;
    case ComparisonOperator::kLe:
      return NodeKind::kLessOrEqual;
    case ComparisonOperator::kLt:
      return NodeKind::kLess;
    case ComparisonOperator::kGe:
      return NodeKind::kGreaterOrEqual;
    case ComparisonOperator::kGt:
      return NodeKind::kGreater;
    case ComparisonOperator::kBetween:
      return NodeKind::kBetween;
    case ComparisonOperator::kNotNull:
      return NodeKind::kAttributeExists;
    case ComparisonOperator::kNull:
      return NodeKind::kAttributeNotExists;
    case ComparisonOperator::kContains:
    case ComparisonOperator::kNotContains:
      return NodeKind::kContains;
    case ComparisonOperator::kBeginsWith:
      return NodeKind::kBeginsWith;
  }
  return NodeKind::kEqual;
}

NodeIndex add_test(TreeBuilder& tree, LegacyTest& test) {
  std::vector<NodeIndex> operands{tree.path(top_level_path(test.attribute))};
  for (AttributeValue& value : test.values) operands.push_back(tree.value(std::move(value)));
  const NodeIndex node = tree.node(node_kind(test.op), operands);
  if (test.op != ComparisonOperator::kNotContains) return node;
  // Of a missing attribute neither CONTAINS nor NOT_CONTAINS holds.
  const NodeIndex exists =
      tree.node(NodeKind::kAttributeExists, {tree.path(top_level_path(test.attribute))});
  return tree.node(NodeKind::kAnd, {exists, tree.node(NodeKind::kNot, {node})});
}

KeyOperator key_operator(ComparisonOperator op) {
  switch (op) {
    case ComparisonOperator::kEq:
      return KeyOperator::kEqual;
    case ComparisonOperator::kLe:
      return KeyOperator::kLessOrEqual;
    case ComparisonOperator::kLt:
      return KeyOperator::kLess;
    case ComparisonOperator::kGe:
      return KeyOperator::kGreaterOrEqual;
    case ComparisonOperator::kGt:
      return KeyOperator::kGreater;
    case ComparisonOperator::kBetween:
      return KeyOperator::kBetween;
    case ComparisonOperator::kBeginsWith:
      return KeyOperator::kBeginsWith;
    case ComparisonOperator::kNe:
    case ComparisonOperator::kIn:
    case ComparisonOperator::kNotNull:
    case ComparisonOperator::kNull:
    case ComparisonOperator::kContains:
    case ComparisonOperator::kNotContains:
      break;
  }
  return KeyOperator::kNotIndexable;
}

bool is_set(AttributeType type) {
  return type == AttributeType::kSS || type == AttributeType::kNS || type == AttributeType::kBS;
}

Result<void> check_legacy_update(const LegacyUpdate& update) {
  if (!update.value) {
    if (update.action == UpdateAction::kDelete) return {};
    return invalid("Only DELETE action is allowed when no attribute value is specified");
  }
  const AttributeType type = update.value->type();
  switch (update.action) {
    case UpdateAction::kPut:
      return {};
    case UpdateAction::kAdd:
      if (is_set(type) || type == AttributeType::kN || type == AttributeType::kL) return {};
      return invalid("ADD action is not supported for the type ", type_name(type));
    case UpdateAction::kDelete:
      if (is_set(type)) return {};
      return invalid("DELETE action with value is not supported for the type ", type_name(type));
  }
  return {};
}

ActionKind action_kind(const LegacyUpdate& update) {
  switch (update.action) {
    case UpdateAction::kPut:
      return ActionKind::kSet;
    case UpdateAction::kAdd:
      return ActionKind::kAdd;
    case UpdateAction::kDelete:
      return update.value ? ActionKind::kDelete : ActionKind::kRemove;
  }
  return ActionKind::kSet;
}

}  // namespace

std::string_view operator_name(ComparisonOperator op) {
  return rule_of(op).name;
}

std::optional<ComparisonOperator> parse_operator(std::string_view name) {
  for (const OperatorRule& rule : kOperators) {
    if (rule.name == name) return rule.op;
  }
  return std::nullopt;
}

Result<ComparisonOperator> require_operator(std::string_view name) {
  const auto op = parse_operator(name);
  if (!op) return invalid("Invalid comparison operator");
  return *op;
}

Result<void> check_legacy_test(const LegacyTest& test) {
  const OperatorRule& rule = rule_of(test.op);
  if (test.values.size() < rule.values_min || test.values.size() > rule.values_max) {
    return invalid("Invalid number of argument(s) for the ", rule.name, " ComparisonOperator");
  }
  for (const AttributeValue& value : test.values) {
    if (value.type() != test.values.front().type()) {
      return invalid("AttributeValues inside AttributeValueList must be of same type");
    }
  }
  for (const AttributeValue& value : test.values) {
    if (!allows(rule.arguments, value.type())) {
      return invalid("ComparisonOperator ", rule.name, " is not valid for ",
                     type_name(value.type()), " AttributeValue type");
    }
  }
  if (test.op == ComparisonOperator::kBetween &&
      compare_scalars(test.values[0], test.values[1]) > 0) {
    return validation_error(
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
        "upper bound");
  }
  return {};
}

Condition legacy_condition(std::vector<LegacyTest> tests, ConditionalOperator op) {
  if (tests.empty()) return Condition(Tree{});
  TreeBuilder tree;
  std::vector<NodeIndex> parts;
  for (LegacyTest& test : tests) parts.push_back(add_test(tree, test));
  if (parts.size() == 1) return Condition(tree.finish(parts.front()));
  const NodeKind kind = op == ConditionalOperator::kAnd ? NodeKind::kAnd : NodeKind::kOr;
  return Condition(tree.finish(tree.node(kind, parts)));
}

KeyCondition legacy_key_condition(std::vector<LegacyTest> tests) {
  KeyCondition condition{.tests = {}, .legacy = true};
  for (LegacyTest& test : tests) {
    condition.tests.push_back({.attribute = std::move(test.attribute),
                               .op = key_operator(test.op),
                               .values = std::move(test.values)});
  }
  return condition;
}

Result<LegacyTest> expected_test(ExpectedEntry entry) {
  const std::string& name = entry.attribute;
  if (entry.value && entry.list) {
    return invalid("Value and AttributeValueList cannot be used together for Attribute: ", name);
  }
  if (entry.exists && entry.op) {
    return invalid("Exists and ComparisonOperator cannot be used together for Attribute: ", name);
  }
  LegacyTest test{.attribute = name, .op = ComparisonOperator::kEq, .values = {}};
  if (entry.op) {
    test.op = *entry.op;
    if (!entry.value && !entry.list && rule_of(test.op).values_min > 0) {
      return invalid("Value or AttributeValueList must be used with ComparisonOperator: ",
                     operator_name(test.op), " for Attribute: ", name);
    }
    if (entry.list) test.values = *std::move(entry.list);
    if (entry.value) test.values.push_back(*std::move(entry.value));
    TRY_VOID(check_legacy_test(test));
    return test;
  }
  if (entry.list) {
    return invalid("AttributeValueList can only be used with a ComparisonOperator for Attribute: ",
                   name);
  }
  const bool exists = entry.exists.value_or(true);
  if (exists && !entry.value) {
    return invalid("Value must be provided when Exists is ", entry.exists ? "true" : "null",
                   " for Attribute: ", name);
  }
  if (!exists && entry.value) {
    return invalid("Value cannot be used when Exists is false for Attribute: ", name);
  }
  if (exists) {
    test.values.push_back(*std::move(entry.value));
  } else {
    test.op = ComparisonOperator::kNull;
  }
  return test;
}

Result<ConditionalOperator> parse_conditional_operator(std::string_view name,
                                                       std::size_t conditions) {
  if (conditions == 0)
    return validation_error("ConditionalOperator cannot be used without Filter or Expected");
  if (conditions == 1)
    return validation_error(
        "ConditionalOperator can only be used when Filter or Expected has two or more elements");
  if (name == "AND") return ConditionalOperator::kAnd;
  if (name == "OR") return ConditionalOperator::kOr;
  return validation_error(  // (sic) There is no ALL.
      "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]");
}

Result<UpdateAction> parse_update_action(std::string_view name) {
  if (name == "PUT") return UpdateAction::kPut;
  if (name == "ADD") return UpdateAction::kAdd;
  if (name == "DELETE") return UpdateAction::kDelete;
  return validation_error(  // (sic) With the quote.
      "Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action");
}

Result<Update> legacy_update(std::vector<LegacyUpdate> updates) {
  TreeBuilder tree;
  std::vector<Action> actions;
  std::vector<Path> targets;
  for (LegacyUpdate& update : updates) {
    TRY_VOID(check_legacy_update(update));
    Action action{.kind = action_kind(update)};
    if (update.value) action.value = tree.value(*std::move(update.value));
    actions.push_back(action);
    targets.push_back(top_level_path(std::move(update.attribute)));
  }
  return Update(UpdateDialect::kLegacy, std::move(actions), std::move(targets),
                tree.finish(kNoNode));
}

Result<void> check_attributes_to_get(const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) return invalid("Duplicate value in attribute name: ", name);
  }
  return {};
}

}  // namespace tailrace::expression
