#include "server/expression/bind.h"

#include <algorithm>

#include "server/expression/functions.h"
#include "server/expression/token_stream.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

// The left one included. (behaviour/dynamodb 2.7) Statements have a limit of their own.
constexpr int kInOperandsMax = 100;

// What attribute_type accepts, in the order in which messages list it.
constexpr std::string_view kTypeNames[] = {"B",  "NULL", "SS", "BOOL", "L",
                                           "BS", "N",    "NS", "S",    "M"};
constexpr std::string_view kAnyType = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";

bool is_orderable(AttributeType type) {
  return type == AttributeType::kS || type == AttributeType::kN || type == AttributeType::kB;
}

ApiError count_error(ExpressionKind kind, std::string_view name, int count) {
  return expression_error(
      kind, str_cat("Incorrect number of operands for operator or function; operator or function: ",
                    name, ", number of operands: ", count));
}

// Checks of one test, whose names and values are bound.
class TestCheck {
 public:
  TestCheck(ExpressionKind kind, const Tree& tree) : kind_(kind), tree_(tree) {}

  // In the service's order: number of operands, distinct operands, the rest.
  Result<void> check(const Node& test) const {
    TRY_VOID(check_counts(test));
    TRY_VOID(check_distinct(test));
    for (const Node* operand = tree_.find(test.first); operand;
         operand = tree_.find(operand->next)) {
      TRY_VOID(check_size_operand(*operand));
    }
    return check_operands(test);
  }

 private:
  Result<void> check_counts(const Node& test) const {
    for (const Node* operand = tree_.find(test.first); operand;
         operand = tree_.find(operand->next)) {
      if (operand->kind == NodeKind::kSize) TRY_VOID(check_counts(*operand));
    }
    if (test.kind == NodeKind::kIn) {
      const int count = child_count(tree_, test);
      if (count > kInOperandsMax && kind_ != ExpressionKind::kStatement)
        return count_error(kind_, "IN", count);
      return {};
    }
    return check_operand_count(kind_, tree_, test);
  }

  Result<void> check_distinct(const Node& test) const {
    const bool several = test.kind == NodeKind::kIn || test.kind == NodeKind::kBetween;
    if (several ? kind_ != ExpressionKind::kStatement
                : !is_comparator(test.kind) && test.kind != NodeKind::kContains)
      return {};
    const Node& first = tree_.first(test);
    if (first.kind != NodeKind::kPath) return {};
    const Node* same = tree_.find(first.next);
    while (same != nullptr &&
           (same->kind != NodeKind::kPath || tree_.path(*same) != tree_.path(first)))
      same = tree_.find(same->next);
    if (same == nullptr) return {};
    return expression_error(
        kind_,
        str_cat(
            "The first operand must be distinct from the remaining operands for this operator or "
            "function; operator: ",
            operator_text(test.kind), ", first operand: ", path_text(tree_.path(first))));
  }

  // size of something that can never have one.
  Result<void> check_size_operand(const Node& node) const {
    if (node.kind != NodeKind::kSize) return {};
    const Node& operand = tree_.first(node);
    TRY_VOID(check_size_operand(operand));
    const auto type = static_type(operand);
    if (type == AttributeType::kN || type == AttributeType::kBool || type == AttributeType::kNull) {
      return operand_type_error(kind_, "size", type_name(*type));
    }
    return {};
  }

  Result<void> check_operands(const Node& test) const {
    switch (test.kind) {
      case NodeKind::kAttributeExists:
      case NodeKind::kAttributeNotExists:
        if (tree_.first(test).kind != NodeKind::kPath)
          return path_required_error(kind_, operator_text(test.kind));
        return {};
      case NodeKind::kAttributeType:
        return check_type_name(tree_.next(tree_.first(test)));
      case NodeKind::kBeginsWith:
        return check_types(test, [](AttributeType type) {
          return type == AttributeType::kS || type == AttributeType::kB;
        });
      case NodeKind::kBetween:
        TRY_VOID(check_types(test, is_orderable));
        return check_bounds(test);
      default:
        return is_ordering(test.kind) ? check_types(test, is_orderable) : Result<void>();
    }
  }

  // Every operand whose type is known must be of an allowed one.
  template <class Allowed>
  Result<void> check_types(const Node& test, Allowed allowed) const {
    for (const Node* operand = tree_.find(test.first); operand;
         operand = tree_.find(operand->next)) {
      const auto type = static_type(*operand);
      if (type && !allowed(*type))
        return operand_type_error(kind_, operator_text(test.kind), type_name(*type));
    }
    return {};
  }

