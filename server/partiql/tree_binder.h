// Expressions of a statement to bound trees of the expression room. (behaviour/dynamodb 4.4)
#pragma once

#include <string_view>

#include "server/expression/tree_builder.h"
#include "server/partiql/literals.h"
#include "server/partiql/statement.h"

namespace tailrace::partiql {

class TreeBinder {
 public:
  // All outlive it. `text` is the statement's.
  TreeBinder(std::string_view text, const Statement& statement, const Literals& literals)
      : text_(text), statement_(statement), literals_(literals) {}

  // Where a condition stands. Errors: what is none.
  Result<NodeIndex> condition(NodeIndex index);
  // Right-hand side of SET: operands, arithmetic, list_append, if_not_exists.
  Result<NodeIndex> update_value(NodeIndex index);
  // A list, a set …
  Result<NodeIndex> value(NodeIndex index);

  // `Unsupported operator: LIKE at 1:30:4`
  ApiError unsupported(const SyntaxNode& node) const;
  expression::TreeBuilder& builder() { return builder_; }

 private:
  Result<NodeIndex> group(const SyntaxNode& node, expression::NodeKind kind);
  Result<NodeIndex> test(const SyntaxNode& node, expression::NodeKind kind);
  Result<NodeIndex> equality(const SyntaxNode& node);
  Result<NodeIndex> in(const SyntaxNode& node);
  Result<NodeIndex> is_type(const SyntaxNode& node);
  Result<NodeIndex> call(const SyntaxNode& node);
  Result<NodeIndex> operand(NodeIndex index);
  Result<NodeIndex> update_node(const SyntaxNode& node, expression::NodeKind kind);
  NodeIndex path_node(const SyntaxNode& node);

  const SyntaxNode& node(NodeIndex index) const { return statement_.nodes[index]; }

  std::string_view text_;
  const Statement& statement_;
  const Literals& literals_;
  expression::TreeBuilder builder_;
};

}  // namespace tailrace::partiql
