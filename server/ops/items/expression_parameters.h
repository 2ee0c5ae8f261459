// Expressions and their names and values as members of a request. (behaviour/dynamodb 2.8;
// behaviour/validation 3, 7)
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "server/api/decode_value.h"
#include "server/api/json.h"
#include "server/api/layers.h"
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

// Rule 1: no mixture.
Result<void> check_mixture(const json::Value& body, const ParameterRules& rules);
// Rules 2 and 3: names and values only with expressions.
Result<void> check_placeholder_use(const json::Value& body,
                                   const ParameterRules& rules,
                                   const api::Reading& reading);

// Rule 6: the values of ExpressionAttributeValues.
Result<AttributeMap> decode_values(const json::Value& body,
                                   const api::Reading& reading,
                                   api::Nesting nesting = api::Nesting::kLimited);
// Rules 4 and 5: ExpressionAttributeNames and keys of ExpressionAttributeValues, with the values
// that were decoded before.
Result<expression::Placeholders> decode_placeholders(const json::Value& body,
                                                     AttributeMap values,
                                                     const api::Reading& reading);
// Rules 4 to 6.
Result<expression::Placeholders> decode_placeholders(const json::Value& body,
                                                     const api::Reading& reading,
                                                     api::Nesting nesting = api::Nesting::kLimited);

// The same for operations of names alone: ExpressionAttributeValues is no member of theirs, so its
// shape is unchecked and it is ignored.
Result<expression::Placeholders> decode_name_placeholders(const json::Value& body);

// Rule 7; nullopt: there is no such member. Rule 8 is Placeholders::check_all_used.
Result<std::optional<expression::Condition>> decode_condition(
    const json::Value& body,
    std::string_view member,
    expression::ExpressionKind kind,
    expression::Placeholders& placeholders,
    expression::ToldSize told = expression::ToldSize::kNone);
Result<std::optional<expression::Projection>> decode_projection(
    const json::Value& body, expression::Placeholders& placeholders);

}  // namespace tailrace::ops
