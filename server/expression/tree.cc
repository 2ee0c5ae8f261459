#include "server/expression/tree.h"

#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {

std::string_view operator_text(NodeKind kind) {
  switch (kind) {
    case NodeKind::kPath:
      return "path";
    case NodeKind::kValue:
      return "value";
    case NodeKind::kSize:
      return "size";
    case NodeKind::kAttributeExists:
      return "attribute_exists";
    case NodeKind::kAttributeNotExists:
      return "attribute_not_exists";
    case NodeKind::kAttributeType:
      return "attribute_type";
    case NodeKind::kBeginsWith:
      return "begins_with";
    case NodeKind::kContains:
      return "contains";
    case NodeKind::kIfNotExists:
      return "if_not_exists";
    case NodeKind::kListAppend:
      return "list_append";
    case NodeKind::kUnknownFunction:
      return "?";
    case NodeKind::kEqual:
      return "=";
    case NodeKind::kNotEqual:
      return "<>";
    case NodeKind::kLess:
      return "<";
    case NodeKind::kLessOrEqual:
      return "<=";
    case NodeKind::kGreater:
      return ">";
    case NodeKind::kGreaterOrEqual:
      return ">=";
    case NodeKind::kBetween:
      return "BETWEEN";
    case NodeKind::kIn:
      return "IN";
    case NodeKind::kAnd:
      return "AND";
    case NodeKind::kOr:
      return "OR";
    case NodeKind::kNot:
      return "NOT";
    case NodeKind::kPlus:
      return "+";
    case NodeKind::kMinus:
      return "-";
  }
  return "";
}

bool is_comparator(NodeKind kind) {
  return kind >= NodeKind::kEqual && kind <= NodeKind::kGreaterOrEqual;
}

bool is_ordering(NodeKind kind) {
  return kind >= NodeKind::kLess && kind <= NodeKind::kGreaterOrEqual;
}

int child_count(const Tree& tree, const Node& node) {
  int count = 0;
  for (NodeIndex child = node.first; child != kNoNode; child = tree[child].next) ++count;
  return count;
}

std::optional<AttributeType> static_type(const Node& node) {
  switch (node.kind) {
    case NodeKind::kValue:
      return node.value->second.type();
    case NodeKind::kSize:
    case NodeKind::kPlus:
    case NodeKind::kMinus:
      return AttributeType::kN;
    case NodeKind::kListAppend:
      return AttributeType::kL;
    default:
      return std::nullopt;
  }
}

void append_dump(std::string& out, const Path& path) {
  if (path.is_top_level()) {
    out += path.root();
    return;
  }
  out += "(path";
  for (const PathElement& element : path.elements) {
    if (const auto* name = std::get_if<std::string>(&element)) {
      str_append(out, " ", *name);
    } else {
      str_append(out, " ", std::get<std::size_t>(element));
    }
  }
  out += ")";
}

void append_dump(std::string& out, const Tree& tree, const Node& node) {
  if (node.kind == NodeKind::kPath) {
    append_dump(out, tree.path(node));
    return;
  }
  if (node.kind == NodeKind::kValue) {
    out += node.value->first;
    return;
  }
  out += "(";
  for (const char c : operator_text(node.kind)) {
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const Node* child = tree.find(node.first); child; child = tree.find(child->next)) {
    out += " ";
    append_dump(out, tree, *child);
  }
  out += ")";
}

}  // namespace tailrace::expression
