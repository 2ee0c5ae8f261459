#include "server/expression/token_stream.h"

#include <charconv>

#include "server/expression/reserved_words.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

constexpr int kOperatorsMax = 300;
// As deep as items nest. (behaviour/dynamodb 2.3)
constexpr std::size_t kPathElementsMax = 32;
constexpr std::size_t kIndexMax = 4294967294;  // Observed on the service; one more is refused.

std::string_view kind_name(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kUpdate:
      return "Update";
    case ExpressionKind::kCondition:
      return "Condition";
    case ExpressionKind::kKeyCondition:
      return "KeyCondition";
    case ExpressionKind::kFilter:
      return "Filter";
    case ExpressionKind::kSearchCondition:
      return "SearchCondition";
    case ExpressionKind::kProjection:
      return "Projection";
    case ExpressionKind::kStatement:
      break;
  }
  return "";
}

// A finding that is one word, and the message about it. In the order in which the service reports
// them.
struct WordRule {
  std::string_view Findings::*finding;
  std::string_view before;
  std::string_view after;
};
constexpr WordRule kConditionRules[] = {
    {&Findings::unknown_function, "Invalid function name; function: ", ""},
    {&Findings::disallowed_function,
     "The function is not allowed in a condition expression; function: ", ""},
    {&Findings::misused_function,
     "The function is not allowed to be used this way in an expression; function: ", ""},
    {&Findings::reserved_word, "Attribute name is a reserved keyword; reserved keyword: ", ""},
    {&Findings::excessive_index, "List index is not within the allowable range; index: [", "]"},
};
constexpr WordRule kUpdateRules[] = {
    {&Findings::reserved_word, "Attribute name is a reserved keyword; reserved keyword: ", ""},
    {&Findings::excessive_index, "List index is not within the allowable range; index: [", "]"},
    {&Findings::unknown_function, "Invalid function name; function: ", ""},
    {&Findings::disallowed_function,
     "The function is not allowed in an update expression; function: ", ""},
    {&Findings::misused_function,
     "The function is not allowed to be used this way in an expression; function: ", ""},
    {&Findings::repeated_section, "The \"",
     "\" section can only be used once in an update expression;"},
};

template <std::size_t n>
Result<void> check_words(const WordRule (&rules)[n],
                         const Findings& findings,
                         ExpressionKind kind) {
  for (const WordRule& rule : rules) {
    const std::string_view word = findings.*rule.finding;
    if (!word.empty()) return expression_error(kind, str_cat(rule.before, word, rule.after));
  }
  return {};
}

}  // namespace

ApiError expression_error(ExpressionKind kind, std::string_view message) {
  if (kind == ExpressionKind::kStatement) return validation_error(std::string(message));
  return validation_error(str_cat("Invalid ", kind_name(kind), "Expression: ", message));
}

TokenStream::TokenStream(std::string_view text, ExpressionKind kind)
    : text_(text), kind_(kind), lexer_(text, kind), current_(lexer_.next()) {
  CHECK(text.size() <= kExpressionBytesMax);
}

Token TokenStream::take() {
  previous_ = current_;
  current_ = lexer_.next();
  return previous_;
}

bool TokenStream::accept(TokenKind kind) {
  if (current_.kind != kind) return false;
  take();
  return true;
}

bool TokenStream::expect(TokenKind kind) {
  return accept(kind) || fail();
}

bool TokenStream::fail() {
  if (failed()) return false;
  const bool at_start = previous_.end == 0;
  std::size_t near_begin = at_start ? current_.begin : previous_.begin;
  const Token following = Lexer(lexer_).next();
  std::size_t near_end = following.end;
  if (following.kind == TokenKind::kEnd) near_end = current_.end;
  if (current_.kind == TokenKind::kEnd) near_end = previous_.end;
  if (current_.kind == TokenKind::kEnd && at_start) {  // Blanks alone are told as sent.
    near_begin = 0;
    near_end = text_.size();
  }
  syntax_error_ = str_cat("Syntax error; token: \"",
                          current_.kind == TokenKind::kEnd ? "<EOF>" : text(current_),
                          "\", near: \"", text_.substr(near_begin, near_end - near_begin), "\"");
  return false;
}

void TokenStream::find(std::string_view Findings::*finding, std::string_view word) {
  if ((findings_.*finding).empty()) findings_.*finding = word;
}

void TokenStream::path_name(const Token& token, Path& path) {
  const std::string_view name = text(token);
  if (token.kind != TokenKind::kNameRef && is_reserved_word(name))
    find(&Findings::reserved_word, name);
  path.elements.emplace_back(std::in_place_type<std::string>, name);
}

bool TokenStream::path_index(Path& path) {
  if (kind() != TokenKind::kInteger) return fail();
  const std::string_view digits = text(take());
  std::size_t index = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (parsed.ec != std::errc() || index > kIndexMax) find(&Findings::excessive_index, digits);
  path.elements.emplace_back(index);
  return expect(TokenKind::kCloseBracket);
}

bool TokenStream::path(Tree& tree, std::uint32_t& position) {
  if (kind() != TokenKind::kName && kind() != TokenKind::kNameRef) return fail();
  const Token first = take();
  return path_after(first, tree, position);
}

bool TokenStream::path_after(const Token& first, Tree& tree, std::uint32_t& position) {
  Path path;
  path_name(first, path);
  for (;;) {
    if (accept(TokenKind::kDot)) {
      // Behind a dot there can be nothing but a name, so a keyword is one too, and mostly a
      // reserved one.
      if (kind() != TokenKind::kName && kind() != TokenKind::kNameRef && !is_keyword(kind()))
        return fail();
      const Token name = take();
      path_name(name, path);
    } else if (accept(TokenKind::kOpenBracket)) {
      if (!path_index(path)) return false;
    } else {
      break;
    }
  }
  if (path.elements.size() > kPathElementsMax && findings_.excessive_path_elements == 0)
    findings_.excessive_path_elements = path.elements.size();
  position = static_cast<std::uint32_t>(tree.paths.size());
  tree.paths.push_back(std::move(path));
  return true;
}

Result<void> TokenStream::check() const {
  if (failed()) return error(syntax_error_);
  if (findings_.redundant_parentheses) return error("The expression has redundant parentheses;");
  if (findings_.operators > kOperatorsMax) {
    // Counting stops where the limit is passed, so the number is always the same.
    return error(
        str_cat("The expression contains too many operators; operator count: ", kOperatorsMax + 1));
  }
  if (findings_.excessive_path_elements != 0) {
    return error(str_cat("The document path has too many nesting levels; nesting levels: ",
                         findings_.excessive_path_elements));
  }
  if (kind_ == ExpressionKind::kUpdate) return check_words(kUpdateRules, findings_, kind_);
  return check_words(kConditionRules, findings_, kind_);
}

}  // namespace tailrace::expression
