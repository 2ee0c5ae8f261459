#include "server/expression/lexer.h"

#include <algorithm>

namespace tailrace::expression {
namespace {

enum class KeywordUse : std::uint8_t { kConditions, kUpdates };
struct Keyword {
  std::string_view upper;
  TokenKind kind;
  KeywordUse use;
};
constexpr Keyword kKeywords[] = {
    {"AND", TokenKind::kAnd, KeywordUse::kConditions},
    {"OR", TokenKind::kOr, KeywordUse::kConditions},
    {"NOT", TokenKind::kNot, KeywordUse::kConditions},
    {"BETWEEN", TokenKind::kBetween, KeywordUse::kConditions},
    {"IN", TokenKind::kIn, KeywordUse::kConditions},
    {"SET", TokenKind::kSet, KeywordUse::kUpdates},
    {"REMOVE", TokenKind::kRemove, KeywordUse::kUpdates},
    {"ADD", TokenKind::kAdd, KeywordUse::kUpdates},
    {"DELETE", TokenKind::kDelete, KeywordUse::kUpdates},
};
constexpr std::size_t kLongestKeyword = 7;

bool has_keywords(ExpressionKind kind, KeywordUse use) {
  switch (kind) {
    case ExpressionKind::kUpdate:
      return use == KeywordUse::kUpdates;
    case ExpressionKind::kCondition:
    case ExpressionKind::kKeyCondition:
    case ExpressionKind::kFilter:
    case ExpressionKind::kSearchCondition:
      return use == KeywordUse::kConditions;
    case ExpressionKind::kProjection:
    case ExpressionKind::kStatement:
      return false;
  }
  return false;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool continues_utf8(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}
bool equals_ignoring_case(std::string_view word, std::string_view upper) {
  return std::equal(word.begin(), word.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return (a >= 'a' ? a - 'a' + 'A' : a) == b; });
}

TokenKind punctuation_kind(char c) {
  switch (c) {
    case '=':
      return TokenKind::kEqual;
    case '<':
      return TokenKind::kLess;
    case '>':
      return TokenKind::kGreater;
    case '+':
      return TokenKind::kPlus;
    case '-':
      return TokenKind::kMinus;
    case ',':
      return TokenKind::kComma;
    case '.':
      return TokenKind::kDot;
    case '(':
      return TokenKind::kOpenParen;
    case ')':
      return TokenKind::kCloseParen;
    case '[':
      return TokenKind::kOpenBracket;
    case ']':
      return TokenKind::kCloseBracket;
    default:
      return TokenKind::kUnknown;
  }
}

// With `c` behind it a comparator of one character becomes one of two.
TokenKind two_character_kind(TokenKind first, char c) {
  if (first == TokenKind::kLess && c == '=') return TokenKind::kLessOrEqual;
  if (first == TokenKind::kLess && c == '>') return TokenKind::kNotEqual;
  if (first == TokenKind::kGreater && c == '=') return TokenKind::kGreaterOrEqual;
  return first;
}

}  // namespace

bool is_keyword(TokenKind kind) {
  return kind >= TokenKind::kAnd && kind <= TokenKind::kDelete;
}

bool is_name_character(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

TokenKind Lexer::word_kind(std::string_view word) const {
  if (word.size() > kLongestKeyword) return TokenKind::kName;
  for (const Keyword& keyword : kKeywords) {
    if (has_keywords(kind_, keyword.use) && equals_ignoring_case(word, keyword.upper))
      return keyword.kind;
  }
  return TokenKind::kName;
}

Token Lexer::next() {
  while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
  const std::size_t begin = position_;
  const auto token = [&](TokenKind kind, std::size_t end) {
    position_ = end;
    return Token{kind, static_cast<std::uint16_t>(begin), static_cast<std::uint16_t>(end)};
  };
  if (begin == text_.size()) return token(TokenKind::kEnd, begin);

  const auto end_of = [&](auto belongs) {
    std::size_t end = begin + 1;
    while (end < text_.size() && belongs(text_[end])) ++end;
    return end;
  };
  const char first = text_[begin];
  if (is_letter(first)) {
    const std::size_t end = end_of(is_name_character);
    return token(word_kind(text_.substr(begin, end - begin)), end);
  }
  // A zero is a number of its own: `01` is two. (behaviour/validation 7)
  if (first == '0') return token(TokenKind::kInteger, begin + 1);
  if (is_digit(first)) return token(TokenKind::kInteger, end_of(is_digit));
  if (first == '#' || first == ':') {
    const std::size_t end = end_of(is_name_character);
    if (end == begin + 1) return token(TokenKind::kUnknown, end);
    return token(first == '#' ? TokenKind::kNameRef : TokenKind::kValueRef, end);
  }
  const TokenKind kind = punctuation_kind(first);
  if (kind == TokenKind::kUnknown) return token(kind, end_of(continues_utf8));
  if (begin + 1 < text_.size()) {
    const TokenKind longer = two_character_kind(kind, text_[begin + 1]);
    if (longer != kind) return token(longer, begin + 2);
  }
  return token(kind, begin + 1);
}

}  // namespace tailrace::expression
