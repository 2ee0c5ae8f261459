// The tree of a condition, or of the values of an update: nodes in one vector, named by position,
// in the order in which they were read (operands before what uses them). Nothing here is recursive
// to build, copy or destroy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/expression/path.h"
#include "storage/value/attribute_value.h"

namespace tailrace::expression {

enum class NodeKind : std::uint8_t {
  // Operands.
  kPath,
  kValue,
  // Functions.
  kSize,
  kAttributeExists,
  kAttributeNotExists,
  kAttributeType,
  kBeginsWith,
  kContains,
  kIfNotExists,
  kListAppend,
  kUnknownFunction,  // Only until the parser has finished: it refuses them.
  // Tests.
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,
  kIn,
  // Logic; AND and OR have any number of children.
  kAnd,
  kOr,
  kNot,
  // Arithmetic.
  kPlus,
  kMinus,
};

// As expressions and messages spell it: "=", "BETWEEN", "attribute_exists". Not for operands.
std::string_view operator_text(NodeKind kind);
bool is_comparator(NodeKind kind);
bool is_ordering(NodeKind kind);  // <, <=, >, >=

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = UINT32_MAX;

struct Node {
  NodeKind kind = NodeKind::kPath;
  std::uint16_t begin = 0;  // kValue: place of the reference in the text.
  std::uint16_t end = 0;
  NodeIndex first = kNoNode;  // First child.
  NodeIndex next = kNoNode;   // Next child of the same parent.
  std::uint32_t path = 0;     // kPath: position in Tree::paths.
  const AttributeMap::Entry* value =
      nullptr;  // kValue, once bound: the reference and what it stands for.
};

struct Tree {
  std::vector<Node> nodes;
  std::vector<Path> paths;  // In the order written. Until bound, "#n" for names to be replaced.
  std::shared_ptr<const void> values;  // Owns what Node::value points to.
  NodeIndex root = kNoNode;

  NodeIndex add(Node node) {
    nodes.push_back(node);
    return static_cast<NodeIndex>(nodes.size() - 1);
  }
  const Node& operator[](NodeIndex index) const { return nodes[index]; }
  Node& operator[](NodeIndex index) { return nodes[index]; }
  const Node& first(const Node& node) const { return nodes[node.first]; }
  const Node& next(const Node& node) const { return nodes[node.next]; }
  const Node* find(NodeIndex index) const { return index == kNoNode ? nullptr : &nodes[index]; }
  const Path& path(const Node& node) const { return paths[node.path]; }
};

int child_count(const Tree& tree, const Node& node);
// Type that an operand has whatever the item holds; nullopt: it depends on the item.
std::optional<AttributeType> static_type(const Node& node);
// S-expression, for tests: (and (= a :v) (not (< (path b 3) c)))
void append_dump(std::string& out, const Tree& tree, const Node& node);
void append_dump(std::string& out, const Path& path);

}  // namespace tailrace::expression
