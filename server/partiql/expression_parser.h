// Expressions within PartiQL statements: terms, operators by their precedence, paths.
#pragma once

#include "server/partiql/statement.h"
#include "server/partiql/token_reader.h"

namespace tailrace::partiql {

// Deeper nesting is refused: values nest 32 levels at most, conditions hardly more.
inline constexpr int kNestingMax = 200;

// A call of EXISTS where none can stand, and any statement without a verb that looks like one.
ApiError exists_elsewhere();

class ExpressionParser {
 public:
  ExpressionParser(TokenReader& tokens, Statement& statement)
      : tokens_(tokens), statement_(statement) {}

  Result<NodeIndex> expression() { return expression(Precedence::kNone); }
  // `a.b[1]."c"`: position in Statement::paths. Errors: `Expected identifier for simple path`.
  Result<std::uint32_t> simple_path();

 private:
  // As in SQL, weakest first.
  enum class Precedence : std::uint8_t {
    kNone,
    kOr,
    kAnd,
    kNot,
    kEquality,
    kComparison,
    kAddition,
    kMultiplication,
  };
  struct Infix {
    SyntaxKind kind;
    Precedence precedence;
  };
  enum class Negation : std::uint8_t { kPlain, kNegated };

  Result<NodeIndex> expression(Precedence weaker);
  std::optional<Infix> infix(Negation negation) const;
  Result<NodeIndex> infix_operation(Infix infix, NodeIndex left);
  Result<NodeIndex> is_type(NodeIndex left);
  Result<NodeIndex> in_list(NodeIndex left);
  Result<NodeIndex> between(NodeIndex left);
  Result<NodeIndex> unary();
  Result<NodeIndex> term();
  Result<NodeIndex> keyword_term();
  Result<NodeIndex> path();
  Result<NodeIndex> call();
  Result<NodeIndex> group();
  NodeIndex ion();
  Result<NodeIndex> number(std::string_view sign);
  // `open` is current: items, then `close`.
  Result<NodeIndex> sequence(SyntaxKind kind, TokenKind close);
  Result<NodeIndex> map();
  Result<void> path_step(expression::Path& path);

  NodeIndex add(SyntaxKind kind, const Token& token, NodeIndex first = kNoNode);
  NodeIndex add_literal(const Token& token, AttributeValue value);
  NodeIndex joined(SyntaxKind kind, NodeIndex left, NodeIndex right);
  SyntaxNode& node(NodeIndex index) { return statement_.nodes[index]; }

  TokenReader& tokens_;
  Statement& statement_;
  int depth_ = 0;
};

}  // namespace tailrace::partiql
