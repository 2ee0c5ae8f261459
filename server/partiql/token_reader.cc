#include "server/partiql/token_reader.h"

#include "server/partiql/keywords.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {

TokenReader::TokenReader(std::string_view statement)
    : statement_(statement),
      lexer_(statement),
      current_(lexer_.next()),
      following_(lexer_.next()) {}

Token TokenReader::take() {
  const Token taken = current_;
  current_ = following_;
  following_ = lexer_.next();
  return taken;
}

bool TokenReader::is_keyword(const Token& token, std::string_view lower) const {
  return token.kind == TokenKind::kKeyword && equals_ignoring_case(text(token), lower);
}

bool TokenReader::accept(TokenKind kind) {
  if (current_.kind != kind) return false;
  take();
  return true;
}

bool TokenReader::accept_keyword(std::string_view lower) {
  if (!is_keyword(lower)) return false;
  take();
  return true;
}

Result<void> TokenReader::expect(TokenKind kind) {
  if (accept(kind)) return {};
  return malformed(str_cat("Expected ", kind_name(kind)));
}

std::string TokenReader::name(const Token& identifier) const {
  return identifier.kind == TokenKind::kQuotedIdentifier ? unquoted(text(identifier))
                                                         : std::string(text(identifier));
}

ApiError TokenReader::malformed(std::string_view detail) const {
  constexpr std::string_view kEnvelope = "Statement wasn't well formed, can't be processed: ";
  if (kind() == TokenKind::kUnterminated)
    return validation_error(
        str_cat(kEnvelope, "A quote or comment does not end; it begins at ", place(current_)));
  if (kind() == TokenKind::kUnknown)
    return validation_error(str_cat(kEnvelope, "Unexpected character at ", place(current_)));
  return validation_error(str_cat(kEnvelope, detail));
}

}  // namespace tailrace::partiql
