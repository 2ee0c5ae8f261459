// Tokens of expressions with their places in the text, which messages quote.
// (behaviour/dynamodb 3.1)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/expression/expression_kind.h"

namespace tailrace::expression {

enum class TokenKind : std::uint8_t {
  kEnd,
  kName,      // title
  kNameRef,   // #n
  kValueRef,  // :v
  kInteger,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kPlus,
  kMinus,
  kComma,
  kDot,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kAnd,
  kOr,
  kNot,
  kBetween,
  kIn,
  kSet,
  kRemove,
  kAdd,
  kDelete,
  kUnknown,  // One character that begins no token.
};

bool is_keyword(TokenKind kind);
// `c` may stand in a name after its first letter, or in a reference after its sign.
bool is_name_character(char c);

// Expressions are at most 4096 bytes long, so places fit.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint16_t begin = 0;
  std::uint16_t end = 0;
};

// Keywords are those that the kind of expression has; elsewhere the same words are names, mostly
// reserved ones.
class Lexer {
 public:
  Lexer(std::string_view text, ExpressionKind kind) : text_(text), kind_(kind) {}
  Token next();  // At the end kEnd, for ever.

 private:
  TokenKind word_kind(std::string_view word) const;

  std::string_view text_;
  ExpressionKind kind_;
  std::size_t position_ = 0;
};

}  // namespace tailrace::expression
