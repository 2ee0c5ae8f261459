#include "server/ops/items/write_decode.h"

#include <string>
#include <utility>
#include <vector>

#include "server/api/decode_value.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/legacy_parameters.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

using api::counted;
using api::Nesting;
using expression::Condition;
using expression::ConditionalOperator;
using expression::ExpressionKind;
using expression::LegacyUpdate;
using expression::Placeholders;
using expression::ToldSize;
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
constexpr ParameterRules kNamesAlone{
    .legacy = {},
    .expressions = kConditionExpression,
    .value_users = {},
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

Result<AttributeMap> decode_member(const CallContext& context,
                                   const json::Value& body,
                                   std::string_view member) {
  const json::Value* object = json::find(body, member);
  CHECK(object != nullptr);
  return api::decode_item(*object, context.reading);
}

Result<std::optional<Condition>> parse_condition(const json::Value& body,
                                                 Placeholders& placeholders,
                                                 WriteForm form) {
  return decode_condition(body, "ConditionExpression", ExpressionKind::kCondition, placeholders,
                          form == WriteForm::kTransaction ? ToldSize::kWithSize : ToldSize::kNone);
}

// Expected, or names, values and ConditionExpression, and that all of them were used. Every fault
// of expressions is counted, but keys of placeholders.
Result<std::optional<Condition>> decode_single_condition(const CallContext& context,
                                                         const json::Value& body) {
  const api::Reading& reading = context.reading;
  TRY(const ConditionalOperator op,
      counted(reading, decode_conditional_operator(body, kConditionLegacy[0])));
  TRY(std::vector<ReadExpected> expected, read_expected(body, reading));
  TRY(std::optional<Condition> condition,
      counted(reading, expected_condition(std::move(expected), op)));
  TRY_VOID(counted(reading, check_placeholder_use(body, kConditionRules, reading)));
  if (condition) return condition;
  TRY(Placeholders placeholders, decode_placeholders(body, reading));
  TRY(condition, counted(reading, parse_condition(body, placeholders, WriteForm::kSingle)));
  TRY_VOID(counted(reading, placeholders.check_all_used()));
  return condition;
}

// Names, values and ConditionExpression of a transaction's action. What is only compared may be
// nested a level deeper than what is written. (behaviour/validation 6.3)
Result<std::optional<Condition>> decode_action_condition(const CallContext& context,
                                                         const json::Value& body) {
  TRY(Placeholders placeholders, decode_placeholders(body, context.reading, Nesting::kOneMore));
  TRY(std::optional<Condition> condition,
      parse_condition(body, placeholders, WriteForm::kTransaction));
  TRY_VOID(placeholders.check_all_used());
  return condition;
}

// Of the expressions of an update an empty condition is told first.
Result<void> check_not_empty(const json::Value& body) {
  for (const std::string_view member : {kUpdateExpressions[1], kUpdateExpressions[0]}) {
    const json::Value* text = json::find(body, member);
    if (text != nullptr && text->GetStringLength() == 0)
      return validation_error(str_cat("Invalid ", member, ": The expression can not be empty;"));
  }
  return {};
}

Result<void> parse_update(const json::Value& body,
                          Placeholders& placeholders,
                          UpdateAction& update) {
  const json::Value* text = json::find(body, "UpdateExpression");
  if (text == nullptr) return {};
  TRY(Update parsed, Update::parse(json::view(*text), placeholders));
  update.update = std::move(parsed);
  return {};
}

// UpdateItem: values of all members come before everything else. (behaviour/validation 18)
Result<WriteAction> decode_single_update(const CallContext& context, const json::Value& body) {
  const api::Reading& reading = context.reading;
  TRY(WriteAction action, begin_action(context, body));
  UpdateAction update;
  TRY(update.key, decode_member(context, body, "Key"));
  TRY(AttributeMap values, decode_values(body, reading));
  TRY(std::vector<ReadExpected> expected, read_expected(body, reading));
  TRY(std::vector<ReadUpdate> read_updates, read_attribute_updates(body, reading));

  TRY_VOID(counted(reading, check_mixture(body, kUpdateRules)));
  TRY(const ConditionalOperator op,
      counted(reading, decode_conditional_operator(body, kConditionLegacy[0])));
  TRY(std::vector<LegacyUpdate> updates, counted(reading, with_actions(std::move(read_updates))));
  if (!updates.empty()) {
    TRY(update.update, expression::legacy_update(std::move(updates)));
  }
  TRY(action.condition, counted(reading, expected_condition(std::move(expected), op)));

  TRY_VOID(counted(reading, check_placeholder_use(body, kUpdateRules, reading)));
  TRY(Placeholders placeholders, decode_placeholders(body, std::move(values), reading));
  TRY_VOID(counted(reading, check_not_empty(body)));
  TRY_VOID(counted(reading, parse_update(body, placeholders, update)));
  if (!action.condition) {
    TRY(action.condition,
        counted(reading, parse_condition(body, placeholders, WriteForm::kSingle)));
  }
  TRY_VOID(counted(reading, placeholders.check_all_used()));
  // Of AttributeUpdates the finished item alone is measured.
  if (json::find(body, "UpdateExpression") != nullptr)
    TRY_VOID(check_statement_size(*update.update));
  action.what = std::move(update);
  return action;
}

}  // namespace

