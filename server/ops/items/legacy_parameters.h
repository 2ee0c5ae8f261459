// The parameters that expressions replaced: AttributesToGet, Expected, AttributeUpdates,
// KeyConditions, QueryFilter, ScanFilter, ConditionalOperator. (behaviour/dynamodb 3.6-3.8;
// behaviour/validation 5)
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/api/decode_value.h"
#include "server/api/json.h"
#include "server/api/layers.h"
#include "server/expression/expression.h"
#include "storage/base/result.h"

namespace tailrace::ops {

// Names of AttributesToGet as a projection. Errors: duplicates.
Result<std::optional<expression::Projection>> decode_attributes_to_get(const json::Value& body);

// What follows is checked in two steps: values of all members come before the members' own rules.
// The entries hold views of the request.

// Expected. Errors: of names and values.
struct ReadExpected {
  expression::ExpectedEntry entry;
  std::optional<std::string_view> comparison_operator;
};
Result<std::vector<ReadExpected>> read_expected(const json::Value& body,
                                                const api::Reading& reading);
// nullopt: nothing is expected.
Result<std::optional<expression::Condition>> expected_condition(std::vector<ReadExpected> expected,
                                                                expression::ConditionalOperator op);

// AttributeUpdates. Errors: of names and values.
struct ReadUpdate {
  expression::LegacyUpdate update;
  std::string_view action;
};
Result<std::vector<ReadUpdate>> read_attribute_updates(const json::Value& body,
                                                       const api::Reading& reading);
// Errors: unknown names of actions.
Result<std::vector<expression::LegacyUpdate>> with_actions(std::vector<ReadUpdate> updates);

// QueryFilter, ScanFilter or KeyConditions. Errors: of values.
struct ReadTest {
  std::string_view attribute;
  std::string_view comparison_operator;
  std::vector<AttributeValue> values;
};
Result<std::vector<ReadTest>> read_legacy_tests(const json::Value& body,
                                                std::string_view member,
                                                const api::Reading& reading,
                                                api::Nesting nesting = api::Nesting::kLimited);
// Each checked by itself.
Result<std::vector<expression::LegacyTest>> legacy_tests(std::vector<ReadTest> tests);

// `ConditionalOperator` of the request, which combines the conditions of the member.
Result<expression::ConditionalOperator> decode_conditional_operator(
    const json::Value& body, std::string_view conditions_member);

}  // namespace tailrace::ops
