#include "server/ops/partiql/partiql_statement.h"

#include <utility>
#include <vector>

#include "server/api/decode_value.h"
#include "server/ops/items/item_text.h"
#include "server/partiql/parser.h"
#include "storage/base/overloaded.h"

namespace tailrace::ops {
namespace {

using partiql::BoundDelete;
using partiql::BoundExists;
using partiql::BoundInsert;
using partiql::BoundSelect;
using partiql::BoundUpdate;
using partiql::ItemPlan;
using partiql::Presence;
using partiql::Returning;
using partiql::Where;

Result<ItemPlan> require_item(const Where& where, const TableSchema& table, Presence presence) {
  TRY(auto plan, partiql::plan_item(where, table.keys, presence));
  if (!plan)
    return validation_error(
        "Where clause does not contain a mandatory equality on all key attributes");
  return *std::move(plan);
}

std::string text_of(const AttributeMap& attributes) {
  return attributes.empty() ? std::string() : item_json(attributes);
}

Result<std::vector<AttributeValue>> decode_parameters(const json::Value& members) {
  std::vector<AttributeValue> parameters;
  if (const json::Value* list = json::find(members, "Parameters")) {
    for (const json::Value& element : list->GetArray()) {
      TRY(AttributeValue value, api::decode_value(element, api::Reading()));
      parameters.push_back(std::move(value));
    }
  }
  return parameters;
}

}  // namespace

Result<StatementRequest> decode_statement(const CallContext& context, const json::Value& members) {
  const std::string_view text = json::string_or(members, "Statement");
  TRY(std::vector<AttributeValue> parameters, decode_parameters(members));
  TRY(partiql::Statement parsed, partiql::parse_statement(text));
  TRY(partiql::BoundStatement bound,
      partiql::bind_statement(text, std::move(parsed), std::move(parameters)));
  if (const auto* insert = std::get_if<BoundInsert>(&bound))
    TRY_VOID(check_put_size(insert->item.size()));
  std::string table = partiql::table_of(bound).table;
  TRY(TableName name, table_name_of(context, table));
  return StatementRequest{.bound = std::move(bound),
                          .table = std::move(name),
                          .table_as_sent = std::move(table),
                          .consistency = consistency_of(members),
                          .on_failure = return_on_failure_of(members)};
}

Result<void> check_key_types(const TableSchema& table, const AttributeMap& key) {
  for (const auto* part : {&table.keys.hash, &table.keys.range}) {
    for (const KeyAttribute& attribute : *part) {
      const AttributeValue* value = key.find(attribute.name);
      if (value != nullptr) TRY_VOID(partiql::check_key_type(attribute, *value));
    }
  }
  return {};
}

Result<WriteAction> write_action_of(const StatementRequest& statement,
                                    const TableSchema& table,
                                    KeyTypes key_types) {
  WriteAction action{.table = statement.table,
                     .table_as_sent = statement.table_as_sent,
                     .what = {},
                     .condition = std::nullopt,
                     .on_failure = statement.on_failure};
  const auto with_plan = [&](const Where& where, Presence presence,
                             auto make) -> Result<WriteAction> {
    TRY(ItemPlan plan, require_item(where, table, presence));
    if (key_types == KeyTypes::kChecked) TRY_VOID(check_key_types(table, plan.key));
    action.what = make(std::move(plan.key));
    action.condition = std::move(plan.condition);
    return std::move(action);
  };
  return std::visit(
      Overloaded{
          [&](const BoundInsert& insert) -> Result<WriteAction> {
            action.what = PutAction{.item = insert.item, .existing = PutAction::Existing::kRefused};
            return std::move(action);
          },
          // Unlike UpdateItem, UPDATE creates nothing.
          [&](const BoundUpdate& update) {
            return with_plan(update.where, Presence::kRequired, [&](AttributeMap key) {
              return UpdateAction{.key = std::move(key), .update = update.update};
            });
          },
          // What is not there is deleted already, whatever else is asked of it.
          [&](const BoundDelete& erase) {
            return with_plan(erase.where, Presence::kMissingPasses,
                             [](AttributeMap key) { return DeleteAction{.key = std::move(key)}; });
          },
          [&](const BoundExists& exists) -> Result<WriteAction> {
            TRY(ItemPlan plan, require_item(exists.where, table, Presence::kRequired));
            // As a ConditionCheck needs a condition. (The service's words are not known.)
            if (plan.only_key)
              return validation_error("EXISTS must have a condition besides that on the key");
            action.what = CheckAction{.key = std::move(plan.key)};
            action.condition = std::move(plan.condition);
            return std::move(action);
          },
          [](const BoundSelect&) -> Result<WriteAction> { CHECK(false && "a write"); },
      },
      statement.bound);
}

std::string returned_item(const StatementRequest& statement,
                          const WriteAction& action,
                          const ItemWrite& done) {
  const auto returning = partiql::returning_of(statement.bound);
  if (!returning) return {};
  const auto* update = std::get_if<UpdateAction>(&action.what);
  switch (*returning) {
    case Returning::kAllOld:
      return done.old ? std::string((*done.old)->json()) : std::string();
    case Returning::kAllNew:
      return std::string(done.written.updated->stored().json());
    case Returning::kModifiedOld:
      return text_of(update->update->touched((*done.old)->parse()));
    case Returning::kModifiedNew:
      return text_of(update->update->touched(done.written.updated->attributes()));
  }
  return {};
}

std::string selected_item(const BoundSelect& select,
                          const ItemPlan& plan,
                          const std::optional<ItemRow>& row) {
  if (!row) return {};
  if (plan.condition) {
    StoredItemSource source(**row);
    if (!plan.condition->evaluate(source)) return {};
  }
  std::string text;
  append_item_text(text, **row, select.projection ? &*select.projection : nullptr);
  return text;
}

}  // namespace tailrace::ops