Result<WriteAction> decode_put(const CallContext& context,
                               const json::Value& body,
                               WriteForm form) {
  const api::Reading& reading = context.reading;
  TRY(WriteAction action, begin_action(context, body));
  TRY(EncodedItem item, api::encode_item(*json::find(body, "Item"), reading));
  const std::size_t size = item.size();
  action.what = PutAction{.item = std::move(item)};
  if (form == WriteForm::kSingle) {
    TRY_VOID(counted(reading, check_mixture(body, kConditionRules)));
    TRY_VOID(counted(reading, check_returns_old_or_none(body)));
    TRY(action.condition, decode_single_condition(context, body));
    TRY_VOID(check_put_size(size));
    return action;
  }
  if (json::find(body, "ConditionExpression") != nullptr) {
    TRY(action.condition, decode_action_condition(context, body));
    return action;
  }
  // Values without a condition are looked at, and then forgotten. (behaviour/validation 13)
  TRY_VOID(check_placeholder_use(body, kNamesAlone, reading));
  TRY_VOID(decode_values(body, reading, Nesting::kOneMore));
  return action;
}

Result<WriteAction> decode_update(const CallContext& context,
                                  const json::Value& body,
                                  WriteForm form) {
  if (form == WriteForm::kSingle) return decode_single_update(context, body);
  const api::Reading& reading = context.reading;
  TRY(WriteAction action, begin_action(context, body));
  UpdateAction update;
  TRY(update.key, decode_member(context, body, "Key"));
  TRY_VOID(check_placeholder_use(body, kUpdateRules, reading));
  // Values that are nested too deep to be written are found when they are.
  TRY(Placeholders placeholders, decode_placeholders(body, reading, Nesting::kOneMore));
  TRY_VOID(check_not_empty(body));
  TRY_VOID(parse_update(body, placeholders, update));
  TRY(action.condition, parse_condition(body, placeholders, form));
  TRY_VOID(placeholders.check_all_used());
  action.what = std::move(update);
  return action;
}

Result<WriteAction> decode_delete(const CallContext& context,
                                  const json::Value& body,
                                  WriteForm form) {
  const api::Reading& reading = context.reading;
  TRY(WriteAction action, begin_action(context, body));
  TRY(AttributeMap key, decode_member(context, body, "Key"));
  action.what = DeleteAction{.key = std::move(key)};
  if (form == WriteForm::kTransaction) {
    TRY_VOID(check_placeholder_use(body, kConditionRules, reading));
    TRY(action.condition, decode_action_condition(context, body));
    return action;
  }
  TRY_VOID(counted(reading, check_mixture(body, kConditionRules)));
  TRY_VOID(counted(reading, check_returns_old_or_none(body)));
  TRY(action.condition, decode_single_condition(context, body));
  return action;
}

Result<WriteAction> decode_check(const CallContext& context, const json::Value& body) {
  TRY(WriteAction action, begin_action(context, body));
  TRY(AttributeMap key, decode_member(context, body, "Key"));
  action.what = CheckAction{.key = std::move(key)};
  TRY(action.condition, decode_action_condition(context, body));
  return action;
}

}  // namespace tailrace::ops
