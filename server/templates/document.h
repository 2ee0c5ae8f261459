// Document: a YAML or JSON file as a tree that remembers where each node stands, so that messages
// can name the place. YAML's short forms of CloudFormation (!Ref, !GetAtt, !Sub …) become their
// long forms while reading.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "storage/base/result.h"

namespace tailrace::templates {

struct Node;
struct NodeMember;
using NodeList = std::vector<Node>;
using NodeMap = std::vector<NodeMember>;  // In the file's order; names unique.

enum class ScalarStyle : std::uint8_t {
  kPlain,
  kQuoted
};  // Only plain scalars are read as numbers or booleans.

struct Scalar {
  std::string text;
  ScalarStyle style = ScalarStyle::kPlain;
};

struct Node {
  std::variant<std::monostate, Scalar, NodeList, NodeMap> value;  // monostate: null.
  int line = 0;                                                   // From 1; 0: not known.

  const Scalar* scalar() const { return std::get_if<Scalar>(&value); }
  const NodeList* list() const { return std::get_if<NodeList>(&value); }
  const NodeMap* map() const { return std::get_if<NodeMap>(&value); }
  bool is_null() const { return value.index() == 0; }
  const Node* find(
      std::string_view name) const;  // Member of a map; nullptr: no map, or no such member.
};

struct NodeMember {
  NodeMember(std::string of_name, Node of_node)
      : name(std::move(of_name)), node(std::move(of_node)) {}
  std::string name;
  Node node;
};

Node text_node(std::string text, int line);

// Errors: ValidationException `<file>:<line>: <what>`.
Result<Node> parse_document(std::string_view text, std::string_view file);
Result<Node> read_document(const std::filesystem::path& file);

// The tree as JSON text. Plain scalars that look like numbers, booleans or null are written as
// such.
std::string to_json(const Node& node);

}  // namespace tailrace::templates
