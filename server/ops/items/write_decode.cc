#include "server/ops/items/write_decode.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/legacy_parameters.h"

namespace tailrace::ops {
namespace {

using api::Nesting;
using expression::Condition;
using expression::ExpressionKind;
using expression::Placeholders;
using expression::Update;

constexpr std::string_view kConditionLegacy[] = {"Expected", "ConditionalOperator"};
constexpr std::string_view kConditionExpression[] = {"ConditionExpression"};
constexpr std::string_view kUpdateLegacy[] = {"AttributeUpdates", "Expected",
                                              "ConditionalOperator"};
constexpr std::string_view kUpdateExpressions[] = {"UpdateExpression", "ConditionExpression"};

constexpr ParameterRules kConditionRules{
    .legacy = kConditionLegacy,
    .expressions = kConditionExpression,
    .value_users = kConditionExpression,
};
constexpr ParameterRules kUpdateRules{
    .legacy = kUpdateLegacy,
    .expressions = kUpdateExpressions,
    .value_users = kUpdateExpressions,
};

// The enum allows five names, the operation two.
Result<void> check_returns_old_or_none(const json::Value& body) {
  const ReturnValues values = return_values_of(body);
  if (values == ReturnValues::kNone || values == ReturnValues::kAllOld) return {};
  return validation_error("ReturnValues can only be ALL_OLD or NONE");
}

Result<WriteAction> begin_action(const CallContext& context, const json::Value& body) {
  const std::string_view table = json::string_or(body, "TableName");
  TRY(TableName name, table_name_of(context, table));
  return WriteAction{.table = std::move(name),
                     .table_as_sent = std::string(table),
                     .what = {},
                     .condition = std::nullopt,
                     .on_failure = return_on_failure_of(body)};
}

Result<AttributeMap> decode_member(const json::Value& body, std::string_view member) {
  const json::Value* object = json::find(body, member);
  CHECK(object != nullptr);
  return api::decode_item(*object);
}

// Names, values and ConditionExpression, and that all of them were used.
Result<std::optional<Condition>> decode_condition_expression(const json::Value& body,
                                                             Nesting nesting) {
  TRY(Placeholders placeholders, decode_placeholders(body, nesting));
  TRY(std::optional<Condition> condition,
      decode_condition(body, "ConditionExpression", ExpressionKind::kCondition, placeholders));
  TRY_VOID(placeholders.check_all_used());
  return condition;
}

bool has_too_deep(const Placeholders& placeholders) {
  if (placeholders.values() == nullptr) return false;
  return std::any_of(placeholders.values()->begin(), placeholders.values()->end(),
                     [](const AttributeMap::Entry& entry) {
                       return nesting_depth(entry.second) > kNestingLevelsMax;
                     });
}

// Expected or ConditionExpression.
Result<std::optional<Condition>> decode_write_condition(const json::Value& body, WriteForm form) {
  if (form == WriteForm::kSingle) {
    TRY(std::optional<Condition> expected, decode_expected(body));
    if (expected) return expected;
  }
  return decode_condition_expression(body, Nesting::kLimited);
}

ParameterRules for_form(ParameterRules rules, WriteForm form) {
  if (form == WriteForm::kTransaction) rules.legacy = {};
  return rules;
}

}  // namespace

Result<WriteAction> decode_put(const CallContext& context,
                               const json::Value& body,
                               WriteForm form) {
  TRY(WriteAction action, begin_action(context, body));
  TRY(EncodedItem item, api::encode_item(*json::find(body, "Item")));
  TRY_VOID(check_parameters(body, for_form(kConditionRules, form)));
  if (form == WriteForm::kSingle) {
    TRY_VOID(check_returns_old_or_none(body));
    TRY_VOID(check_put_size(item.size()));
  }
  action.what = PutAction{.item = std::move(item)};
  TRY(action.condition, decode_write_condition(body, form));
  return action;
}

Result<WriteAction> decode_update(const CallContext& context,
                                  const json::Value& body,
                                  WriteForm form) {
  TRY(WriteAction action, begin_action(context, body));
  TRY_VOID(check_parameters(body, for_form(kUpdateRules, form)));
  UpdateAction update;
  TRY(update.key, decode_member(body, "Key"));
  if (form == WriteForm::kSingle) {
    TRY(update.update, decode_attribute_updates(body));
    TRY(action.condition, decode_expected(body));
  }
  // In a transaction values that are nested too deep are its cancellation. (behaviour/dynamodb 4.3)
  TRY(Placeholders placeholders,
      decode_placeholders(body, form == WriteForm::kSingle ? Nesting::kLimited : Nesting::kAny));
  if (has_too_deep(placeholders)) update.refused_values = api::nested_too_deep();
  if (const json::Value* text = json::find(body, "UpdateExpression")) {
    TRY(Update parsed, Update::parse(json::view(*text), placeholders));
    update.update = std::move(parsed);
  }
  if (!action.condition) {
    TRY(action.condition,
        decode_condition(body, "ConditionExpression", ExpressionKind::kCondition, placeholders));
  }
  TRY_VOID(placeholders.check_all_used());
  action.what = std::move(update);
  return action;
}

Result<WriteAction> decode_delete(const CallContext& context,
                                  const json::Value& body,
                                  WriteForm form) {
  TRY(WriteAction action, begin_action(context, body));
  TRY_VOID(check_parameters(body, for_form(kConditionRules, form)));
  TRY(AttributeMap key, decode_member(body, "Key"));
  if (form == WriteForm::kSingle) TRY_VOID(check_returns_old_or_none(body));
  action.what = DeleteAction{.key = std::move(key)};
  TRY(action.condition, decode_write_condition(body, form));
  return action;
}

Result<WriteAction> decode_check(const CallContext& context, const json::Value& body) {
  TRY(WriteAction action, begin_action(context, body));
  TRY(AttributeMap key, decode_member(body, "Key"));
  action.what = CheckAction{.key = std::move(key)};
  // What is only compared may be nested as it likes. (behaviour/dynamodb 4.3)
  TRY(action.condition, decode_condition_expression(body, Nesting::kAny));
  return action;
}

}  // namespace tailrace::ops
