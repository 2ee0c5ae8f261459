#include "server/expression/update_parser.h"

#include <array>

#include "server/expression/functions.h"
#include "server/expression/token_stream.h"

namespace tailrace::expression {
namespace {

struct Section {
  TokenKind token;
  ActionKind kind;
  std::string_view name;
};
constexpr Section kSections[] = {
    {TokenKind::kSet, ActionKind::kSet, "SET"},
    {TokenKind::kRemove, ActionKind::kRemove, "REMOVE"},
    {TokenKind::kAdd, ActionKind::kAdd, "ADD"},
    {TokenKind::kDelete, ActionKind::kDelete, "DELETE"},
};

const Section* find_section(TokenKind token) {
  for (const Section& section : kSections) {
    if (section.token == token) return &section;
  }
  return nullptr;
}

// Recursive descent; what condition_parser.cc says about depth holds here too.
class UpdateParser {
 public:
  UpdateParser(TokenStream& tokens, ParsedUpdate& update) : tokens_(tokens), update_(update) {}

  // False: tokens.failed().
  bool parse() {
    do {
      const Section* section = find_section(tokens_.kind());
      if (!section) return tokens_.fail();
      tokens_.take();
      bool& seen = seen_[static_cast<std::size_t>(section->kind)];
      if (seen) tokens_.find(&Findings::repeated_section, section->name);
      seen = true;
      do {
        if (!action(section->kind)) return false;
      } while (tokens_.accept(TokenKind::kComma));
    } while (tokens_.kind() != TokenKind::kEnd);
    return true;
  }

 private:
  // Arithmetic is allowed in a value and in groups in it, but not in arguments of functions.
  enum class Place : std::uint8_t { kValue, kArgument };
  enum class Grouping : std::uint8_t { kNone, kGroup };
  struct Part {
    NodeIndex node = kNoNode;
    Grouping grouping = Grouping::kNone;
  };

  bool action(ActionKind kind) {
    std::uint32_t target = 0;
    if (!tokens_.path(update_.tree, target)) return false;
    Part value;
    switch (kind) {
      case ActionKind::kSet:
        if (!tokens_.expect(TokenKind::kEqual) || !part(Place::kValue, value)) return false;
        break;
      case ActionKind::kRemove:
        break;
      case ActionKind::kAdd:
      case ActionKind::kDelete:
        if (tokens_.kind() != TokenKind::kValueRef) return tokens_.fail();
        value.node = value_reference();
        break;
    }
    update_.actions.push_back({.kind = kind, .value = value.node});
    update_.targets.push_back(target);
    return true;
  }

  // operand, or in a value operand ("+" | "-") operand
  bool part(Place place, Part& out) {
    if (!operand(place, out)) return false;
    const TokenKind sign = tokens_.kind();
    if (place == Place::kArgument || (sign != TokenKind::kPlus && sign != TokenKind::kMinus))
      return true;
    tokens_.take();
    tokens_.count_operator();
    Part right;
    if (!operand(place, right)) return false;
    update_.tree[out.node].next = right.node;
    const NodeKind kind = sign == TokenKind::kPlus ? NodeKind::kPlus : NodeKind::kMinus;
    out = {update_.tree.add({.kind = kind, .first = out.node}), Grouping::kNone};
    return true;
  }

  bool operand(Place place, Part& out) {
    if (tokens_.accept(TokenKind::kOpenParen)) {
      if (!part(place, out) || !tokens_.expect(TokenKind::kCloseParen)) return false;
      if (out.grouping == Grouping::kGroup) tokens_.find_redundant_parentheses();
      out.grouping = Grouping::kGroup;
      return true;
    }
    if (tokens_.kind() == TokenKind::kValueRef) {
      out = {value_reference(), Grouping::kNone};
      return true;
    }
    if (tokens_.kind() != TokenKind::kName && tokens_.kind() != TokenKind::kNameRef)
      return tokens_.fail();
    const Token name = tokens_.take();
    if (name.kind == TokenKind::kName && tokens_.accept(TokenKind::kOpenParen))
      return call(name, out);
    Node node{.kind = NodeKind::kPath};
    if (!tokens_.path_after(name, update_.tree, node.path)) return false;
    out = {update_.tree.add(node), Grouping::kNone};
    return true;
  }

  // Behind the opening parenthesis.
  bool call(const Token& name, Part& out) {
    const Function* function = find_function(tokens_.text(name));
    if (!function) {
      tokens_.find(&Findings::unknown_function, tokens_.text(name));
    } else if (function->use != FunctionUse::kUpdate) {
      tokens_.find(&Findings::disallowed_function, function->name);
    }
    Node node{.kind = function ? function->kind : NodeKind::kUnknownFunction};
    NodeIndex last = kNoNode;
    do {
      Part argument;
      if (!part(Place::kArgument, argument)) return false;
      if (update_.tree[argument.node].kind == NodeKind::kListAppend) {
        tokens_.find(&Findings::misused_function, operator_text(NodeKind::kListAppend));
      }
      (last == kNoNode ? node.first : update_.tree[last].next) = argument.node;
      last = argument.node;
    } while (tokens_.accept(TokenKind::kComma));
    out = {update_.tree.add(node), Grouping::kNone};
    return tokens_.expect(TokenKind::kCloseParen);
  }

  NodeIndex value_reference() {
    const Token token = tokens_.take();
    return update_.tree.add({.kind = NodeKind::kValue, .begin = token.begin, .end = token.end});
  }

  TokenStream& tokens_;
  ParsedUpdate& update_;
  std::array<bool, std::size(kSections)> seen_{};
};

}  // namespace

Result<ParsedUpdate> parse_update(std::string_view text) {
  constexpr auto kKind = ExpressionKind::kUpdate;
  TRY_VOID(check_expression_size(kKind, text));
  TokenStream tokens(text, kKind);
  ParsedUpdate update;
  UpdateParser(tokens, update).parse();
  TRY_VOID(tokens.check());
  return update;
}

}  // namespace tailrace::expression
