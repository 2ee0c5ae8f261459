#include "server/partiql/expression_parser.h"

#include <charconv>

#include "server/partiql/keywords.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

constexpr std::size_t kIndexMax = 4294967294;

// Keywords that are names of functions where a parenthesis follows.
constexpr std::string_view kFunctionKeywords[] = {
    "avg", "bit_length", "char_length", "character_length", "count",     "exists", "lower",
    "max", "min",        "octet_length", "size",             "substring", "sum",    "upper"};

// What a literal of Ion is, as Ion names types. (Amazon Ion specification)
std::string_view ion_type(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return "NULL";
  text.remove_prefix(begin);
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  if (text.starts_with("{{")) return "BLOB";
  if (text.starts_with("null")) return "NULL";
  if (text == "true" || text == "false") return "BOOL";
  switch (text.front()) {
    case '[':
      return "LIST";
    case '{':
      return "STRUCT";
    case '(':
      return "SEXP";
    case '"':
      return "STRING";
    default:
      break;
  }
  const bool signed_number = text.front() == '-' && text.size() > 1;
  const char first = text[signed_number ? 1 : 0];
  if (first < '0' || first > '9') return "SYMBOL";
  if (text.find_first_of("Tt:") != text.npos || (text.find('-', 1) == 4)) return "TIMESTAMP";
  if (text.find_first_of("eE") != text.npos && !text.starts_with("0x")) return "FLOAT";
  return text.find_first_of(".dD") != text.npos && !text.starts_with("0x") ? "DECIMAL" : "INT";
}

