// The parameters that expressions have replaced: Expected, QueryFilter, ScanFilter, KeyConditions,
// AttributeUpdates, AttributesToGet. server/ops decodes them into these types; they become the same
// conditions and updates. (behaviour/dynamodb 3.6, 3.7, 3.8)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/expression/condition.h"
#include "server/expression/key_condition.h"
#include "server/expression/update.h"
#include "storage/base/result.h"
#include "storage/value/attribute_value.h"

namespace tailrace::expression {

enum class ComparisonOperator : std::uint8_t {
  kEq,
  kNe,
  kIn,
  kLe,
  kLt,
  kGe,
  kGt,
  kBetween,
  kNotNull,
  kNull,
  kContains,
  kNotContains,
  kBeginsWith,
};
std::string_view operator_name(ComparisonOperator op);
std::optional<ComparisonOperator> parse_operator(std::string_view name);
// Errors: `Invalid comparison operator`.
Result<ComparisonOperator> require_operator(std::string_view name);

struct LegacyTest {
  std::string attribute;
  ComparisonOperator op = ComparisonOperator::kEq;
  std::vector<AttributeValue> values;
};
enum class ConditionalOperator : std::uint8_t { kAnd, kOr };

// Argument count, types and BETWEEN order of one entry of QueryFilter, ScanFilter, KeyConditions.
Result<void> check_legacy_test(const LegacyTest& test);
// The tests must have passed check_legacy_test. Without tests: always true.
Condition legacy_condition(std::vector<LegacyTest> tests, ConditionalOperator op);
// KeyConditions. Operators that no key takes are refused by bind_key_condition, after the table is
// found.
KeyCondition legacy_key_condition(std::vector<LegacyTest> tests);

// One entry of Expected, as it came.
struct ExpectedEntry {
  std::string attribute;
  std::optional<AttributeValue> value;
  std::optional<bool> exists;
  std::optional<ComparisonOperator> op;
  std::optional<std::vector<AttributeValue>> list;
};
// All checks of one entry; what it tests.
Result<LegacyTest> expected_test(ExpectedEntry entry);

// ConditionalOperator over so many entries of Expected or a filter. (behaviour/validation 5.1)
// Errors: there are fewer than two to combine; another name than AND and OR.
Result<ConditionalOperator> parse_conditional_operator(std::string_view name,
                                                       std::size_t conditions);

enum class UpdateAction : std::uint8_t { kPut, kAdd, kDelete };
// Errors: another name than PUT, ADD and DELETE.
Result<UpdateAction> parse_update_action(std::string_view name);
struct LegacyUpdate {
  std::string attribute;
  UpdateAction action = UpdateAction::kPut;
  std::optional<AttributeValue> value;
};
// AttributeUpdates: action and type of each entry are checked in turn. Without entries: an update
// that creates the item with its key.
Result<Update> legacy_update(std::vector<LegacyUpdate> updates);

// `One or more parameter values were invalid: Duplicate value in attribute name: <a>`
Result<void> check_attributes_to_get(const std::vector<std::string>& names);

}  // namespace tailrace::expression
