// Replaces names and values in a tree and checks what can be checked once they are known.
#pragma once

#include <string_view>

#include "server/expression/expression_kind.h"
#include "server/expression/placeholders.h"
#include "server/expression/tree.h"
#include "storage/base/result.h"

namespace tailrace::expression {

// `An expression attribute name used in the document path is not defined; attribute name: #n`
Result<void> bind_names(ExpressionKind kind, Path& path, Placeholders& placeholders);
// `An expression attribute value used in expression is not defined; attribute value: :v`
// `text` is that of the expression.
Result<void> bind_value(ExpressionKind kind,
                        std::string_view text,
                        Node& node,
                        Placeholders& placeholders);
// `Incorrect number of operands for operator or function; …`
Result<void> check_operand_count(ExpressionKind kind, const Tree& tree, const Node& function);
// `Incorrect operand type for operator or function; …`
ApiError operand_type_error(ExpressionKind kind,
                            std::string_view operator_name,
                            std::string_view type);
// `Operator or function requires a document path; …`
ApiError path_required_error(ExpressionKind kind, std::string_view function);

// One node, when all below it are bound: names, values, and what a test can be told without an item.
// `tree.values` must be set.
Result<void> bind_node(ExpressionKind kind,
                       std::string_view text,
                       Tree& tree,
                       Node& node,
                       Placeholders& placeholders);
// A whole condition; test by test from left to right. (behaviour/dynamodb 3.2)
Result<void> bind_condition(ExpressionKind kind,
                            std::string_view text,
                            Tree& tree,
                            Placeholders& placeholders);

// The checks of bind_condition alone, for a tree whose names and values are in place.
Result<void> check_condition(ExpressionKind kind, const Tree& tree);

}  // namespace tailrace::expression