  Result<void> check_type_name(const Node& operand) const {
    if (operand.kind != NodeKind::kValue) {
      const auto type = static_type(operand);
      return operand_type_error(kind_, "attribute_type", type ? type_name(*type) : kAnyType);
    }
    const auto* name = operand.value->second.as<std::string>();
    if (!name)
      return operand_type_error(kind_, "attribute_type", type_name(operand.value->second.type()));
    if (std::find(std::begin(kTypeNames), std::end(kTypeNames), *name) != std::end(kTypeNames))
      return {};
    std::string all;
    for (const std::string_view valid : kTypeNames) str_append(all, all.empty() ? "" : ",", valid);
    return expression_error(kind_, str_cat("Invalid attribute type name found; type: ", *name,
                                           ", valid types: {", all, "}"));
  }

  Result<void> check_bounds(const Node& test) const {
    const Node& lower = tree_.next(tree_.first(test));
    const Node& upper = tree_.next(lower);
    if (lower.kind != NodeKind::kValue || upper.kind != NodeKind::kValue) return {};
    const AttributeValue& low = lower.value->second;
    const AttributeValue& high = upper.value->second;
    std::string_view rule;
    if (low.type() != high.type()) {
      rule = "same data type for lower and upper bounds";
    } else if (compare_scalars(low, high) > 0) {
      rule = "upper bound to be greater than or equal to lower bound";
    } else {
      return {};
    }
    return expression_error(
        kind_, str_cat("The BETWEEN operator requires ", rule,
                       "; lower bound operand: AttributeValue: {", value_text(low),
                       "}, upper bound operand: AttributeValue: {", value_text(high), "}"));
  }

  ExpressionKind kind_;
  const Tree& tree_;
};

bool is_test(NodeKind kind) {
  const Function* function = find_function(kind);
  if (function) return function->use == FunctionUse::kCondition;
  return is_comparator(kind) || kind == NodeKind::kBetween || kind == NodeKind::kIn;
}

}  // namespace

Result<void> bind_names(ExpressionKind kind, Path& path, Placeholders& placeholders) {
  for (PathElement& element : path.elements) {
    auto* name = std::get_if<std::string>(&element);
    if (!name || name->front() != '#') continue;
    const std::string* replacement = placeholders.use_name(*name);
    if (!replacement) {
      return expression_error(kind, str_cat("An expression attribute name used in the document "
                                            "path is not defined; attribute name: ",
                                            *name));
    }
    *name = *replacement;
  }
  return {};
}

Result<void> bind_value(ExpressionKind kind,
                        std::string_view text,
                        Node& node,
                        Placeholders& placeholders) {
  const std::string_view reference =
      text.substr(node.begin, static_cast<std::size_t>(node.end - node.begin));
  node.value = placeholders.use_value(reference);
  if (node.value) return {};
  return expression_error(
      kind,
      str_cat("An expression attribute value used in expression is not defined; attribute value: ",
              reference));
}

Result<void> check_operand_count(ExpressionKind kind, const Tree& tree, const Node& node) {
  const Function* function = find_function(node.kind);
  if (!function) return {};
  const int count = child_count(tree, node);
  if (count == function->operands) return {};
  return count_error(kind, function->name, count);
}

ApiError operand_type_error(ExpressionKind kind,
                            std::string_view operator_name,
                            std::string_view type) {
  return expression_error(
      kind, str_cat("Incorrect operand type for operator or function; operator or function: ",
                    operator_name, ", operand type: ", type));
}

ApiError path_required_error(ExpressionKind kind, std::string_view function) {
  return expression_error(
      kind,
      str_cat("Operator or function requires a document path; operator or function: ", function));
}

Result<void> bind_node(ExpressionKind kind,
                       std::string_view text,
                       Tree& tree,
                       Node& node,
                       Placeholders& placeholders) {
  if (node.kind == NodeKind::kPath) return bind_names(kind, tree.paths[node.path], placeholders);
  if (node.kind == NodeKind::kValue) return bind_value(kind, text, node, placeholders);
  return is_test(node.kind) ? TestCheck(kind, tree).check(node) : Result<void>();
}

Result<void> bind_condition(ExpressionKind kind,
                            std::string_view text,
                            Tree& tree,
                            Placeholders& placeholders) {
  tree.values = placeholders.values();
  for (Node& node : tree.nodes) TRY_VOID(bind_node(kind, text, tree, node, placeholders));
  return {};
}

Result<void> check_condition(ExpressionKind kind, const Tree& tree) {
  const TestCheck checks(kind, tree);
  for (const Node& node : tree.nodes)
    if (is_test(node.kind)) TRY_VOID(checks.check(node));
  return {};
}

}  // namespace tailrace::expression
