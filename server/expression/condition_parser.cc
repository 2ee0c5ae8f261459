#include "server/expression/condition_parser.h"

#include "server/expression/functions.h"
#include "server/expression/token_stream.h"

namespace tailrace::expression {
namespace {

std::optional<NodeKind> comparator_kind(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEqual:
      return NodeKind::kEqual;
    case TokenKind::kNotEqual:
      return NodeKind::kNotEqual;
    case TokenKind::kLess:
      return NodeKind::kLess;
    case TokenKind::kLessOrEqual:
      return NodeKind::kLessOrEqual;
    case TokenKind::kGreater:
      return NodeKind::kGreater;
    case TokenKind::kGreaterOrEqual:
      return NodeKind::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

// Recursive descent. A text of 4096 bytes nests at most 4096 deep and costs two small frames a
// level, which fits any thread's stack; so nesting needs no limit of its own and hostile texts get
// the same errors as others.
class ConditionParser {
 public:
  ConditionParser(TokenStream& tokens, Tree& tree) : tokens_(tokens), tree_(tree) {}

  // False: tokens.failed().
  bool parse() {
    Part whole;
    if (!expression(Precedence::kOr, whole) || !require_condition(whole)) return false;
    if (tokens_.kind() != TokenKind::kEnd) return tokens_.fail();
    tree_.root = whole.node;
    return true;
  }

 private:
  enum class Precedence : std::uint8_t { kOr, kAnd, kNot };
  // What stands between parentheses may turn out to be either.
  enum class Form : std::uint8_t { kOperand, kCall, kCondition };
  enum class Grouping : std::uint8_t { kNone, kGroup };
  struct Part {
    NodeIndex node = kNoNode;
    Form form = Form::kOperand;
    Grouping grouping = Grouping::kNone;
  };

  // or, and, not of the grammar, by precedence.
  bool expression(Precedence least, Part& out) {
    int negations = 0;
    for (; tokens_.accept(TokenKind::kNot); ++negations) tokens_.count_operator();
    if (!primary(out)) return false;
    if (negations > 0 && !require_condition(out)) return false;
    for (; negations > 0; --negations) out = {add(NodeKind::kNot, out.node), Form::kCondition};

    while (tokens_.kind() == TokenKind::kAnd && least <= Precedence::kAnd) {
      if (!join(NodeKind::kAnd, TokenKind::kAnd, Precedence::kNot, out)) return false;
    }
    while (tokens_.kind() == TokenKind::kOr && least <= Precedence::kOr) {
      if (!join(NodeKind::kOr, TokenKind::kOr, Precedence::kAnd, out)) return false;
    }
    return true;
  }

  // All of `a AND b AND c`, behind a.
  bool join(NodeKind kind, TokenKind token, Precedence operands, Part& out) {
    if (!require_condition(out)) return false;
    NodeIndex last = out.node;
    const NodeIndex all = add(kind, out.node);
    while (tokens_.accept(token)) {
      tokens_.count_operator();
      Part right;
      if (!expression(operands, right) || !require_condition(right)) return false;
      tree_[last].next = right.node;
      last = right.node;
    }
    out = {all, Form::kCondition};
    return true;
  }

  // A group, an operand or a call, and the test that it begins.
  bool primary(Part& out) {
    if (tokens_.accept(TokenKind::kOpenParen)) {
      if (!expression(Precedence::kOr, out) || !tokens_.expect(TokenKind::kCloseParen))
        return false;
      close_group(out);
    } else if (!atom(out)) {
      return false;
    }
    return out.form == Form::kCondition || test(out);
  }

  void close_group(Part& out) {
    if (out.grouping == Grouping::kGroup) tokens_.find_redundant_parentheses();
    out.grouping = Grouping::kGroup;
  }

  // Makes a test of `left` if a comparator, BETWEEN or IN follows.
  bool test(Part& left) {
    if (const auto comparator = comparator_kind(tokens_.kind())) {
      require_operand(left);
      tokens_.take();
      tokens_.count_operator();
      NodeIndex right = kNoNode;
      if (!operand(right)) return false;
      return finish_test(*comparator, left, right);
    }
    if (tokens_.kind() == TokenKind::kBetween) {
      require_operand(left);
      tokens_.take();
      tokens_.count_operator();
      NodeIndex lower = kNoNode;
      NodeIndex upper = kNoNode;
      if (!operand(lower) || !tokens_.expect(TokenKind::kAnd) || !operand(upper)) return false;
      tree_[lower].next = upper;
      return finish_test(NodeKind::kBetween, left, lower);
    }
    if (tokens_.kind() == TokenKind::kIn) {
      require_operand(left);
      tokens_.take();
      tokens_.count_operator();
      NodeIndex first = kNoNode;
      if (!tokens_.expect(TokenKind::kOpenParen) || !operands(first)) return false;
      return finish_test(NodeKind::kIn, left, first);
    }
    return true;
  }

  bool finish_test(NodeKind kind, Part& left, NodeIndex right) {
    tree_[left.node].next = right;
    left = {add(kind, left.node), Form::kCondition};
    return true;
  }

  // Where only an operand can stand.
  bool operand(NodeIndex& out) {
    Part part;
    if (!operand_part(part)) return false;
    require_operand(part);
    out = part.node;
    return true;
  }

  bool operand_part(Part& out) {
    if (!tokens_.accept(TokenKind::kOpenParen)) return atom(out);
    if (!operand_part(out) || !tokens_.expect(TokenKind::kCloseParen)) return false;
    close_group(out);
    return true;
  }

  // operand { "," operand } ")"
  bool operands(NodeIndex& first) {
    if (!operand(first)) return false;
    for (NodeIndex last = first; tokens_.accept(TokenKind::kComma);) {
      NodeIndex another = kNoNode;
      if (!operand(another)) return false;
      tree_[last].next = another;
      last = another;
    }
    return tokens_.expect(TokenKind::kCloseParen);
  }

  // path | vref | call
  bool atom(Part& out) {
    if (tokens_.kind() == TokenKind::kValueRef) {
      const Token token = tokens_.take();
      out = {tree_.add({.kind = NodeKind::kValue, .begin = token.begin, .end = token.end}),
             Form::kOperand};
      return true;
    }
    if (tokens_.kind() != TokenKind::kName && tokens_.kind() != TokenKind::kNameRef)
      return tokens_.fail();
    const Token name = tokens_.take();
    if (name.kind == TokenKind::kName && tokens_.accept(TokenKind::kOpenParen))
      return call(name, out);
    Node node{.kind = NodeKind::kPath};
    if (!tokens_.path_after(name, tree_, node.path)) return false;
    out = {tree_.add(node), Form::kOperand};
    return true;
  }

  // Behind the opening parenthesis.
  bool call(const Token& name, Part& out) {
    const Function* function = find_function(tokens_.text(name));
    if (!function) {
      tokens_.find(&Findings::unknown_function, tokens_.text(name));
    } else if (function->use == FunctionUse::kUpdate) {
      tokens_.find(&Findings::disallowed_function, function->name);
    }
    NodeIndex first = kNoNode;
    if (!operands(first)) return false;
    out = {add(function ? function->kind : NodeKind::kUnknownFunction, first), Form::kCall};
    return true;
  }

  bool require_condition(const Part& part) {
    if (part.form == Form::kOperand) return tokens_.fail();
    if (part.form == Form::kCall) require_use(FunctionUse::kCondition, part);
    return true;
  }
  void require_operand(const Part& part) {
    if (part.form == Form::kCall) require_use(FunctionUse::kOperand, part);
  }
  void require_use(FunctionUse use, const Part& call) {
    const Function* function = find_function(tree_[call.node].kind);
    if (function && function->use != use && function->use != FunctionUse::kUpdate) {
      tokens_.find(&Findings::misused_function, function->name);
    }
  }

  NodeIndex add(NodeKind kind, NodeIndex first) {
    return tree_.add({.kind = kind, .first = first});
  }

  TokenStream& tokens_;
  Tree& tree_;
};

}  // namespace

Result<Tree> parse_condition(std::string_view text, ExpressionKind kind) {
  TRY_VOID(check_expression_size(kind, text));
  TokenStream tokens(text, kind);
  Tree tree;
  tree.nodes.reserve(8);
  tree.paths.reserve(2);
  ConditionParser(tokens, tree).parse();
  TRY_VOID(tokens.check());
  return tree;
}

}  // namespace tailrace::expression
