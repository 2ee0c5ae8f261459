// Tokens of PartiQL statements with their places in the text, which messages quote.
// (behaviour/dynamodb 4.4; PartiQL specification, "Lexical structure")
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::partiql {

enum class TokenKind : std::uint8_t {
  kEnd,
  kIdentifier,        // title
  kQuotedIdentifier,  // "title", `""` within it for one quote
  kKeyword,           // A reserved word, in any case.
  kString,            // 'text', `''` within it for one quote
  kNumber,            // 1, 1.5, .5, 1e3; a sign is a token of its own
  kParameter,         // ?
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftCurly,
  kRightCurly,
  kLeftDoubleAngle,   // <<
  kRightDoubleAngle,  // >>
  kDot,
  kStar,
  kComma,
  kColon,
  kSemicolon,
  kEqual,
  kNotEqual,  // <> and !=
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kPlus,
  kMinus,
  kOtherOperator,  // Operators that PartiQL has and DynamoDB does not: / % ||
  kIon,            // `text`, a literal of Amazon Ion
  kUnterminated,   // A quote or comment that does not end.
  kUnknown,        // A character that begins no token.
};

// As the parser of PartiQL names kinds in messages: "RIGHT_PAREN".
std::string_view kind_name(TokenKind kind);

// Statements are at most 8192 characters, 32 KB in UTF-8, so places fit.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::uint16_t begin = 0;
  std::uint16_t end = 0;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();  // Blanks and comments are passed. At the end kEnd, for ever.

 private:
  bool skip_blanks();  // False: a comment does not end.
  TokenKind scan();
  TokenKind scan_quoted(char quote, TokenKind kind);
  TokenKind scan_number();
  TokenKind scan_word();
  TokenKind scan_sign();
  bool at(std::string_view text) const { return text_.substr(position_).starts_with(text); }
  TokenKind take(std::size_t characters, TokenKind kind) {
    position_ += characters;
    return kind;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

// What stands between the quotes of a string or quoted identifier, doubled ones made single.
std::string unquoted(std::string_view token_text);

// `<line>:<column>:<length>` of a piece of the text, counted from 1 in characters.
std::string place_text(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace tailrace::partiql
