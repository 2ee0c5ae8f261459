// The tokens of a statement one by one, and the error that parsers raise where they stand.
// (behaviour/dynamodb 4.4)
#pragma once

#include <string>
#include <string_view>

#include "server/partiql/lexer.h"
#include "storage/base/result.h"

namespace tailrace::partiql {

class TokenReader {
 public:
  explicit TokenReader(std::string_view statement);

  TokenKind kind() const { return current_.kind; }
  const Token& current() const { return current_; }
  const Token& following() const { return following_; }
  std::string_view text(const Token& token) const {
    return statement_.substr(token.begin, static_cast<std::size_t>(token.end - token.begin));
  }
  Token take();  // The current token; goes on to the next.

  bool is_keyword(std::string_view lower) const { return is_keyword(current_, lower); }
  bool is_keyword(const Token& token, std::string_view lower) const;
  bool is_identifier() const {
    return kind() == TokenKind::kIdentifier || kind() == TokenKind::kQuotedIdentifier;
  }
  // Go on if the current token is this.
  bool accept(TokenKind kind);
  bool accept_keyword(std::string_view lower);
  // accept, or the error `Expected RIGHT_PAREN`.
  Result<void> expect(TokenKind kind);
  // Name that an identifier stands for.
  std::string name(const Token& identifier) const;

  // `Statement wasn't well formed, can't be processed: <detail>`; where the current token is no
  // token of the language, that is the detail.
  ApiError malformed(std::string_view detail) const;
  std::string place(const Token& token) const {
    return place_text(statement_, token.begin, token.end);
  }

 private:
  std::string_view statement_;
  Lexer lexer_;
  Token current_;
  Token following_;
};

}  // namespace tailrace::partiql
