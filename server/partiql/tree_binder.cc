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
                                                {"attribute_type", NodeKind::kAttributeType}};
constexpr FunctionName kUpdateFunctions[] = {{"list_append", NodeKind::kListAppend},
                                             {"if_not_exists", NodeKind::kIfNotExists}};
constexpr std::string_view kSizeFunction = "size";

template <std::size_t n>
const FunctionName* find_function(const FunctionName (&functions)[n], std::string_view name) {
  for (const FunctionName& function : functions)
    if (function.name == name) return &function;
  return nullptr;
}

// PartiQL's types, as IS names them.
struct TypeName {
  std::string_view name;
  std::vector<std::string_view> types;
};
const std::vector<TypeName>& type_names() {
  static const std::vector<TypeName> kTypes = {
      {"null", {"NULL"}},    {"bool", {"BOOL"}},    {"boolean", {"BOOL"}}, {"string", {"S"}},
      {"decimal", {"N"}},    {"numeric", {"N"}},    {"integer", {"N"}},    {"int", {"N"}},
      {"float", {"N"}},      {"blob", {"B"}},       {"list", {"L"}},       {"struct", {"M"}},
      {"tuple", {"M"}},      {"bag", {"SS", "NS", "BS"}},
  };
  return kTypes;
}

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
    default:
      return NodeKind::kEqual;
  }
}

}  // namespace

ApiError TreeBinder::unsupported(const SyntaxNode& node) const {
  const std::string place = place_text(text_, node.begin, node.end);
  if (node.kind == SyntaxKind::kCall)
    return validation_error(str_cat("Unsupported function: ", node.text, " at ", place));
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
    case SyntaxKind::kLess:
    case SyntaxKind::kLessOrEqual:
    case SyntaxKind::kGreater:
    case SyntaxKind::kGreaterOrEqual:
      return test(node, comparator(node.kind));
    case SyntaxKind::kBetween:
      return test(node, NodeKind::kBetween);
    case SyntaxKind::kNotEqual:
      return not_equal(node);
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

// A missing attribute is not unequal to anything, unlike in condition expressions.
Result<NodeIndex> TreeBinder::not_equal(const SyntaxNode& node) {
  TRY(const NodeIndex unequal, test(node, NodeKind::kNotEqual));
  std::vector<NodeIndex> parts;
  for (NodeIndex child = node.first; child != kNoNode; child = this->node(child).next) {
    const SyntaxNode& side = this->node(child);
    const SyntaxNode& path = side.kind == SyntaxKind::kCall ? this->node(side.first) : side;
    if (path.kind == SyntaxKind::kPath)
      parts.push_back(builder_.node(NodeKind::kAttributeExists, {path_node(path)}));
  }
  parts.push_back(unequal);
  return builder_.node(NodeKind::kAnd, parts);
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
  return builder_.node(NodeKind::kIn, operands);
}

Result<NodeIndex> TreeBinder::is_type(const SyntaxNode& node) {
  const SyntaxNode& left = this->node(node.first);
  if (left.kind != SyntaxKind::kPath) return unsupported(left);
  if (node.text == "missing")
    return builder_.node(NodeKind::kAttributeNotExists, {path_node(left)});
  std::vector<NodeIndex> tests;
  for (const TypeName& name : type_names()) {
    if (name.name != node.text) continue;
    for (const std::string_view type : name.types)
      tests.push_back(builder_.node(NodeKind::kAttributeType,
                                    {path_node(left), builder_.value({std::string(type)})}));
  }
  if (tests.empty()) return unsupported(node);
  return tests.size() == 1 ? tests.front() : builder_.node(NodeKind::kOr, tests);
}

Result<NodeIndex> TreeBinder::call(const SyntaxNode& node) {
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
