// PutItem, UpdateItem, DeleteItem, GetItem (behaviour/dynamodb 4.1).
#include <string>
#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/capacity.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/item_text.h"
#include "server/ops/items/key_rules.h"
#include "server/ops/items/legacy_parameters.h"
#include "server/ops/items/operations.h"
#include "server/ops/items/write_action.h"
#include "server/ops/items/write_decode.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using expression::Placeholders;
using expression::Projection;

// --- Writes.

struct SingleWrite {
  WriteAction action;
  ReturnValues return_values = ReturnValues::kNone;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;
  ReturnMetrics return_metrics = ReturnMetrics::kNone;
};

struct SingleWriteResult {
  TablePtr table;
  ItemWrite done;
};

Result<SingleWrite> with_returns(Result<WriteAction> action, const json::Value& body) {
  if (!action) return std::move(action).error();
  return SingleWrite{.action = *std::move(action),
                     .return_values = return_values_of(body),
                     .return_capacity = return_capacity_of(body),
                     .return_metrics = return_metrics_of(body)};
}

Result<SingleWrite> decode_put_item(const CallContext& context, const json::Value& body) {
  return with_returns(decode_put(context, body, WriteForm::kSingle), body);
}

Result<SingleWrite> decode_update_item(const CallContext& context, const json::Value& body) {
  return with_returns(decode_update(context, body, WriteForm::kSingle), body);
}

Result<SingleWrite> decode_delete_item(const CallContext& context, const json::Value& body) {
  return with_returns(decode_delete(context, body, WriteForm::kSingle), body);
}

Result<SingleWriteResult> execute_write(const CallContext& context,
                                        Txn& txn,
                                        const SingleWrite& in) {
  const WriteAction& action = in.action;
  TRY(TablePtr table, context.world.catalog.require(action.table));
  TRY(ItemWrite done, write_item(context, txn, *table, action));
  return SingleWriteResult{.table = std::move(table), .done = std::move(done)};
}

void append_attributes(JsonWriter& json, const AttributeMap& attributes) {
  if (attributes.empty()) return;
  std::string text;
  append_item_json(text, attributes);
  json.raw("Attributes", text);
}

void append_returned(JsonWriter& json, const SingleWrite& in, const SingleWriteResult& out) {
  const auto* update = std::get_if<UpdateAction>(&in.action.what);
  switch (in.return_values) {
    case ReturnValues::kNone:
      return;
    case ReturnValues::kAllOld:
      if (out.done.old) json.raw("Attributes", (*out.done.old)->json());
      return;
    case ReturnValues::kAllNew:
      if (out.done.written.updated)
        json.raw("Attributes", out.done.written.updated->stored().json());
      return;
    case ReturnValues::kUpdatedOld:
      if (out.done.old && update->update)
        append_attributes(json, update->update->touched((*out.done.old)->parse()));
      return;
    case ReturnValues::kUpdatedNew:
      if (out.done.written.updated && update->update)
        append_attributes(json, update->update->touched(out.done.written.updated->attributes()));
      return;
  }
}

void encode_write(const CallContext&,
                  const SingleWrite& in,
                  const SingleWriteResult& out,
                  JsonWriter& json) {
  json.begin_object();
  append_returned(json, in, out);
  if (in.return_capacity != ReturnCapacity::kNone) {
    Consumed consumed{.table = write_units(out.done.written.image_bytes), .indexes = {}};
    consumed.add_index_writes(out.done.written.effect);
    json.key("ConsumedCapacity");
    append_consumed(json, in.action.table_as_sent, consumed, in.return_capacity);
  }
  if (in.return_metrics == ReturnMetrics::kSize && out.table->has_local_indexes()) {
    json.key("ItemCollectionMetrics");
    append_collection_metrics(json, *out.table, in.action.key_attributes());
  }
  json.end_object();
}

// --- GetItem.

constexpr std::string_view kGetLegacy[] = {"AttributesToGet"};
constexpr std::string_view kGetExpressions[] = {"ProjectionExpression"};
constexpr ParameterRules kGetRules{
    .legacy = kGetLegacy, .expressions = kGetExpressions, .value_users = {}};

struct GetItemInput {
  TableName table;
  std::string table_as_sent;
  AttributeMap key;
  std::optional<Projection> projection;
  Consistency consistency = Consistency::kEventual;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;

  ReadMode read_mode() const { return read_mode_of(consistency); }
};

struct GetItemOutput {
  std::optional<ItemRow> row;
};

Result<GetItemInput> decode_get_item(const CallContext& context, const json::Value& body) {
  const std::string_view table = json::string_or(body, "TableName");
  TRY(TableName name, table_name_of(context, table));
  GetItemInput in{.table = std::move(name),
                  .table_as_sent = std::string(table),
                  .key = {},
                  .projection = std::nullopt,
                  .consistency = consistency_of(body),
                  .return_capacity = return_capacity_of(body)};
  TRY(in.key, api::decode_item(*json::find(body, "Key"), context.reading));
  TRY_VOID(check_mixture(body, kGetRules));
  TRY_VOID(check_placeholder_use(body, kGetRules, context.reading));
  TRY(in.projection, decode_attributes_to_get(body));
  TRY(Placeholders placeholders, decode_name_placeholders(body));
  if (!in.projection) {
    TRY(in.projection, decode_projection(body, placeholders));
  }
  TRY_VOID(placeholders.check_all_used());
  return in;
}

Result<GetItemOutput> execute_get_item(const CallContext& context,
                                       Txn& txn,
                                       const GetItemInput& in) {
  TRY(const TablePtr table, context.world.catalog.require(in.table));
  TRY_VOID(check_key(*table, in.key));
  if (in.projection) TRY_VOID(expression::check_key_paths(in.projection->paths(), *table));
  return GetItemOutput{.row = find_item(txn, *table, in.key)};
}

Result<std::string> encode_get_item(const CallContext&,
                                    const GetItemInput& in,
                                    GetItemOutput& out) {
  std::string body = "{";
  if (out.row) {
    body.reserve((*out.row)->json().size() + 128);
    body.append("\"Item\":");
    append_item_text(body, **out.row, in.projection ? &*in.projection : nullptr);
  }
  if (in.return_capacity != ReturnCapacity::kNone) {
    const Consumed consumed{.table = read_units(out.row ? (*out.row)->size() : 0, in.consistency),
                            .indexes = {}};
    body.append(out.row ? ",\"ConsumedCapacity\":" : "\"ConsumedCapacity\":");
    JsonWriter json(body);
    append_consumed(json, in.table_as_sent, consumed, in.return_capacity);
  }
  body.push_back('}');
  return body;
}

constexpr Operation kItemOperations[] = {
    operation<decode_put_item, execute_write, encode_write>(kDynamoDb, "PutItem"),
    operation<decode_get_item, execute_get_item, encode_get_item>(kDynamoDb, "GetItem"),
    operation<decode_update_item, execute_write, encode_write>(kDynamoDb, "UpdateItem"),
    operation<decode_delete_item, execute_write, encode_write>(kDynamoDb, "DeleteItem"),
};

}  // namespace

std::span<const Operation> item_operations() {
  return kItemOperations;
}

}  // namespace tailrace::ops
