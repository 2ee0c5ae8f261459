#include "server/partiql/statement.h"

#include "storage/base/overloaded.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

std::string_view head_of(const SyntaxNode& node) {
  switch (node.kind) {
    case SyntaxKind::kPath:
    case SyntaxKind::kLiteral:
    case SyntaxKind::kParameter:
      return "";
    case SyntaxKind::kList:
      return "list";
    case SyntaxKind::kBag:
      return "bag";
    case SyntaxKind::kMap:
      return "map";
    case SyntaxKind::kIon:
      return "ion";
    case SyntaxKind::kStar:
      return "*";
    case SyntaxKind::kEqual:
      return "=";
    case SyntaxKind::kNotEqual:
      return "<>";
    case SyntaxKind::kLess:
      return "<";
    case SyntaxKind::kLessOrEqual:
      return "<=";
    case SyntaxKind::kGreater:
      return ">";
    case SyntaxKind::kGreaterOrEqual:
      return ">=";
    case SyntaxKind::kBetween:
      return "between";
    case SyntaxKind::kIn:
      return "in";
    case SyntaxKind::kAnd:
      return "and";
    case SyntaxKind::kOr:
      return "or";
    case SyntaxKind::kNot:
      return "not";
    case SyntaxKind::kPlus:
      return "+";
    case SyntaxKind::kMinus:
      return "-";
    case SyntaxKind::kCall:
    case SyntaxKind::kIsType:
    case SyntaxKind::kOther:
      return node.text;
  }
  return "";
}

class Dump {
 public:
  explicit Dump(const Statement& statement) : statement_(statement) {}

  void node(NodeIndex index) {
    const SyntaxNode& node = statement_.nodes[index];
    if (node.kind == SyntaxKind::kPath) return expression::append_dump(out_, path(node.position));
    if (node.kind == SyntaxKind::kLiteral) return append_value_json(out_, node.value);
    if (node.kind == SyntaxKind::kParameter) return str_append(out_, "?");
    str_append(out_, node.kind == SyntaxKind::kIsType ? "(is-" : "(", head_of(node));
    for (NodeIndex child = node.first; child != kNoNode; child = statement_.nodes[child].next)
      spaced(child);
    out_ += ")";
  }
  void spaced(NodeIndex index) {
    if (index == kNoNode) return;
    out_ += " ";
    node(index);
  }
  void table(const TableReference& table) {
    str_append(out_, " ", table.table);
    if (table.index) str_append(out_, ".", *table.index);
  }
  void returning(const std::optional<Returning>& returning) {
    if (returning) str_append(out_, " ", returning_text(*returning));
  }
  void select(const Select& select) {
    out_ += "(select (";
    for (const std::uint32_t position : select.projection) {
      if (out_.back() != '(') out_ += " ";
      expression::append_dump(out_, path(position));
    }
    if (select.projection.empty()) out_ += "*";
    out_ += ")";
    table(select.from);
    spaced(select.where);
    for (const OrderKey& key : select.order_by)
      str_append(out_, key.descending ? " desc:" : " asc:", key.attribute);
    out_ += ")";
  }
  const expression::Path& path(std::uint32_t position) const { return statement_.paths[position]; }
  std::string& out() { return out_; }

 private:
  const Statement& statement_;
  std::string out_;
};

}  // namespace

std::string_view returning_text(Returning returning) {
  switch (returning) {
    case Returning::kAllOld:
      return "ALL OLD";
    case Returning::kAllNew:
      return "ALL NEW";
    case Returning::kModifiedOld:
      return "MODIFIED OLD";
    case Returning::kModifiedNew:
      return "MODIFIED NEW";
  }
  return "";
}

std::string dump(const Statement& statement) {
  Dump dump(statement);
  std::visit(Overloaded{
                 [&](const Select& select) { dump.select(select); },
                 [&](const Insert& insert) {
                   dump.out() += "(insert";
                   dump.table(insert.into);
                   dump.spaced(insert.value);
                   dump.out() += ")";
                 },
                 [&](const Update& update) {
                   dump.out() += "(update";
                   dump.table(update.table);
                   for (const UpdateClause& clause : update.clauses) {
                     dump.out() += clause.value == kNoNode ? " (remove " : " (set ";
                     expression::append_dump(dump.out(), dump.path(clause.target));
                     dump.spaced(clause.value);
                     dump.out() += ")";
                   }
                   dump.spaced(update.where);
                   dump.returning(update.returning);
                   dump.out() += ")";
                 },
                 [&](const Delete& erase) {
                   dump.out() += "(delete";
                   dump.table(erase.from);
                   dump.spaced(erase.where);
                   dump.returning(erase.returning);
                   dump.out() += ")";
                 },
                 [&](const Exists& exists) {
                   dump.out() += "(exists ";
                   dump.select(exists.select);
                   dump.out() += ")";
                 },
             },
             statement.what);
  return std::move(dump.out());
}

}  // namespace tailrace::partiql
