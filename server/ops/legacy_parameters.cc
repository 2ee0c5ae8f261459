#include "server/ops/legacy_parameters.h"

#include <set>
#include <string>
#include <utility>

#include "server/api/decode_value.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

using expression::ComparisonOperator;
using expression::Condition;
using expression::ConditionalOperator;
using expression::LegacyTest;
using expression::LegacyUpdate;
using expression::Projection;
using expression::Update;
using expression::UpdateAction;

template <class... Parts>
ApiError invalid_parameter(const Parts&... parts) {
  return validation_error(str_cat("One or more parameter values were invalid: ", parts...));
}

Result<std::vector<AttributeValue>> decode_value_list(const json::Value& entry) {
  std::vector<AttributeValue> values;
  const json::Value* list = json::find(entry, "AttributeValueList");
  if (list == nullptr) return values;
  for (const json::Value& element : list->GetArray()) {
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

bool takes_no_values(ComparisonOperator op) {
  return op == ComparisonOperator::kNull || op == ComparisonOperator::kNotNull;
}

// Members of Expected that exclude or demand each other (spec dynamodb 3.7, in its order).
Result<void> check_expected_members(const json::Value& entry, std::string_view attribute) {
  const bool value = json::find(entry, "Value") != nullptr;
  const bool list = json::find(entry, "AttributeValueList") != nullptr;
  const bool exists_given = json::find(entry, "Exists") != nullptr;
  const auto op = operator_of(entry);
  if (value && list)
    return invalid_parameter("Value and AttributeValueList cannot be used together for Attribute: ",
                             attribute);
  if (exists_given && op)
    return invalid_parameter(
        "Exists and ComparisonOperator cannot be used together for Attribute: ", attribute);
  if (op && !value && !list && !takes_no_values(*op))
    return invalid_parameter("Value or AttributeValueList must be used with ComparisonOperator: ",
                             expression::operator_name(*op), " for Attribute: ", attribute);
  if (list && !op)
    return invalid_parameter(
        "AttributeValueList can only be used with a ComparisonOperator for Attribute: ", attribute);
  if (op) return {};
  const bool exists = json::bool_or(entry, "Exists", true);
  if (exists && !value)
    return invalid_parameter("Value must be provided when Exists is ",
                             exists_given ? "true" : "null", " for Attribute: ", attribute);
  if (!exists && value)
    return invalid_parameter("Value cannot be used when Exists is false for Attribute: ",
                             attribute);
  return {};
}

Result<LegacyTest> decode_expected_entry(const json::Value& entry, std::string_view attribute) {
  LegacyTest test{.attribute = std::string(attribute), .op = ComparisonOperator::kEq, .values = {}};
  std::optional<AttributeValue> single;
  if (const json::Value* value = json::find(entry, "Value")) {
    TRY(single, api::decode_value(*value));
  }
  TRY(test.values, decode_value_list(entry));
  TRY_VOID(check_expected_members(entry, attribute));
  if (single) test.values.push_back(*std::move(single));
  if (const auto op = operator_of(entry)) {
    test.op = *op;
  } else if (test.values.empty()) {
    test.op = ComparisonOperator::kNull;  // Exists: false.
  }
  TRY_VOID(expression::check_legacy_test(test));
  return test;
}

UpdateAction action_of(const json::Value& entry) {
  const std::string_view name = json::string_or(entry, "Action", "PUT");
  if (name == "ADD") return UpdateAction::kAdd;
  return name == "DELETE" ? UpdateAction::kDelete : UpdateAction::kPut;
}

bool is_set(AttributeType type) {
  return type == AttributeType::kSS || type == AttributeType::kNS || type == AttributeType::kBS;
}

Result<void> check_update_value(const LegacyUpdate& update) {
  if (!update.value) {
    if (update.action == UpdateAction::kDelete) return {};
    return invalid_parameter("Only DELETE action is allowed when no attribute value is specified");
  }
  const AttributeType type = update.value->type();
  if (update.action == UpdateAction::kDelete && !is_set(type))
    return invalid_parameter("DELETE action with value is not supported for the type ",
                             type_name(type));
  if (update.action == UpdateAction::kAdd && !is_set(type) && type != AttributeType::kN &&
      type != AttributeType::kL)
    return invalid_parameter("ADD action is not supported for the type ", type_name(type));
  return {};
}

}  // namespace

Result<std::optional<Projection>> decode_attributes_to_get(const json::Value& body) {
  const json::Value* list = json::find(body, "AttributesToGet");
  if (list == nullptr) return std::optional<Projection>();
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  for (const json::Value& element : list->GetArray()) {
    const std::string_view name = json::view(element);
    if (!seen.insert(name).second)
      return invalid_parameter("Duplicate value in attribute name: ", name);
    names.emplace_back(name);
  }
  return std::optional<Projection>(Projection::of_names(names));
}

Result<ConditionalOperator> decode_conditional_operator(const json::Value& body,
                                                        std::string_view conditions_member) {
  const json::Value* name = json::find(body, "ConditionalOperator");
  if (name == nullptr) return ConditionalOperator::kAnd;
  const json::Value* conditions = json::find(body, conditions_member);
  if (conditions == nullptr || conditions->ObjectEmpty())
    return validation_error("ConditionalOperator cannot be used without Filter or Expected");
  return json::view(*name) == "OR" ? ConditionalOperator::kOr : ConditionalOperator::kAnd;
}

Result<std::optional<Condition>> decode_expected(const json::Value& body) {
  const json::Value* object = json::find(body, "Expected");
  std::vector<LegacyTest> tests;
  if (object != nullptr) {
    for (const auto& entry : object->GetObject()) {
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
    LegacyUpdate update{.attribute = std::string(json::view(entry.name)),
                        .action = action_of(entry.value),
                        .value = std::nullopt};
    if (const json::Value* value = json::find(entry.value, "Value")) {
      TRY(update.value, api::decode_value(*value));
    }
    TRY_VOID(check_update_value(update));
    updates.push_back(std::move(update));
  }
  TRY(Update update, expression::legacy_update(std::move(updates)));
  return std::optional<Update>(std::move(update));
}

Result<std::vector<LegacyTest>> decode_legacy_tests(const json::Value& body,
                                                    std::string_view member) {
  std::vector<LegacyTest> tests;
  const json::Value* object = json::find(body, member);
  if (object == nullptr) return tests;
  for (const auto& entry : object->GetObject()) {
    LegacyTest test{.attribute = std::string(json::view(entry.name)),
                    .op = operator_of(entry.value).value_or(ComparisonOperator::kEq),
                    .values = {}};
    TRY(test.values, decode_value_list(entry.value));
    TRY_VOID(expression::check_legacy_test(test));
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace tailrace::ops