std::string lower_case(std::string_view word) {
  std::string lower(word);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace

ApiError exists_elsewhere() {
  return validation_error("EXISTS can only be used in ExecuteTransaction write requests.");
}

NodeIndex ExpressionParser::add(SyntaxKind kind, const Token& token, NodeIndex first) {
  statement_.nodes.push_back(
      {.kind = kind, .begin = token.begin, .end = token.end, .first = first});
  return static_cast<NodeIndex>(statement_.nodes.size() - 1);
}

NodeIndex ExpressionParser::add_literal(const Token& token, AttributeValue value) {
  const NodeIndex index = add(SyntaxKind::kLiteral, token);
  node(index).value = std::move(value);
  return index;
}

// a AND b AND c is one node with three children.
NodeIndex ExpressionParser::joined(SyntaxKind kind, NodeIndex left, NodeIndex right) {
  if (node(left).kind != kind) {
    node(left).next = right;
    const SyntaxNode& first = node(left);
    return add(kind, {TokenKind::kEnd, first.begin, first.end}, left);
  }
  NodeIndex last = node(left).first;
  while (node(last).next != kNoNode) last = node(last).next;
  node(last).next = right;
  return left;
}

Result<NodeIndex> ExpressionParser::expression(Precedence weaker) {
  if (++depth_ > kNestingMax)
    return tokens_.malformed(str_cat("Expressions nest deeper than ", kNestingMax, " levels"));
  TRY(NodeIndex left, unary());
  for (;;) {
    const bool negated = tokens_.is_keyword("not");
    const auto next = infix(negated ? Negation::kNegated : Negation::kPlain);
    if (!next || next->precedence <= weaker) break;
    const Token negation = tokens_.current();
    if (negated) tokens_.take();
    TRY(left, infix_operation(*next, left));
    if (negated) left = add(SyntaxKind::kNot, negation, left);
  }
  --depth_;
  return left;
}

std::optional<ExpressionParser::Infix> ExpressionParser::infix(Negation negation) const {
  const Token& token = negation == Negation::kNegated ? tokens_.following() : tokens_.current();
  const auto keyword = [&](std::string_view lower) { return tokens_.is_keyword(token, lower); };
  if (keyword("in")) return Infix{SyntaxKind::kIn, Precedence::kEquality};
  if (keyword("between")) return Infix{SyntaxKind::kBetween, Precedence::kComparison};
  if (keyword("like")) return Infix{SyntaxKind::kOther, Precedence::kComparison};
  if (negation == Negation::kNegated) return std::nullopt;
  if (keyword("and")) return Infix{SyntaxKind::kAnd, Precedence::kAnd};
  if (keyword("or")) return Infix{SyntaxKind::kOr, Precedence::kOr};
  if (keyword("is")) return Infix{SyntaxKind::kIsType, Precedence::kEquality};
  switch (token.kind) {
    case TokenKind::kEqual:
      return Infix{SyntaxKind::kEqual, Precedence::kEquality};
    case TokenKind::kNotEqual:
      return Infix{SyntaxKind::kNotEqual, Precedence::kEquality};
    case TokenKind::kLess:
      return Infix{SyntaxKind::kLess, Precedence::kComparison};
    case TokenKind::kLessOrEqual:
      return Infix{SyntaxKind::kLessOrEqual, Precedence::kComparison};
    case TokenKind::kGreater:
      return Infix{SyntaxKind::kGreater, Precedence::kComparison};
    case TokenKind::kGreaterOrEqual:
      return Infix{SyntaxKind::kGreaterOrEqual, Precedence::kComparison};
    case TokenKind::kPlus:
      return Infix{SyntaxKind::kPlus, Precedence::kAddition};
    case TokenKind::kMinus:
      return Infix{SyntaxKind::kMinus, Precedence::kAddition};
    case TokenKind::kStar:
    case TokenKind::kOtherOperator:
      return Infix{SyntaxKind::kOther, Precedence::kMultiplication};
    default:
      return std::nullopt;
  }
}

// The operator is current, behind NOT if there was one.
Result<NodeIndex> ExpressionParser::infix_operation(Infix infix, NodeIndex left) {
  const Token op = tokens_.take();
  if (infix.kind == SyntaxKind::kIsType) return is_type(left);
  if (infix.kind == SyntaxKind::kIn) return in_list(left);
  if (infix.kind == SyntaxKind::kBetween) return between(left);
  if (tokens_.kind() == TokenKind::kEnd)
    return tokens_.malformed("Missing right-hand side expression of infix operator");
  TRY(const NodeIndex right, expression(infix.precedence));
  if (infix.kind == SyntaxKind::kAnd || infix.kind == SyntaxKind::kOr)
    return joined(infix.kind, left, right);
  node(left).next = right;
  const NodeIndex index = add(infix.kind, op, left);
  if (infix.kind == SyntaxKind::kOther) node(index).text = tokens_.text(op);
  return index;
}

// Behind IS.
Result<NodeIndex> ExpressionParser::is_type(NodeIndex left) {
  const Token negation = tokens_.current();
  const bool negated = tokens_.accept_keyword("not");
  if (tokens_.kind() != TokenKind::kKeyword) return tokens_.malformed("Expected type name");
  const Token type = tokens_.take();
  const NodeIndex index = add(SyntaxKind::kIsType, type, left);
  node(index).text = lower_case(tokens_.text(type));
  return negated ? add(SyntaxKind::kNot, negation, index) : index;
}

// Behind IN.
Result<NodeIndex> ExpressionParser::in_list(NodeIndex left) {
  const Token open = tokens_.current();
  NodeIndex list = kNoNode;
  if (open.kind == TokenKind::kLeftParen) {
    TRY(list, sequence(SyntaxKind::kList, TokenKind::kRightParen));
  } else {
    TRY(list, expression(Precedence::kEquality));
  }
  node(left).next = list;
  return add(SyntaxKind::kIn, open, left);
}

// Behind BETWEEN.
Result<NodeIndex> ExpressionParser::between(NodeIndex left) {
  const Token begin = tokens_.current();
  TRY(const NodeIndex lower, expression(Precedence::kComparison));
  if (!tokens_.accept_keyword("and")) return tokens_.malformed("Expected AND keyword");
  if (tokens_.kind() == TokenKind::kEnd) return tokens_.malformed("Expected expression after AND");
  TRY(const NodeIndex upper, expression(Precedence::kComparison));
  node(left).next = lower;
  node(lower).next = upper;
  return add(SyntaxKind::kBetween, begin, left);
}

Result<NodeIndex> ExpressionParser::unary() {
  const Token token = tokens_.current();
  if (tokens_.accept_keyword("not")) {
    TRY(const NodeIndex operand, expression(Precedence::kNot));
    return add(SyntaxKind::kNot, token, operand);
  }
  const bool sign = token.kind == TokenKind::kMinus || token.kind == TokenKind::kPlus;
  if (!sign) return term();
  tokens_.take();
  if (tokens_.kind() == TokenKind::kNumber)
    return number(token.kind == TokenKind::kMinus ? "-" : "");
  TRY(const NodeIndex operand, expression(Precedence::kMultiplication));
  const NodeIndex index = add(SyntaxKind::kOther, token, operand);
  node(index).text = tokens_.text(token);
  return index;
}

Result<NodeIndex> ExpressionParser::term() {
  switch (tokens_.kind()) {
    case TokenKind::kString: {
      const Token token = tokens_.take();
      return add_literal(token, {unquoted(tokens_.text(token))});
    }
    case TokenKind::kNumber:
      return number("");
    case TokenKind::kIon:
      return ion();
    case TokenKind::kParameter: {
      const NodeIndex index = add(SyntaxKind::kParameter, tokens_.take());
      node(index).position = static_cast<std::uint32_t>(statement_.parameters++);
      return index;
    }
    case TokenKind::kIdentifier:
    case TokenKind::kQuotedIdentifier:
      return tokens_.following().kind == TokenKind::kLeftParen ? call() : path();
    case TokenKind::kKeyword:
      return keyword_term();
    case TokenKind::kLeftParen:
      return group();
    case TokenKind::kLeftBracket:
      return sequence(SyntaxKind::kList, TokenKind::kRightBracket);
    case TokenKind::kLeftDoubleAngle:
      return sequence(SyntaxKind::kBag, TokenKind::kRightDoubleAngle);
    case TokenKind::kLeftCurly:
      return map();
    default:
      return tokens_.malformed("Unexpected term");
  }
}

Result<NodeIndex> ExpressionParser::keyword_term() {
  const Token token = tokens_.current();
  if (tokens_.accept_keyword("null")) return add_literal(token, {Null{}});
  if (tokens_.accept_keyword("true")) return add_literal(token, {true});
  if (tokens_.accept_keyword("false")) return add_literal(token, {false});
  if (tokens_.accept_keyword("missing")) {
    const NodeIndex index = add(SyntaxKind::kOther, token);
    node(index).text = lower_case(tokens_.text(token));
    return index;
  }
  if (tokens_.is_keyword("select"))
    return validation_error(
        str_cat("Unsupported token in expression: SELECT at ", tokens_.place(token)));
  if (tokens_.following().kind == TokenKind::kLeftParen)
    for (const std::string_view function : kFunctionKeywords)
      if (tokens_.is_keyword(function)) return call();
  return tokens_.malformed("Unexpected keyword");
}

Result<NodeIndex> ExpressionParser::number(std::string_view sign) {
  const Token token = tokens_.take();
  const auto value = Number::parse(str_cat(sign, tokens_.text(token)));
  if (value) return add_literal(token, {*value});
  // Whether that matters shows when the whole statement was read.
  const NodeIndex index = add(SyntaxKind::kLiteral, token);
  node(index).text = value.error().message;
  return index;
}

NodeIndex ExpressionParser::ion() {
  const Token token = tokens_.take();
  const std::string_view quoted = tokens_.text(token);
  const NodeIndex index = add(SyntaxKind::kIon, token);
  node(index).text = ion_type(quoted.substr(1, quoted.size() - 2));
  return index;
}

Result<NodeIndex> ExpressionParser::call() {
  const Token name = tokens_.take();
  NodeIndex first = kNoNode;
  if (tokens_.following().kind == TokenKind::kStar) {
    tokens_.take();
    first = add(SyntaxKind::kStar, tokens_.take());
    TRY_VOID(tokens_.expect(TokenKind::kRightParen));
  } else {
    TRY(const NodeIndex arguments, sequence(SyntaxKind::kList, TokenKind::kRightParen));
    first = node(arguments).first;
  }
  const NodeIndex index = add(SyntaxKind::kCall, name, first);
  node(index).text = lower_case(tokens_.name(name));
  return index;
}

// One expression, or a list of them.
Result<NodeIndex> ExpressionParser::group() {
  TRY(const NodeIndex list, sequence(SyntaxKind::kList, TokenKind::kRightParen));
  const NodeIndex first = node(list).first;
  if (first == kNoNode) return tokens_.malformed("Expression group cannot be empty");
  return node(first).next == kNoNode ? first : list;
}

Result<NodeIndex> ExpressionParser::sequence(SyntaxKind kind, TokenKind close) {
  const Token open = tokens_.take();
  const NodeIndex sequence = add(kind, open);
  if (tokens_.accept(close)) return sequence;
  NodeIndex last = kNoNode;
  do {
    TRY(const NodeIndex item, expression());
    (last == kNoNode ? node(sequence).first : node(last).next) = item;
    last = item;
  } while (tokens_.accept(TokenKind::kComma));
  TRY_VOID(tokens_.expect(close));
  return sequence;
}

Result<NodeIndex> ExpressionParser::map() {
  const NodeIndex map = add(SyntaxKind::kMap, tokens_.take());
  if (tokens_.accept(TokenKind::kRightCurly)) return map;
  NodeIndex last = kNoNode;
  do {
    TRY(const NodeIndex key, expression());
    TRY_VOID(tokens_.expect(TokenKind::kColon));
    TRY(const NodeIndex value, expression());
    (last == kNoNode ? node(map).first : node(last).next) = key;
    node(key).next = value;
    last = value;
  } while (tokens_.accept(TokenKind::kComma));
  TRY_VOID(tokens_.expect(TokenKind::kRightCurly));
  return map;
}

Result<NodeIndex> ExpressionParser::path() {
  const Token first = tokens_.current();
  TRY(const std::uint32_t position, simple_path());
  const NodeIndex index = add(SyntaxKind::kPath, first);
  node(index).position = position;
  return index;
}

Result<std::uint32_t> ExpressionParser::simple_path() {
  if (!tokens_.is_identifier()) return tokens_.malformed("Expected identifier for simple path");
  expression::Path path = expression::top_level_path(tokens_.name(tokens_.current()));
  tokens_.take();
  while (tokens_.kind() == TokenKind::kDot || tokens_.kind() == TokenKind::kLeftBracket)
    TRY_VOID(path_step(path));
  statement_.paths.push_back(std::move(path));
  return static_cast<std::uint32_t>(statement_.paths.size() - 1);
}

Result<void> ExpressionParser::path_step(expression::Path& path) {
  if (tokens_.accept(TokenKind::kDot)) {
    if (!tokens_.is_identifier()) return tokens_.malformed("Invalid path dot component");
    path.elements.emplace_back(std::in_place_type<std::string>, tokens_.name(tokens_.current()));
    tokens_.take();
    return {};
  }
  tokens_.take();
  const std::string_view text = tokens_.text(tokens_.current());
  if (tokens_.kind() == TokenKind::kString) {
    path.elements.emplace_back(std::in_place_type<std::string>, unquoted(text));
  } else if (tokens_.kind() == TokenKind::kNumber &&
             text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::size_t index = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), index);
    if (parsed.ec != std::errc() || index > kIndexMax)
      return validation_error(
          str_cat("List index is not within the allowable range; index: [", text, "]"));
    path.elements.emplace_back(index);
  } else {
    return tokens_.malformed("Invalid path component for simple path");
  }
  tokens_.take();
  return tokens_.expect(TokenKind::kRightBracket);
}

}  // namespace tailrace::partiql
