#include "server/expression/lexer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tailrace::expression {
namespace {

struct Piece {
  TokenKind kind;
  std::string text;
  bool operator==(const Piece&) const = default;
};

std::vector<Piece> pieces(std::string_view text, ExpressionKind kind) {
  Lexer lexer(text, kind);
  std::vector<Piece> all;
  for (;;) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::kEnd) return all;
    all.push_back({token.kind, std::string(text.substr(token.begin, token.end - token.begin))});
  }
}

TEST(Lexer, CutsNamesReferencesNumbersAndSigns) {
  const std::vector<Piece> expected = {
      {TokenKind::kName, "a_1"},          {TokenKind::kDot, "."},
      {TokenKind::kNameRef, "#1b"},       {TokenKind::kOpenBracket, "["},
      {TokenKind::kInteger, "0"},         {TokenKind::kInteger, "70"},
      {TokenKind::kCloseBracket, "]"},
      {TokenKind::kLessOrEqual, "<="},    {TokenKind::kValueRef, ":_v"},
      {TokenKind::kNotEqual, "<>"},       {TokenKind::kGreater, ">"},
      {TokenKind::kGreaterOrEqual, ">="}, {TokenKind::kLess, "<"},
      {TokenKind::kEqual, "="},           {TokenKind::kPlus, "+"},
      {TokenKind::kMinus, "-"},           {TokenKind::kOpenParen, "("},
      {TokenKind::kComma, ","},           {TokenKind::kCloseParen, ")"},
  };
  EXPECT_EQ(pieces("a_1.#1b[070]<= :_v<>\t>\n>=\r< =+-(,)", ExpressionKind::kCondition), expected);
}

TEST(Lexer, MakesEveryOtherCharacterATokenOfItsOwn) {
  const std::vector<Piece> expected = {
      {TokenKind::kUnknown, "!"},          {TokenKind::kUnknown, "\u00e9"},
      {TokenKind::kUnknown, "\U0001F600"}, {TokenKind::kUnknown, "_"},
      {TokenKind::kInteger, "1"},          {TokenKind::kName, "x"},
      {TokenKind::kUnknown, "#"},          {TokenKind::kUnknown, ":"},
      {TokenKind::kUnknown, "\v"},         {TokenKind::kUnknown, "\""},
  };
  EXPECT_EQ(pieces("!\u00e9\U0001F600_1x# :\v\"", ExpressionKind::kCondition), expected);
}

TEST(Lexer, KnowsTheKeywordsOfItsKindInAnyCase) {
  const std::string_view text = "And oR not BETWEEN in Set REMOVE add delete android";
  const auto kinds = [&](ExpressionKind kind) {
    std::vector<TokenKind> all;
    for (const Piece& piece : pieces(text, kind)) all.push_back(piece.kind);
    return all;
  };
  using enum TokenKind;
  const std::vector<TokenKind> condition = {kAnd,  kOr,   kNot,  kBetween, kIn,
                                            kName, kName, kName, kName,    kName};
  const std::vector<TokenKind> update = {kName, kName,   kName, kName,   kName,
                                         kSet,  kRemove, kAdd,  kDelete, kName};
  EXPECT_EQ(kinds(ExpressionKind::kFilter), condition);
  EXPECT_EQ(kinds(ExpressionKind::kKeyCondition), condition);
  EXPECT_EQ(kinds(ExpressionKind::kUpdate), update);
  EXPECT_EQ(kinds(ExpressionKind::kProjection), std::vector<TokenKind>(10, kName));
}

}  // namespace
}  // namespace tailrace::expression
