#include "server/partiql/parser.h"

#include <utility>

#include "server/partiql/expression_parser.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

constexpr std::size_t kSourceComponentsMax = 2;

class StatementParser {
 public:
  explicit StatementParser(std::string_view text)
      : tokens_(text), expressions_(tokens_, statement_) {
    statement_.nodes.reserve(16);  // Most statements need no more.
  }

  Result<Statement> parse() {
    TRY_VOID(parse_what());
    if (tokens_.accept(TokenKind::kSemicolon)) {
      if (tokens_.kind() != TokenKind::kEnd)
        return tokens_.malformed("Unexpected token after semicolon. (Only one query is allowed.)");
    } else if (tokens_.kind() != TokenKind::kEnd) {
      return tokens_.malformed("Unexpected token after expression");
    }
    return std::move(statement_);
  }

 private:
  Result<void> parse_what() {
    if (tokens_.accept_keyword("select")) {
      TRY(statement_.what, select());
    } else if (tokens_.is_keyword("insert")) {
      TRY(statement_.what, insert());
    } else if (tokens_.accept_keyword("update")) {
      TRY(statement_.what, update());
    } else if (tokens_.accept_keyword("delete")) {
      TRY(statement_.what, erase());
    } else if (tokens_.accept_keyword("from")) {
      TRY(statement_.what, update_from());
    } else if (tokens_.is_keyword("exists") &&
               tokens_.following().kind == TokenKind::kLeftParen) {
      tokens_.take();
      TRY(statement_.what, exists());
    } else if (tokens_.kind() == TokenKind::kKeyword || tokens_.kind() == TokenKind::kEnd) {
      return tokens_.malformed("Expected data manipulation");
    } else {
      return no_verb();
    }
    return {};
  }

  // A statement that is an expression.
  ApiError no_verb() {
    const auto index = expressions_.expression();
    if (!index) return index.error();
    if (tokens_.kind() != TokenKind::kEnd && tokens_.kind() != TokenKind::kSemicolon)
      return tokens_.malformed("Unexpected token after expression");
    const SyntaxNode& node = statement_.nodes[*index];
    const auto operation = [](std::string_view name) {
      return validation_error(str_cat("Unsupported operation: ", name));
    };
    switch (node.kind) {
      case SyntaxKind::kPath:
        return operation(statement_.paths[node.position].is_top_level() ? "Id" : "Path");
      case SyntaxKind::kLiteral:
        return operation("Lit");
      case SyntaxKind::kParameter:
        return operation("Param");
      case SyntaxKind::kList:
        return operation("List");
      case SyntaxKind::kBag:
        return operation("Bag");
      case SyntaxKind::kMap:
        return operation("Struct");
      default:
        return exists_elsewhere();
    }
  }

  bool at_alias() const { return tokens_.is_identifier() || tokens_.is_keyword("as"); }
  static ApiError no_aliases() { return validation_error("Aliasing is not supported"); }

  ApiError unsupported_clause(const Token& token, std::string_view name) const {
    return validation_error(str_cat("Unsupported clause: ", name, " at ", tokens_.place(token)));
  }

  // Behind SELECT.
  Result<Select> select() {
    if (tokens_.is_keyword("distinct")) return unsupported_clause(tokens_.current(), "DISTINCT");
    tokens_.accept_keyword("all");
    Select select;
    TRY_VOID(projection(select));
    if (!tokens_.accept_keyword("from"))
      return tokens_.malformed("Expected FROM after SELECT list");
    TRY(select.from, select_source());
    if (tokens_.kind() == TokenKind::kComma || tokens_.is_keyword("join") ||
        tokens_.is_keyword("cross") || tokens_.is_keyword("inner") || tokens_.is_keyword("left") ||
        tokens_.is_keyword("right") || tokens_.is_keyword("full") || tokens_.is_keyword("outer"))
      return validation_error("Only select from a single table or index is supported.");
    if (at_alias()) return no_aliases();
    TRY(select.where, optional_where());
    TRY_VOID(order_by(select));
    constexpr std::pair<std::string_view, std::string_view> kClauses[] = {{"group", "GROUP BY"},
                                                                          {"having", "HAVING"},
                                                                          {"limit", "LIMIT"},
                                                                          {"offset", "OFFSET"},
                                                                          {"let", "LET"}};
    for (const auto& [keyword, name] : kClauses)
      if (tokens_.is_keyword(keyword)) return unsupported_clause(tokens_.current(), name);
    return select;
  }

