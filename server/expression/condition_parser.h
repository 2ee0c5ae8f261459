// Text of a condition to its tree, names and values not yet replaced. (behaviour/dynamodb 3.2)
#pragma once

#include "server/expression/expression_kind.h"
#include "server/expression/tree.h"
#include "storage/base/result.h"

namespace tailrace::expression {

// Errors: size, syntax, and what needs neither names nor values: redundant parentheses, number of
// operators, unknown and misused functions, reserved words.
Result<Tree> parse_condition(std::string_view text, ExpressionKind kind);

}  // namespace tailrace::expression
