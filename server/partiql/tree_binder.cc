#include "server/partiql/tree_binder.h"

#include <vector>

#include "server/partiql/lexer.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

using expression::NodeKind;

struct FunctionName {
  std::string_view name;  // In any case in statements.
  NodeKind kind;
};
// (Developer Guide, "Use PartiQL functions with DynamoDB")
constexpr FunctionName kConditionFunctions[] = {{"begins_with", NodeKind::kBeginsWith},
                                                {"contains", NodeKind::kContains},
                                                {"attribute_type", NodeKind::kAttributeType},
                                             {"attribute_exists", NodeKind::kAttributeExists},
                                             {"attribute_not_exists",
                                              NodeKind::kAttributeNotExists}};
constexpr FunctionName kUpdateFunctions[] = {{"list_append", NodeKind::kListAppend},
                                             {"if_not_exists", NodeKind::kIfNotExists}};
constexpr std::string_view kSizeFunction = "size";
constexpr std::string_view kMissing = "missing";

template <std::size_t n>
const FunctionName* find_function(const FunctionName (&functions)[n], std::string_view name) {
  for (const FunctionName& function : functions)
    if (function.name == name) return &function;
  return nullptr;
}

// PartiQL's types that IS tests, in any case in statements. (behaviour/validation 14.4)
struct TypeName {
  std::string_view name;
  std::string_view type;
};
constexpr TypeName kTypeNames[] = {{"null", "NULL"}, {"boolean", "BOOL"}, {"string", "S"},
                                   {"numeric", "N"}, {"blob", "B"},       {"list", "L"},
                                   {"struct", "M"},  {"tuple", "M"}};

NodeKind comparator(SyntaxKind kind) {
  switch (kind) {
    case SyntaxKind::kLess:
      return NodeKind::kLess;
    case SyntaxKind::kLessOrEqual:
      return NodeKind::kLessOrEqual;
    case SyntaxKind::kGreater:
      return NodeKind::kGreater;
    case SyntaxKind::kGreaterOrEqual:
      return NodeKind::kGreaterOrEqual;
    case SyntaxKind::kNotEqual:
      return NodeKind::kNotEqual;
    default:
      return NodeKind::kEqual;
  }
}

}  // namespace

ApiError TreeBinder::unsupported(const SyntaxNode& node) const {
  const std::string place = place_text(text_, node.begin, node.end);
  if (node.kind == SyntaxKind::kCall)
    return validation_error(str_cat("Unrecognized function: ", node.text, " at ", place));
  if (node.kind == SyntaxKind::kOther)
    return validation_error(str_cat("Unsupported operator: ", node.text, " at ", place));
  return validation_error(str_cat("Unsupported expression at ", place));
}

Result<NodeIndex> TreeBinder::condition(NodeIndex index) {
  const SyntaxNode& node = this->node(index);
  switch (node.kind) {
    case SyntaxKind::kAnd:
      return group(node, NodeKind::kAnd);
    case SyntaxKind::kOr:
      return group(node, NodeKind::kOr);
    case SyntaxKind::kNot:
      return group(node, NodeKind::kNot);
    case SyntaxKind::kEqual:
    case SyntaxKind::kNotEqual:
      return equality(node);
    case SyntaxKind::kLess:
    case SyntaxKind::kLessOrEqual:
    case SyntaxKind::kGreater:
    case SyntaxKind::kGreaterOrEqual:
      return test(node, comparator(node.kind));
    case SyntaxKind::kBetween:
      return test(node, NodeKind::kBetween);
    case SyntaxKind::kIn:
      return in(node);
    case SyntaxKind::kIsType:
      return is_type(node);
    case SyntaxKind::kCall:
      return call(node);
    case SyntaxKind::kPath:
    case SyntaxKind::kLiteral:
    case SyntaxKind::kParameter:
    case SyntaxKind::kList:
    case SyntaxKind::kBag:
    case SyntaxKind::kMap:
    case SyntaxKind::kIon:
    case SyntaxKind::kStar:
    case SyntaxKind::kPlus:
    case SyntaxKind::kMinus:
    case SyntaxKind::kOther:
      break;
  }
  return unsupported(node);
}

Result<NodeIndex> TreeBinder::group(const SyntaxNode& node, NodeKind kind) {
  std::vector<NodeIndex> children;
  for (NodeIndex child = node.first; child != kNoNode; child = this->node(child).next) {
    TRY(const NodeIndex bound, condition(child));
    children.push_back(bound);
  }
  return builder_.node(kind, children);
}

Result<NodeIndex> TreeBinder::test(const SyntaxNode& node, NodeKind kind) {
  std::vector<NodeIndex> operands;
  for (NodeIndex child = node.first; child != kNoNode; child = this->node(child).next) {
    TRY(const NodeIndex bound, operand(child));
    operands.push_back(bound);
  }
  return builder_.node(kind, operands);
}

