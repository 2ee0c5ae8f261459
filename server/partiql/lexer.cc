#include "server/partiql/lexer.h"

#include "server/partiql/keywords.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool continues_word(char c) {
  return begins_word(c) || is_digit(c);
}
bool continues_utf8(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::size_t characters_in(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += continues_utf8(c) ? 0 : 1;
  return count;
}

struct Sign {
  std::string_view text;
  TokenKind kind;
};
// Longer ones first.
constexpr Sign kSigns[] = {
    {"<<", TokenKind::kLeftDoubleAngle},
    {">>", TokenKind::kRightDoubleAngle},
    {"<=", TokenKind::kLessOrEqual},
    {">=", TokenKind::kGreaterOrEqual},
    {"<>", TokenKind::kNotEqual},
    {"!=", TokenKind::kNotEqual},
    {"||", TokenKind::kOtherOperator},
    {"<", TokenKind::kLess},
    {">", TokenKind::kGreater},
    {"=", TokenKind::kEqual},
    {"+", TokenKind::kPlus},
    {"-", TokenKind::kMinus},
    {"/", TokenKind::kOtherOperator},
    {"%", TokenKind::kOtherOperator},
    {"(", TokenKind::kLeftParen},
    {")", TokenKind::kRightParen},
    {"[", TokenKind::kLeftBracket},
    {"]", TokenKind::kRightBracket},
    {"{", TokenKind::kLeftCurly},
    {"}", TokenKind::kRightCurly},
    {".", TokenKind::kDot},
    {"*", TokenKind::kStar},
    {",", TokenKind::kComma},
    {":", TokenKind::kColon},
    {";", TokenKind::kSemicolon},
    {"?", TokenKind::kParameter},
};

}  // namespace

std::string_view kind_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::kRightParen:
      return "RIGHT_PAREN";
    case TokenKind::kLeftParen:
      return "LEFT_PAREN";
    case TokenKind::kRightBracket:
      return "RIGHT_BRACKET";
    case TokenKind::kRightCurly:
      return "RIGHT_CURLY";
    case TokenKind::kRightDoubleAngle:
      return "RIGHT_DOUBLE_ANGLE_BRACKET";
    case TokenKind::kColon:
      return "COLON";
    default:
      return "token";
  }
}

Token Lexer::next() {
  const std::size_t before = position_;
  if (!skip_blanks()) {
    position_ = text_.size();
    return {TokenKind::kUnterminated, static_cast<std::uint16_t>(before),
            static_cast<std::uint16_t>(position_)};
  }
  const std::size_t begin = position_;
  const TokenKind kind = scan();
  return {kind, static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(position_)};
}

bool Lexer::skip_blanks() {
  for (;;) {
    while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
    if (at("--")) {
      position_ = std::min(text_.find_first_of("\r\n", position_), text_.size());
    } else if (at("/*")) {
      const std::size_t end = text_.find("*/", position_ + 2);
      if (end == std::string_view::npos) return false;
      position_ = end + 2;
    } else {
      return true;
    }
  }
}

TokenKind Lexer::scan() {
  if (position_ == text_.size()) return TokenKind::kEnd;
  const char c = text_[position_];
  if (c == '\'') return scan_quoted(c, TokenKind::kString);
  if (c == '"') return scan_quoted(c, TokenKind::kQuotedIdentifier);
  if (c == '`') return scan_quoted(c, TokenKind::kIon);
  if (begins_word(c)) return scan_word();
  if (is_digit(c)) return scan_number();
  if (c == '.' && position_ + 1 < text_.size() && is_digit(text_[position_ + 1]))
    return scan_number();
  return scan_sign();
}

TokenKind Lexer::scan_quoted(char quote, TokenKind kind) {
  for (++position_; position_ < text_.size(); ++position_) {
    if (text_[position_] != quote) continue;
    ++position_;
    if (position_ == text_.size() || text_[position_] != quote) return kind;
  }
  return TokenKind::kUnterminated;
}

TokenKind Lexer::scan_number() {
  const auto skip_digits = [&] {
    while (position_ < text_.size() && is_digit(text_[position_])) ++position_;
  };
  skip_digits();
  if (at(".")) {
    ++position_;
    skip_digits();
  }
  if (!at("e") && !at("E")) return TokenKind::kNumber;
  ++position_;
  if (at("+") || at("-")) ++position_;
  if (position_ == text_.size() || !is_digit(text_[position_])) return TokenKind::kUnknown;
  skip_digits();
  return TokenKind::kNumber;
}

TokenKind Lexer::scan_word() {
  const std::size_t begin = position_;
  while (position_ < text_.size() && continues_word(text_[position_])) ++position_;
  return is_keyword(text_.substr(begin, position_ - begin)) ? TokenKind::kKeyword
                                                            : TokenKind::kIdentifier;
}

TokenKind Lexer::scan_sign() {
  for (const Sign& sign : kSigns)
    if (sign.text.front() == text_[position_] && at(sign.text))
      return take(sign.text.size(), sign.kind);
  do ++position_;
  while (position_ < text_.size() && continues_utf8(text_[position_]));
  return TokenKind::kUnknown;
}

std::string unquoted(std::string_view token_text) {
  const char quote = token_text.front();
  const std::string_view inner = token_text.substr(1, token_text.size() - 2);
  std::string text;
  text.reserve(inner.size());
  for (std::size_t i = 0; i < inner.size(); ++i) {
    text.push_back(inner[i]);
    if (inner[i] == quote) ++i;
  }
  return text;
}

std::string place_text(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t line = 1;
  std::size_t line_begin = 0;
  for (std::size_t i = 0; i < begin; ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_begin = i + 1;
  }
  return str_cat(line, ":", characters_in(text.substr(line_begin, begin - line_begin)) + 1, ":",
                 characters_in(text.substr(begin, end - begin)));
}

}  // namespace tailrace::partiql
