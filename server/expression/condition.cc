#include "server/expression/condition.h"

#include "server/expression/bind.h"
#include "server/expression/condition_parser.h"
#include "server/expression/evaluate.h"

namespace tailrace::expression {

Result<Condition> Condition::parse(std::string_view text,
                                   ExpressionKind kind,
                                   Placeholders& placeholders) {
  TRY(Tree tree, parse_condition(text, kind));
  TRY_VOID(bind_condition(kind, text, tree, placeholders));
  return Condition(std::move(tree));
}

bool Condition::evaluate(AttributeSource& item) const {
  return tree_.root == kNoNode || holds(tree_, tree_[tree_.root], item);
}

std::string Condition::dump() const {
  std::string text;
  if (tree_.root != kNoNode) append_dump(text, tree_, tree_[tree_.root]);
  return text;
}

}  // namespace tailrace::expression