  Result<void> projection(Select& select) {
    if (tokens_.kind() == TokenKind::kStar) {
      tokens_.take();
      if (tokens_.kind() == TokenKind::kComma) return star_not_alone();
      return {};
    }
    do {
      if (tokens_.kind() == TokenKind::kStar) return star_not_alone();
      TRY(const NodeIndex index, expressions_.expression());
      const SyntaxNode& node = statement_.nodes[index];
      if (node.kind != SyntaxKind::kPath)
        return validation_error(str_cat("Unexpected path component at ",
                                        tokens_.place({TokenKind::kEnd, node.begin, node.end})));
      select.projection.push_back(node.position);
      if (tokens_.is_identifier() || tokens_.is_keyword("as"))
        return unsupported_clause(tokens_.current(), "AS");
    } while (tokens_.accept(TokenKind::kComma));
    return {};
  }

  ApiError star_not_alone() const {
    return tokens_.malformed(
        "Other expressions may not be present in the select list when '*' is used without dot "
        "notation.");
  }

  // PartiQL selects from any expression, DynamoDB from a path; so `my-table` without quotes is a
  // subtraction.
  Result<TableReference> select_source() {
    TRY(const NodeIndex index, expressions_.expression());
    const SyntaxNode& node = statement_.nodes[index];
    if (node.kind != SyntaxKind::kPath)
      return validation_error(str_cat("Unexpected from source at ",
                                      tokens_.place({TokenKind::kEnd, node.begin, node.end})));
    return reference();
  }

  // table, "table", "table"."index"
  Result<TableReference> source() {
    TRY_VOID(expressions_.simple_path());
    return reference();
  }

  // Takes the path that was read last.
  Result<TableReference> reference() {
    expression::Path path = std::move(statement_.paths.back());
    statement_.paths.pop_back();
    if (path.elements.size() > kSourceComponentsMax)
      return validation_error("A path may contain at most 2 components in the FROM clause");
    TableReference reference;
    for (expression::PathElement& element : path.elements) {
      auto* name = std::get_if<std::string>(&element);
      if (name == nullptr) return tokens_.malformed("Invalid path component for simple path");
      if (name->empty()) return validation_error("Path component cannot be an empty string");
      if (&element == &path.elements.front())
        reference.table = std::move(*name);
      else
        reference.index = std::move(*name);
    }
    return reference;
  }

  Result<NodeIndex> optional_where() {
    if (!tokens_.accept_keyword("where")) return kNoNode;
    return expressions_.expression();
  }

  Result<void> order_by(Select& select) {
    if (!tokens_.accept_keyword("order")) return {};
    if (!tokens_.accept_keyword("by")) return tokens_.malformed("Expected BY");
    do {
      TRY(const std::uint32_t position, expressions_.simple_path());
      const expression::Path& path = statement_.paths[position];
      if (!path.is_top_level())
        return validation_error(str_cat("Attribute ", expression::path_text(path),
                                        " in ORDER BY clause must be part of the primary key"));
      OrderKey key{.attribute = path.root(), .descending = tokens_.accept_keyword("desc")};
      if (!key.descending) tokens_.accept_keyword("asc");
      select.order_by.push_back(std::move(key));
    } while (tokens_.accept(TokenKind::kComma));
    return {};
  }

  Result<Insert> insert() {
    if (!tokens_.is_keyword(tokens_.following(), "into"))
      return tokens_.malformed("Unexpected keyword");
    tokens_.take();
    tokens_.take();
    const Token table = tokens_.current();
    Insert insert;
    TRY(insert.into, source());
    if (insert.into.index)
      return validation_error(
          str_cat("FROM clause may only contain a single table name in data manipulation "
                  "statements at ",
                  tokens_.place(table)));
    if (!tokens_.accept_keyword("value")) {
      if (!tokens_.accept_keyword("values")) {
        TRY_VOID(expressions_.expression());
        if (tokens_.kind() != TokenKind::kEnd && tokens_.kind() != TokenKind::kSemicolon)
          return tokens_.malformed("Unexpected token after expression");
      }
      return validation_error(
          "Unsupported operation: Inserting multiple items in a single statement is not "
          "supported, use \"INSERT INTO tableName VALUE item\" instead");
    }
    TRY(insert.value, expressions_.expression());
    if (tokens_.is_keyword("returning")) return unsupported_clause(tokens_.current(), "RETURNING");
    if (tokens_.is_keyword("on")) return unsupported_clause(tokens_.current(), "ON CONFLICT");
    return insert;
  }

