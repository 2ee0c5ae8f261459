// Expressions and their names and values as members of a request. (behaviour/dynamodb 2.8)
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "server/api/decode_value.h"
#include "server/api/json.h"
#include "server/expression/expression.h"
#include "storage/base/result.h"

namespace tailrace::ops {

// Which members of an operation are expressions and which are their older equivalents, in the order
// in which messages list them.
struct ParameterRules {
  std::span<const std::string_view> legacy;
  std::span<const std::string_view> expressions;
  std::span<const std::string_view> value_users;  // Expressions that can use values.
};

// Rules 1 to 3: no mixture; names and values only with expressions.
Result<void> check_parameters(const json::Value& body, const ParameterRules& rules);

// Rules 4 to 6: ExpressionAttributeNames and ExpressionAttributeValues.
Result<expression::Placeholders> decode_placeholders(
    const json::Value& body, api::Nesting nesting = api::Nesting::kLimited);

// The same for operations of names alone: ExpressionAttributeValues is no member of theirs, so its
// shape is unchecked and it is ignored.
Result<expression::Placeholders> decode_name_placeholders(const json::Value& body);

// Rule 7; nullopt: there is no such member. Rule 8 is Placeholders::check_all_used.
Result<std::optional<expression::Condition>> decode_condition(
    const json::Value& body,
    std::string_view member,
    expression::ExpressionKind kind,
    expression::Placeholders& placeholders);
Result<std::optional<expression::Projection>> decode_projection(
    const json::Value& body, expression::Placeholders& placeholders);

}  // namespace tailrace::ops
