#include <algorithm>
#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/batch.h"
#include "server/ops/items/collection_metrics.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

Result<void> decode_request(const json::Value& request,
                            const api::Reading& reading,
                            WriteAction& action) {
  const json::Value* put = json::find(request, "PutRequest");
  const json::Value* erase = json::find(request, "DeleteRequest");
  if ((put == nullptr) == (erase == nullptr))
    return validation_error(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes");
  if (erase != nullptr) {
    TRY(AttributeMap key, api::decode_item(*json::find(*erase, "Key"), reading));
    action.what = DeleteAction{.key = std::move(key)};
    return {};
  }
  TRY(EncodedItem item, api::encode_item(*json::find(*put, "Item"), reading));
  TRY_VOID(check_put_size(item.size()));
  action.what = PutAction{.item = std::move(item)};
  return {};
}

// Finds the tables and, in `item_keys`, where the items lie; of all tables, in order. After an
// error what came before it is there.
Result<void> find_items(const CallContext& context,
                        const BatchWriteInput& in,
                        std::vector<TablePtr>& tables,
                        std::vector<Buffer>& item_keys) {
  for (const BatchWriteTable& table : in.tables) {
    TRY(TablePtr schema, context.world.catalog.require(table.table));
    for (const WriteAction& action : table.actions) {
      TRY(Buffer item_key, check_keys(*schema, action, ItemKeyTexts::kBatch));
      item_keys.push_back(std::move(item_key));
    }
    tables.push_back(std::move(schema));
  }
  return {};
}

Result<void> check_distinct(const std::vector<Buffer>& item_keys) {
  std::vector<Bytes> sorted(item_keys.begin(), item_keys.end());
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end()) return {};
  return validation_error("Provided list of item keys contains duplicates");
}

// The member UnprocessedItems: requests in the form in which they can be sent again.
void append_unprocessed(JsonWriter& json, const BatchWriteInput& in, const BatchWriteOutput& out) {
  json.key("UnprocessedItems").begin_object();
  for (std::size_t i = 0; i < in.tables.size(); ++i) {
    if (out.unprocessed[i].empty()) continue;
    json.key(in.tables[i].table_as_sent).begin_array();
    for (const std::size_t j : out.unprocessed[i]) {
      const WriteAction& action = in.tables[i].actions[j];
      const bool put = std::holds_alternative<PutAction>(action.what);
      json.begin_object().key(put ? "PutRequest" : "DeleteRequest").begin_object();
      json.raw(put ? "Item" : "Key", item_json(action.key_attributes()));
      json.end_object().end_object();
    }
    json.end_array();
  }
  json.end_object();
}

}  // namespace

Result<BatchWriteInput> decode_batch_write(const CallContext& context, const json::Value& body) {
  BatchWriteInput in{.tables = {},
                     .return_capacity = return_capacity_of(body),
                     .return_metrics = return_metrics_of(body)};
  std::size_t count = 0;
  for (const auto& entry : json::find(body, "RequestItems")->GetObject()) {
    const std::string_view name = json::view(entry.name);
    TRY(TableName table_name, table_name_of(context, name));
    BatchWriteTable table{
        .table = std::move(table_name), .table_as_sent = std::string(name), .actions = {}};
    table.actions.reserve(entry.value.Size());
    for (const json::Value& request : entry.value.GetArray()) {
      WriteAction& action = table.actions.emplace_back(WriteAction{
          .table = table.table, .table_as_sent = table.table_as_sent, .what = {}, .condition = {}});
      TRY_VOID(decode_request(request, context.reading, action));
    }
    count += table.actions.size();
    in.tables.push_back(std::move(table));
  }
  if (count > kBatchWriteRequestsMax)
    return validation_error("Too many items requested for the BatchWriteItem call");
  return in;
}

Result<BatchWriteOutput> execute_batch_write(const CallContext& context,
                                             Txn& txn,
                                             const BatchWriteInput& in) {
  BatchWriteOutput out;
  std::vector<Buffer> item_keys;
  auto found = find_items(context, in, out.tables, item_keys);
  TRY_VOID(check_distinct(item_keys));
  TRY_VOID(std::move(found));
  auto item_key = item_keys.cbegin();
  for (std::size_t i = 0; i < in.tables.size(); ++i) {
    Consumed& consumed = out.consumed.emplace_back();
    std::vector<std::size_t>& unprocessed = out.unprocessed.emplace_back();
    for (std::size_t j = 0; j < in.tables[i].actions.size(); ++j, ++item_key) {
      const WriteAction& action = in.tables[i].actions[j];
      if (!check_no_transaction(context.world, *item_key)) {
        unprocessed.push_back(j);
        continue;
      }
      const auto old = find_item(txn, *item_key);
      const Written written =
          write(context, txn, *out.tables[i], action, *item_key, old, std::nullopt);
      hold_item(context.world, txn, *item_key, HoldKind::kWrite);
      consumed.table += write_units(written.image_bytes);
      consumed.add_index_writes(written.effect);
    }
  }
  return out;
}

void encode_batch_write(const CallContext&,
                        const BatchWriteInput& in,
                        const BatchWriteOutput& out,
                        JsonWriter& json) {
  json.begin_object();
  append_unprocessed(json, in, out);
  if (in.return_metrics == ReturnMetrics::kSize) {
    CollectionMetrics metrics;
    for (std::size_t i = 0; i < in.tables.size(); ++i)
      for (const WriteAction& action : in.tables[i].actions)
        metrics.add(in.tables[i].table_as_sent, *out.tables[i], action.key_attributes());
    metrics.append(json);
  }
  if (in.return_capacity != ReturnCapacity::kNone) {
    json.key("ConsumedCapacity").begin_array();
    for (std::size_t i = 0; i < in.tables.size(); ++i)
      append_consumed(json, in.tables[i].table_as_sent, out.consumed[i], in.return_capacity);
    json.end_array();
  }
  json.end_object();
}

}  // namespace tailrace::ops