  // Behind UPDATE.
  Result<Update> update() {
    Update update;
    TRY(update.table, source());
    if (update.table.index) return not_on_indexes();
    if (at_alias()) return no_aliases();
    TRY_VOID(clauses(update));
    TRY(update.where, optional_where());
    TRY(update.returning, returning());
    return update;
  }

  // Behind FROM: an UPDATE with its WHERE in front.
  Result<Update> update_from() {
    Update update;
    TRY(update.table, source());
    if (update.table.index) return not_on_indexes();
    if (at_alias()) return no_aliases();
    TRY(update.where, optional_where());
    TRY_VOID(clauses(update));
    TRY(update.returning, returning());
    return update;
  }

  Result<void> clauses(Update& update) {
    do {
      if (tokens_.accept_keyword("set")) {
        TRY_VOID(assignments(update));
      } else if (tokens_.accept_keyword("remove")) {
        TRY(const std::uint32_t target, expressions_.simple_path());
        update.clauses.push_back({.target = target, .value = kNoNode});
      } else {
        return tokens_.malformed("Expected data manipulation");
      }
    } while (tokens_.is_keyword("set") || tokens_.is_keyword("remove"));
    return {};
  }

  Result<void> assignments(Update& update) {
    do {
      TRY(const std::uint32_t target, expressions_.simple_path());
      if (!tokens_.accept(TokenKind::kEqual)) return tokens_.malformed("Expected '='");
      TRY(const NodeIndex value, expressions_.expression());
      update.clauses.push_back({.target = target, .value = value});
    } while (tokens_.accept(TokenKind::kComma));
    return {};
  }

  // Behind DELETE.
  Result<Delete> erase() {
    if (!tokens_.accept_keyword("from")) return tokens_.malformed("Expected FROM after DELETE");
    Delete erase;
    TRY(erase.from, source());
    if (erase.from.index) return not_on_indexes();
    if (at_alias()) return no_aliases();
    TRY(erase.where, optional_where());
    TRY(erase.returning, returning());
    if (erase.returning && *erase.returning != Returning::kAllOld)
      return validation_error(
          str_cat("Invalid returning clause: RETURNING ", returning_text(*erase.returning),
                  " *. Only RETURNING ALL OLD * is allowed in DELETE statements."));
    return erase;
  }

  static ApiError not_on_indexes() {
    return validation_error("This operation is not supported on an index");
  }

  // RETURNING (ALL | MODIFIED) (OLD | NEW) *
  Result<std::optional<Returning>> returning() {
    using Optional = std::optional<Returning>;
    if (!tokens_.accept_keyword("returning")) return Optional();
    const bool all = tokens_.is_keyword("all");
    const bool old = tokens_.is_keyword(tokens_.following(), "old");
    if ((!all && !tokens_.is_keyword("modified")) ||
        (!old && !tokens_.is_keyword(tokens_.following(), "new")))
      return tokens_.malformed(
          "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.");
    tokens_.take();
    tokens_.take();
    if (!tokens_.accept(TokenKind::kStar)) {
      TRY_VOID(expressions_.expression());
      return tokens_.malformed("Unsupported syntax in RETURNING columns.");
    }
    if (all) return Optional(old ? Returning::kAllOld : Returning::kAllNew);
    return Optional(old ? Returning::kModifiedOld : Returning::kModifiedNew);
  }

  // Behind EXISTS.
  Result<Exists> exists() {
    TRY_VOID(tokens_.expect(TokenKind::kLeftParen));
    if (!tokens_.accept_keyword("select")) return tokens_.malformed("Unexpected term");
    Exists exists;
    TRY(exists.select, select());
    TRY_VOID(tokens_.expect(TokenKind::kRightParen));
    return exists;
  }

  Statement statement_;
  TokenReader tokens_;
  ExpressionParser expressions_;
};

}  // namespace

Result<Statement> parse_statement(std::string_view text) {
  return StatementParser(text).parse();
}

}  // namespace tailrace::partiql
