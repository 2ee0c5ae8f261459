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
using expression::Update;
using expression::UpdateAction;

// Each of them may be looked at for each item of a page. As many as a FilterExpression can have in
// its 4 KB; the service's limit is not known.
constexpr std::size_t kFilterOperandsMax = 2000;

Result<std::optional<AttributeValue>> decode_optional_value(const json::Value& entry) {
  const json::Value* value = json::find(entry, "Value");
  if (value == nullptr) return std::optional<AttributeValue>();
  TRY(AttributeValue decoded, api::decode_value(*value));
  return std::optional<AttributeValue>(std::move(decoded));
}

Result<std::vector<AttributeValue>> decode_values(const json::Value& list) {
  std::vector<AttributeValue> values;
  for (const json::Value& element : list.GetArray()) {
    TRY(AttributeValue value, api::decode_value(element));
    values.push_back(std::move(value));
  }
  return values;
}

std::optional<ComparisonOperator> operator_of(const json::Value& entry) {
  const json::Value* name = json::find(entry, "ComparisonOperator");
  if (name == nullptr) return std::nullopt;
  return expression::parse_operator(json::view(*name));
}

Result<LegacyTest> decode_expected_entry(const json::Value& entry, std::string_view attribute) {
  ExpectedEntry expected{.attribute = std::string(attribute),
                         .value = std::nullopt,
                         .exists = json::optional_bool(entry, "Exists"),
                         .op = operator_of(entry),
                         .list = std::nullopt};
  TRY(expected.value, decode_optional_value(entry));
  if (const json::Value* list = json::find(entry, "AttributeValueList")) {
    TRY(expected.list, decode_values(*list));
  }
  return expression::expected_test(std::move(expected));
}

UpdateAction action_of(const json::Value& entry) {
  const std::string_view name = json::string_or(entry, "Action", "PUT");
  if (name == "ADD") return UpdateAction::kAdd;
  return name == "DELETE" ? UpdateAction::kDelete : UpdateAction::kPut;
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
  if (conditions == nullptr || conditions->ObjectEmpty())
    return expression::conditional_operator_without_conditions();
  return json::view(*name) == "OR" ? ConditionalOperator::kOr : ConditionalOperator::kAnd;
}

Result<std::optional<Condition>> decode_expected(const json::Value& body) {
  const json::Value* object = json::find(body, "Expected");
  std::vector<LegacyTest> tests;
  if (object != nullptr) {
    for (const auto& entry : object->GetObject()) {
      TRY_VOID(api::check_attribute_name(json::view(entry.name)));
      TRY(LegacyTest test, decode_expected_entry(entry.value, json::view(entry.name)));
      tests.push_back(std::move(test));
    }
  }
  TRY(const ConditionalOperator op, decode_conditional_operator(body, "Expected"));
  if (tests.empty()) return std::optional<Condition>();
  return std::optional<Condition>(expression::legacy_condition(std::move(tests), op));
}

Result<std::optional<Update>> decode_attribute_updates(const json::Value& body) {
  const json::Value* object = json::find(body, "AttributeUpdates");
  if (object == nullptr || object->ObjectEmpty()) return std::optional<Update>();
  std::vector<LegacyUpdate> updates;
  for (const auto& entry : object->GetObject()) {
    TRY_VOID(api::check_attribute_name(json::view(entry.name)));
    LegacyUpdate update{.attribute = std::string(json::view(entry.name)),
                        .action = action_of(entry.value),
                        .value = std::nullopt};
    TRY(update.value, decode_optional_value(entry.value));
    updates.push_back(std::move(update));
  }
  TRY(Update update, expression::legacy_update(std::move(updates)));
  return std::optional<Update>(std::move(update));
}

Result<std::vector<LegacyTest>> decode_legacy_tests(const json::Value& body,
                                                    std::string_view member) {
  std::vector<LegacyTest> tests;
  std::size_t operands = 0;
  const json::Value* object = json::find(body, member);
  if (object == nullptr) return tests;
  for (const auto& entry : object->GetObject()) {
    TRY_VOID(api::check_attribute_name(json::view(entry.name)));
    LegacyTest test{.attribute = std::string(json::view(entry.name)),
                    .op = operator_of(entry.value).value_or(ComparisonOperator::kEq),
                    .values = {}};
    if (const json::Value* list = json::find(entry.value, "AttributeValueList")) {
      TRY(test.values, decode_values(*list));
    }
    TRY_VOID(expression::check_legacy_test(test));
    operands += 1 + test.values.size();
    if (operands > kFilterOperandsMax) {
      return validation_error(str_cat("One or more parameter values were invalid: ", member,
                                      " has more than ", kFilterOperandsMax, " operands"));
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace tailrace::ops
