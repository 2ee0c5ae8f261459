#include "server/ops/items/legacy_parameters.h"

#include <string>
#include <utility>

#include "server/api/decode_value.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

using expression::ComparisonOperator;
using expression::Condition;
using expression::ConditionalOperator;
using expression::ExpectedEntry;
using expression::LegacyTest;
using expression::LegacyUpdate;
using expression::Projection;

// Each of them may be looked at for each item of a page. As many as a FilterExpression can have in
// its 4 KB; the service's limit is not known.
constexpr std::size_t kFilterOperandsMax = 2000;

Result<std::optional<AttributeValue>> decode_optional_value(const json::Value& entry,
                                                            const api::Reading& reading) {
  const json::Value* value = json::find(entry, "Value");
  if (value == nullptr) return std::optional<AttributeValue>();
  TRY(AttributeValue decoded, api::decode_value(*value, reading));
  return std::optional<AttributeValue>(std::move(decoded));
}

Result<std::vector<AttributeValue>> decode_values(const json::Value& list,
                                                  const api::Reading& reading,
                                                  api::Nesting nesting = api::Nesting::kLimited) {
  std::vector<AttributeValue> values;
  for (const json::Value& element : list.GetArray()) {
    TRY(AttributeValue value, api::decode_value(element, reading, nesting));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

Result<std::optional<Projection>> decode_attributes_to_get(const json::Value& body) {
  const json::Value* list = json::find(body, "AttributesToGet");
  if (list == nullptr) return std::optional<Projection>();
  std::vector<std::string> names;
  for (const json::Value& element : list->GetArray()) {
    TRY_VOID(api::check_attribute_name(json::view(element)));
    names.emplace_back(json::view(element));
  }
  TRY_VOID(expression::check_attributes_to_get(names));
  return std::optional<Projection>(Projection::of_names(names));
}

Result<ConditionalOperator> decode_conditional_operator(const json::Value& body,
                                                        std::string_view conditions_member) {
  const json::Value* name = json::find(body, "ConditionalOperator");
  if (name == nullptr) return ConditionalOperator::kAnd;
  const json::Value* conditions = json::find(body, conditions_member);
  return expression::parse_conditional_operator(
      json::view(*name), conditions == nullptr ? 0 : conditions->MemberCount());
}

Result<std::vector<ReadExpected>> read_expected(const json::Value& body,
                                                const api::Reading& reading) {
  std::vector<ReadExpected> out;
  const json::Value* object = json::find(body, "Expected");
  if (object == nullptr) return out;
  for (const auto& entry : object->GetObject()) {
    TRY_VOID(api::check_attribute_name(json::view(entry.name), reading));
    ReadExpected& expected = out.emplace_back();
    expected.entry.attribute = std::string(json::view(entry.name));
    expected.entry.exists = json::optional_bool(entry.value, "Exists");
    if (const json::Value* name = json::find(entry.value, "ComparisonOperator"))
      expected.comparison_operator = json::view(*name);
    TRY(expected.entry.value, decode_optional_value(entry.value, reading));
    if (const json::Value* list = json::find(entry.value, "AttributeValueList")) {
      TRY(expected.entry.list, decode_values(*list, reading));
    }
  }
  return out;
}

Result<std::optional<Condition>> expected_condition(std::vector<ReadExpected> expected,
                                                    ConditionalOperator op) {
  std::vector<LegacyTest> tests;
  for (ReadExpected& each : expected) {
    if (each.comparison_operator) {
      TRY(each.entry.op, expression::require_operator(*each.comparison_operator));
    }
    TRY(LegacyTest test, expression::expected_test(std::move(each.entry)));
    tests.push_back(std::move(test));
  }
  if (tests.empty()) return std::optional<Condition>();
  return std::optional<Condition>(expression::legacy_condition(std::move(tests), op));
}

Result<std::vector<ReadUpdate>> read_attribute_updates(const json::Value& body,
                                                       const api::Reading& reading) {
  std::vector<ReadUpdate> out;
  const json::Value* object = json::find(body, "AttributeUpdates");
  if (object == nullptr) return out;
  for (const auto& entry : object->GetObject()) {
    TRY_VOID(api::check_attribute_name(json::view(entry.name), reading));
    ReadUpdate& read = out.emplace_back();
    read.update.attribute = std::string(json::view(entry.name));
    read.action = json::string_or(entry.value, "Action", "PUT");
    TRY(read.update.value, decode_optional_value(entry.value, reading));
  }
  return out;
}

Result<std::vector<LegacyUpdate>> with_actions(std::vector<ReadUpdate> updates) {
  std::vector<LegacyUpdate> out;
  for (ReadUpdate& read : updates) {
    TRY(read.update.action, expression::parse_update_action(read.action));
    out.push_back(std::move(read.update));
  }
  return out;
}

Result<std::vector<ReadTest>> read_legacy_tests(const json::Value& body,
                                                std::string_view member,
                                                const api::Reading& reading,
                                                api::Nesting nesting) {
  std::vector<ReadTest> out;
  std::size_t operands = 0;
  const json::Value* object = json::find(body, member);
  if (object == nullptr) return out;
  for (const auto& entry : object->GetObject()) {
    // A filter may test the attribute without a name. (behaviour/validation 5.2)
    if (!json::view(entry.name).empty() || member == "KeyConditions")
      TRY_VOID(api::check_attribute_name(json::view(entry.name), reading));
    ReadTest& read = out.emplace_back();
    read.attribute = json::view(entry.name);
    read.comparison_operator = json::string_or(entry.value, "ComparisonOperator");
    if (const json::Value* list = json::find(entry.value, "AttributeValueList")) {
      TRY(read.values, decode_values(*list, reading, nesting));
    }
    operands += 1 + read.values.size();
    if (operands > kFilterOperandsMax) {
      return validation_error(str_cat("One or more parameter values were invalid: ", member,
                                      " has more than ", kFilterOperandsMax, " operands"));
    }
  }
  return out;
}

Result<std::vector<LegacyTest>> legacy_tests(std::vector<ReadTest> tests) {
  std::vector<LegacyTest> out;
  for (ReadTest& read : tests) {
    TRY(const ComparisonOperator op, expression::require_operator(read.comparison_operator));
    LegacyTest test{
        .attribute = std::string(read.attribute), .op = op, .values = std::move(read.values)};
    TRY_VOID(expression::check_legacy_test(test));
    out.push_back(std::move(test));
  }
  return out;
}

}  // namespace tailrace::ops
