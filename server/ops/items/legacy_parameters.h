// The parameters that expressions replaced: AttributesToGet, Expected, AttributeUpdates,
// KeyConditions, QueryFilter, ScanFilter, ConditionalOperator. (behaviour/dynamodb 3.6-3.8)
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/api/json.h"
#include "server/expression/expression.h"
#include "storage/base/result.h"

namespace tailrace::ops {

// Names of AttributesToGet as a projection. Errors: duplicates.
Result<std::optional<expression::Projection>> decode_attributes_to_get(const json::Value& body);

// Expected with ConditionalOperator. nullopt: nothing is expected.
Result<std::optional<expression::Condition>> decode_expected(const json::Value& body);

// AttributeUpdates. nullopt: absent or empty.
Result<std::optional<expression::Update>> decode_attribute_updates(const json::Value& body);

// The tests of QueryFilter, ScanFilter or KeyConditions, each checked by itself.
Result<std::vector<expression::LegacyTest>> decode_legacy_tests(const json::Value& body,
                                                                std::string_view member);
// `ConditionalOperator` of the request. Errors: it is there without a condition.
Result<expression::ConditionalOperator> decode_conditional_operator(
    const json::Value& body, std::string_view conditions_member);

}  // namespace tailrace::ops
