#include "server/partiql/bind.h"

#include <algorithm>
#include <utility>

#include "server/expression/bind.h"
#include "server/partiql/literals.h"
#include "server/partiql/tree_binder.h"
#include "storage/base/overloaded.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

using expression::Action;
using expression::ActionKind;
using expression::ExpressionKind;
using expression::Projection;

// Functions that add to a set and take away from it; each needs its target as first argument.
// (Developer Guide, "PartiQL update statements for DynamoDB")
struct SetFunction {
  std::string_view name;
  ActionKind kind;
};
constexpr SetFunction kSetFunctions[] = {{"set_add", ActionKind::kAdd},
                                         {"set_delete", ActionKind::kDelete}};

constexpr std::size_t kOperatorsMax = 300;

class StatementBinder {
 public:
  StatementBinder(std::string_view text,
                  Statement statement,
                  const std::vector<AttributeValue>& parameters)
      : text_(text), statement_(std::move(statement)), literals_(text, statement_, parameters) {}

  Result<BoundStatement> bind() {
    return std::visit([&](auto& what) { return bind(what); }, statement_.what);
  }

 private:
  Result<BoundStatement> bind(Select& select) {
    TRY(Where where, bind_where(select.where));
    BoundSelect bound{.from = std::move(select.from),
                      .projection = std::nullopt,
                      .where = std::move(where),
                      .order_by = std::move(select.order_by)};
    if (!bound.order_by.empty() && !bound.where)
      return validation_error(
          "Must have WHERE clause in the statement when using ORDER BY clause.");
    if (select.projection.empty()) return BoundStatement(std::move(bound));
    std::vector<expression::Path> paths;
    for (const std::uint32_t position : select.projection)
      paths.push_back(std::move(statement_.paths[position]));
    TRY(bound.projection, Projection::of_paths(ExpressionKind::kStatement, std::move(paths)));
    return BoundStatement(std::move(bound));
  }

  Result<BoundStatement> bind(Insert& insert) {
    TRY(auto item, literals_.item(statement_.nodes[insert.value]));
    if (!item)
      return TreeBinder(text_, statement_, literals_).unsupported(statement_.nodes[insert.value]);
    return BoundStatement(
        BoundInsert{.into = std::move(insert.into), .item = EncodedItem(*std::move(item))});
  }

  // WHERE is looked at first.
  Result<BoundStatement> bind(Update& update) {
    TRY(Where where, bind_where(update.where));
    TreeBinder binder(text_, statement_, literals_);
    std::vector<Action> actions;
    std::vector<expression::Path> targets;
    for (const UpdateClause& clause : update.clauses) {
      TRY(const Action action, bind_clause(binder, clause));
      actions.push_back(action);
      targets.push_back(statement_.paths[clause.target]);
    }
    TRY(expression::Update bound,
        expression::Update::bind(ExpressionKind::kStatement, std::move(actions),
                                 std::move(targets), binder.builder().finish(kNoNode)));
    return BoundStatement(BoundUpdate{.table = std::move(update.table),
                                      .update = std::move(bound),
                                      .where = std::move(where),
                                      .returning = update.returning});
  }

  Result<BoundStatement> bind(Delete& erase) {
    TRY(Where where, bind_where(erase.where));
    return BoundStatement(BoundDelete{
        .from = std::move(erase.from), .where = std::move(where), .returning = erase.returning});
  }

  Result<BoundStatement> bind(Exists& exists) {
    TRY(Where where, bind_where(exists.select.where));
    return BoundStatement(
        BoundExists{.from = std::move(exists.select.from), .where = std::move(where)});
  }

  Result<Where> bind_where(NodeIndex where) {
    if (where == kNoNode) return Where();
    TreeBinder binder(text_, statement_, literals_);
    TRY(const NodeIndex root, binder.condition(where));
    if (operators(where) > kOperatorsMax)
      return validation_error(str_cat(
          "The expression contains too many operators; operator count: ", kOperatorsMax + 1));
    TRY_VOID(expression::check_condition(ExpressionKind::kStatement, binder.builder().tree()));
    return Where(binder.builder().finish(root));
  }

  // AND, OR, NOT, comparisons, calls, IN, BETWEEN and IS count one each.
  std::size_t operators(NodeIndex index) const {
    const SyntaxNode& node = statement_.nodes[index];
    std::size_t count = 0;
    std::size_t children = 0;
    for (NodeIndex child = node.first; child != kNoNode; child = statement_.nodes[child].next) {
      count += operators(child);
      ++children;
    }
    if (node.kind == SyntaxKind::kAnd || node.kind == SyntaxKind::kOr) return count + children - 1;
    const bool counts = node.kind >= SyntaxKind::kEqual || node.kind == SyntaxKind::kCall;
    return counts ? count + 1 : count;
  }

  Result<Action> bind_clause(TreeBinder& binder, const UpdateClause& clause) {
    if (clause.value == kNoNode) return Action{.kind = ActionKind::kRemove, .value = kNoNode};
    const SyntaxNode& node = statement_.nodes[clause.value];
    if (node.kind == SyntaxKind::kCall)
      for (const SetFunction& function : kSetFunctions)
        if (function.name == node.text) return bind_set_function(binder, clause, function);
    TRY(const NodeIndex value, binder.update_value(clause.value));
    return Action{.kind = ActionKind::kSet, .value = value};
  }

  Result<Action> bind_set_function(TreeBinder& binder,
                                   const UpdateClause& clause,
                                   const SetFunction& function) {
    const SyntaxNode& call = statement_.nodes[clause.value];
    const SyntaxNode* target = call.first == kNoNode ? nullptr : &statement_.nodes[call.first];
    const bool two_arguments = target != nullptr && target->next != kNoNode &&
                               statement_.nodes[target->next].next == kNoNode;
    if (!two_arguments || target->kind != SyntaxKind::kPath ||
        statement_.paths[target->position] != statement_.paths[clause.target])
      return binder.unsupported(call);
    TRY(const NodeIndex value, binder.value(target->next));
    // What ADD and DELETE refuse as well is refused there.
    const AttributeType type = binder.builder().tree()[value].value->second.type();
    if (type == AttributeType::kN)
      return expression::operand_type_error(ExpressionKind::kStatement, function.name,
                                            type_name(type));
    return Action{.kind = function.kind, .value = value};
  }

  std::string_view text_;
  Statement statement_;
  Literals literals_;
};

}  // namespace

Result<BoundStatement> bind_statement(std::string_view text,
                                      Statement statement,
                                      std::vector<AttributeValue> parameters) {
  if (statement.parameters > parameters.size())
    return validation_error("Number of parameters in request and statement don't match.");
  return StatementBinder(text, std::move(statement), parameters).bind();
}

const TableReference& table_of(const BoundStatement& statement) {
  return std::visit(
      Overloaded{
          [](const BoundSelect& select) -> const TableReference& { return select.from; },
          [](const BoundInsert& insert) -> const TableReference& { return insert.into; },
          [](const BoundUpdate& update) -> const TableReference& { return update.table; },
          [](const BoundDelete& erase) -> const TableReference& { return erase.from; },
          [](const BoundExists& exists) -> const TableReference& { return exists.from; },
      },
      statement);
}

std::optional<Returning> returning_of(const BoundStatement& statement) {
  if (const auto* update = std::get_if<BoundUpdate>(&statement)) return update->returning;
  if (const auto* erase = std::get_if<BoundDelete>(&statement)) return erase->returning;
  return std::nullopt;
}

bool is_read(const BoundStatement& statement) {
  return std::holds_alternative<BoundSelect>(statement);
}

}  // namespace tailrace::partiql
