// ConditionExpression and FilterExpression, bound: and what legacy conditions become.
// (behaviour/dynamodb 3.2)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/expression/expression_kind.h"
#include "server/expression/path.h"
#include "server/expression/placeholders.h"
#include "server/expression/tree.h"
#include "storage/base/result.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {

class Condition {
 public:
  // Errors: ValidationException, `Invalid <X>Expression: …`. Names and values that it uses count as
  // used even if they are never evaluated.
  static Result<Condition> parse(std::string_view text,
                                 ExpressionKind kind,
                                 Placeholders& placeholders);

  // A tree that is bound. No root: always true.
  explicit Condition(Tree tree) : tree_(std::move(tree)) {}

  // Nothing is raised because of stored data.
  bool evaluate(AttributeSource& item) const;
  // Every path that it names, for the checks against key attributes.
  const std::vector<Path>& paths() const { return tree_.paths; }
  std::string dump() const;  // S-expression, for tests: (and (= a :v) (not (< b c)))

 private:
  Tree tree_;
};

}  // namespace tailrace::expression