// attribute_exists(a) = TRUE is the call, attribute_exists(a) <> TRUE its negation.
Result<NodeIndex> TreeBinder::equality(const SyntaxNode& node) {
  const SyntaxNode& left = this->node(node.first);
  const SyntaxNode& right = this->node(left.next);
  const SyntaxNode& call = left.kind == SyntaxKind::kCall ? left : right;
  if (call.kind != SyntaxKind::kCall ||
      (call.text != "attribute_exists" && call.text != "attribute_not_exists"))
    return test(node, comparator(node.kind));
  TRY(const auto value, literals_.value(&call == &left ? right : left));
  const bool* const wanted = value ? value->as<bool>() : nullptr;
  if (wanted == nullptr) return unsupported(node);
  TRY(const NodeIndex bound, this->call(call));
  if (*wanted == (node.kind == SyntaxKind::kEqual)) return bound;
  return builder_.node(NodeKind::kNot, {bound});
}

Result<NodeIndex> TreeBinder::in(const SyntaxNode& node) {
  const SyntaxNode& list = this->node(this->node(node.first).next);
  TRY(const NodeIndex left, operand(node.first));
  std::vector<NodeIndex> operands{left};
  if (list.kind == SyntaxKind::kList || list.kind == SyntaxKind::kBag) {
    for (NodeIndex child = list.first; child != kNoNode; child = this->node(child).next) {
      TRY(const NodeIndex bound, operand(child));
      operands.push_back(bound);
    }
  } else {
    // One parameter for the whole list.
    TRY(auto values, literals_.value(list));
    auto* elements = values ? values->as<List>() : nullptr;
    if (elements == nullptr) return unsupported(list);
    for (AttributeValue& element : elements->values)
      operands.push_back(builder_.value(std::move(element)));
  }
  if (operands.size() == 1) return unsupported(list);
  constexpr std::size_t kOperandsMax = 100;
  if (operands.size() > kOperandsMax + 1) {
    return validation_error(
        str_cat("The IN operator is provided with too many operands; number of operands: ",
                operands.size() - 1));
  }
  // IN of one is =, which names a key.
  return builder_.node(operands.size() == 2 ? NodeKind::kEqual : NodeKind::kIn, operands);
}

Result<NodeIndex> TreeBinder::is_type(const SyntaxNode& node) {
  const SyntaxNode& left = this->node(node.first);
  if (left.kind != SyntaxKind::kPath) return unsupported(left);
  if (node.text == "missing")
    return builder_.node(NodeKind::kAttributeNotExists, {path_node(left)});
  for (const TypeName& name : kTypeNames) {
    if (name.name != node.text) continue;
    return builder_.node(NodeKind::kAttributeType,
                         {path_node(left), builder_.value({std::string(name.type)})});
  }
  return unsupported(node);
}

Result<NodeIndex> TreeBinder::call(const SyntaxNode& node) {
  if (node.text == kSizeFunction)
    return validation_error("WHERE clause must contain an expression that resolves to a boolean");
  const FunctionName* function = find_function(kConditionFunctions, node.text);
  if (function == nullptr) return unsupported(node);
  return test(node, function->kind);
}

// path | value | size(path)
Result<NodeIndex> TreeBinder::operand(NodeIndex index) {
  const SyntaxNode& node = this->node(index);
  if (node.kind == SyntaxKind::kPath) return path_node(node);
  if (node.kind == SyntaxKind::kCall && node.text == kSizeFunction) {
    if (node.first == kNoNode || this->node(node.first).next != kNoNode ||
        this->node(node.first).kind != SyntaxKind::kPath)
      return unsupported(node);
    return builder_.node(NodeKind::kSize, {path_node(this->node(node.first))});
  }
  return value(index);
}

Result<NodeIndex> TreeBinder::value(NodeIndex index) {
  if (node(index).kind == SyntaxKind::kOther && node(index).text == kMissing)
    return validation_error("MISSING must be compared using IS operator");
  TRY(auto value, literals_.value(node(index)));
  if (!value) return unsupported(node(index));
  return builder_.value(*std::move(value));
}

Result<NodeIndex> TreeBinder::update_value(NodeIndex index) {
  const SyntaxNode& node = this->node(index);
  if (node.kind == SyntaxKind::kPath) return path_node(node);
  if (node.kind == SyntaxKind::kPlus) return update_node(node, NodeKind::kPlus);
  if (node.kind == SyntaxKind::kMinus) return update_node(node, NodeKind::kMinus);
  if (node.kind != SyntaxKind::kCall) return value(index);
  const FunctionName* function = find_function(kUpdateFunctions, node.text);
  if (function == nullptr) return unsupported(node);
  return update_node(node, function->kind);
}

Result<NodeIndex> TreeBinder::update_node(const SyntaxNode& node, NodeKind kind) {
  std::vector<NodeIndex> operands;
  for (NodeIndex child = node.first; child != kNoNode; child = this->node(child).next) {
    TRY(const NodeIndex bound, update_value(child));
    operands.push_back(bound);
  }
  return builder_.node(kind, operands);
}

NodeIndex TreeBinder::path_node(const SyntaxNode& node) {
  return builder_.path(statement_.paths[node.position]);
}

}  // namespace tailrace::partiql
