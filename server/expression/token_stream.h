// What the parsers of all kinds of expressions share: tokens one by one, the syntax error, paths,
// and what was found on the way that is an error only when the whole text has been read.
// (behaviour/dynamodb 3.1, 2.7)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/expression/lexer.h"
#include "server/expression/parameters.h"
#include "server/expression/tree.h"
#include "storage/base/result.h"

namespace tailrace::expression {

// `Invalid <X>Expression: <message>`; of a statement the message alone.
ApiError expression_error(ExpressionKind kind, std::string_view message);
// The first of each kind, in the order written. Views of the expression's text.
struct Findings {
  bool redundant_parentheses = false;
  int operators = 0;
  std::size_t excessive_path_elements = 0;  // Of the first path with too many.
  std::string_view unknown_function;
  std::string_view disallowed_function;  // Known, but not in this kind of expression.
  std::string_view misused_function;
  std::string_view reserved_word;
  std::string_view excessive_index;
  std::string_view repeated_section;
};

class TokenStream {
 public:
  // The text has passed check_expression_size.
  TokenStream(std::string_view text, ExpressionKind kind);

  TokenKind kind() const { return current_.kind; }
  const Token& current() const { return current_; }
  std::string_view text(const Token& token) const {
    return text_.substr(token.begin, static_cast<std::size_t>(token.end - token.begin));
  }
  Token take();                 // The current token; goes on to the next.
  bool accept(TokenKind kind);  // Goes on if the current token is of this kind.
  bool expect(TokenKind kind);  // accept, or else the syntax error.

  // Reads a path into tree.paths. False: syntax error.
  bool path(Tree& tree, std::uint32_t& position);
  // The same, where its first token has been taken.
  bool path_after(const Token& first, Tree& tree, std::uint32_t& position);

  // Records `Syntax error; token: …` for the current token unless there is one already. Always
  // false.
  bool fail();
  bool failed() const { return !syntax_error_.empty(); }

  void count_operator() { ++findings_.operators; }
  void find_redundant_parentheses() { findings_.redundant_parentheses = true; }
  // Keeps the first word found.
  void find(std::string_view Findings::*finding, std::string_view word);

  // The error that comes first of all that reading has shown. (behaviour/dynamodb 3.2, 3.5)
  Result<void> check() const;
  ApiError error(std::string_view message) const { return expression_error(kind_, message); }
  ExpressionKind expression_kind() const { return kind_; }
  std::string_view source() const { return text_; }

 private:
  void path_name(const Token& token, Path& path);
  bool path_index(Path& path);

  std::string_view text_;
  ExpressionKind kind_;
  Lexer lexer_;
  Token previous_;
  Token current_;
  Findings findings_;
  std::string syntax_error_;
};

}  // namespace tailrace::expression
