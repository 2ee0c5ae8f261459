#include "server/partiql/lexer.h"

#include <gtest/gtest.h>

#include "server/partiql/keywords.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

// Texts of the tokens; keywords end with !, numbers with #, what does not end with ~, what is no token
// with ?.
std::string tokens(std::string_view text) {
  Lexer lexer(text);
  std::string all;
  for (Token token = lexer.next(); token.kind != TokenKind::kEnd; token = lexer.next()) {
    if (!all.empty()) all += ' ';
    all += text.substr(token.begin, static_cast<std::size_t>(token.end - token.begin));
    if (token.kind == TokenKind::kKeyword) all += '!';
    if (token.kind == TokenKind::kNumber) all += '#';
    if (token.kind == TokenKind::kUnterminated) all += "~";
    if (token.kind == TokenKind::kUnknown) all += "?";
  }
  return all;
}

struct Case {
  std::string_view text;
  std::string_view tokens;
};

TEST(PartiqlLexer, SplitsStatements) {
  const Case kCases[] = {
      {"SELECT * FROM t", "SELECT! * FROM! t"},
      {"select\t*\r\nfrom \"a b\".x", "select! * from! \"a b\" . x"},
      {"a=1 b<>2 c!=3 d<=4>=5", "a = 1# b <> 2# c != 3# d <= 4# >= 5#"},
      {"4e >= 5", "4e? >= 5#"},
      {"1 1.5 .5 1e3 1E-3 2.", "1# 1.5# .5# 1e3# 1E-3# 2.#"},
      {"a[0].b", "a [ 0# ] . b"},
      {"<<1,2>>", "<< 1# , 2# >>"},
      {"{'a':?}", "{ 'a' : ? }"},
      {"'it''s' \"q\"\"q\"", "'it''s' \"q\"\"q\""},
      {"a -- comment\nb /* another * */ c", "a b c"},
      {"_x $y size", "_x $y size!"},
      {"a||b/c%d", "a || b / c % d"},
      {"'open", "'open~"},
      {"\"open", "\"open~"},
      {"a /* open", "a  /* open~"},
      {"a ; `", "a ; `~"},
      {"Grüße", "Gr ü? ß? e"},
      {"", ""},
  };
  for (const Case& c : kCases) EXPECT_EQ(tokens(c.text), c.tokens) << c.text;
}

TEST(PartiqlLexer, MakesDoubledQuotesSingle) {
  EXPECT_EQ(unquoted("'it''s'"), "it's");
  EXPECT_EQ(unquoted("''''"), "'");
  EXPECT_EQ(unquoted("''"), "");
  EXPECT_EQ(unquoted("\"a\"\"'b\""), "a\"'b");
}

TEST(PartiqlLexer, CountsPlacesInCharacters) {
  const std::string_view text = "SELECT 'ü',\n  COUNT(*)";
  const std::size_t at = text.find("COUNT");
  EXPECT_EQ(place_text(text, at, at + 5), "2:3:5");
  EXPECT_EQ(place_text(text, 7, 11), "1:8:3");
}

TEST(PartiqlLexer, KnowsKeywordsInAnyCase) {
  EXPECT_TRUE(is_keyword("select"));
  EXPECT_TRUE(is_keyword("SeLeCt"));
  EXPECT_TRUE(is_keyword("can_lossless_cast"));
  EXPECT_TRUE(is_keyword("zone"));
  EXPECT_FALSE(is_keyword("Artist"));
  EXPECT_FALSE(is_keyword(""));
  EXPECT_FALSE(is_keyword(std::string(5000, 'a')));
}

}  // namespace
}  // namespace tailrace::partiql
