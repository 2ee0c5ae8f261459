#include <algorithm>
#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/batch.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/item_text.h"
#include "server/ops/items/key_rules.h"
#include "server/ops/items/legacy_parameters.h"
#include "storage/base/str_cat.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using expression::Parameter;
using expression::Placeholders;

constexpr std::string_view kLegacy[] = {"AttributesToGet"};
constexpr std::string_view kExpressions[] = {"ProjectionExpression"};
constexpr ParameterRules kRules{.legacy = kLegacy, .expressions = kExpressions, .value_users = {}};
constexpr std::string_view kOptions[] = {"ConsistentRead", "ProjectionExpression",
                                         "ExpressionAttributeNames", "AttributesToGet"};

// Old and new parameters exclude each other over all tables of the request.
Result<void> check_mixture(const json::Value& request_items) {
  Parameter legacy{.name = kLegacy[0], .present = false};
  Parameter expression{.name = kExpressions[0], .present = false};
  for (const auto& entry : request_items.GetObject()) {
    legacy.present |= json::find(entry.value, legacy.name) != nullptr;
    expression.present |= json::find(entry.value, expression.name) != nullptr;
  }
  return expression::check_parameter_mix({&legacy, 1}, {&expression, 1});
}

std::string options_of(const json::Value& request) {
  std::string options;
  for (const std::string_view name : kOptions)
    if (const json::Value* value = json::find(request, name))
      str_append(options, options.empty() ? "\"" : ",\"", name, "\":", json::text(*value));
  return options;
}

Result<void> check_no_duplicates(const std::vector<AttributeMap>& keys) {
  for (auto key = keys.begin(); key != keys.end(); ++key)
    if (std::find(keys.begin(), key, *key) != key)
      return validation_error("Provided list of item keys contains duplicates");
  return {};
}

Result<BatchGetTable> decode_table(const CallContext& context,
                                   std::string_view name,
                                   const json::Value& request) {
  TRY(TableName table_name, table_name_of(context, name));
  BatchGetTable table{.table = std::move(table_name),
                      .table_as_sent = std::string(name),
                      .keys = {},
                      .projection = std::nullopt,
                      .consistency = consistency_of(request),
                      .options_json = options_of(request)};
  TRY_VOID(check_placeholder_use(request, kRules, context.reading));
  TRY(table.projection, decode_attributes_to_get(request));
  TRY(Placeholders placeholders, decode_name_placeholders(request));
  if (!table.projection) {
    TRY(table.projection, decode_projection(request, placeholders));
  }
  TRY_VOID(placeholders.check_all_used());
  for (const json::Value& element : json::find(request, "Keys")->GetArray()) {
    TRY(AttributeMap key, api::decode_item(element, context.reading));
    table.keys.push_back(std::move(key));
  }
  TRY_VOID(check_no_duplicates(table.keys));
  return table;
}

Result<void> check_table(const TableSchema& schema, const BatchGetTable& table) {
  for (const AttributeMap& key : table.keys) TRY_VOID(check_key(schema, key));
  if (!table.projection) return {};
  return expression::check_key_paths(table.projection->paths(), schema);
}

// Reads until the answer is full; an item that does not fit ends it. False: it is full.
bool read_table(Txn& txn,
                const TableSchema& schema,
                const BatchGetTable& table,
                std::size_t& bytes,
                BatchGetTableResult& result) {
  for (const AttributeMap& key : table.keys) {
    auto row = find_item(txn, schema, key);
    const std::size_t size = row ? (*row)->size() : 0;
    if (bytes + size > kBatchGetBytesMax) return false;
    bytes += size;
    result.consumed.table += read_units(size, table.consistency);
    ++result.processed;
    if (row) result.rows.push_back(*std::move(row));
  }
  return true;
}

void append_unprocessed(std::string& body, const BatchGetTable& table, std::size_t processed) {
  append_json_string(body, table.table_as_sent);
  body.append(":{\"Keys\":[");
  for (std::size_t i = processed; i < table.keys.size(); ++i) {
    if (i > processed) body.push_back(',');
    append_item_json(body, table.keys[i]);
  }
  body.push_back(']');
  if (!table.options_json.empty()) str_append(body, ",", table.options_json);
  body.push_back('}');
}

void append_items(std::string& body, const BatchGetTable& table, const std::vector<ItemRow>& rows) {
  append_json_string(body, table.table_as_sent);
  body.append(":[");
  for (const ItemRow& row : rows) {
    if (&row != &rows.front()) body.push_back(',');
    append_item_text(body, *row, table.projection ? &*table.projection : nullptr);
  }
  body.push_back(']');
}

void append_capacity(std::string& body, const BatchGetInput& in, const BatchGetOutput& out) {
  body.append(",\"ConsumedCapacity\":");
  JsonWriter json(body);
  json.begin_array();
  for (std::size_t i = 0; i < in.tables.size(); ++i)
    append_consumed(json, in.tables[i].table_as_sent, out.tables[i].consumed, in.return_capacity);
  json.end_array();
}

}  // namespace

Result<BatchGetInput> decode_batch_get(const CallContext& context, const json::Value& body) {
  BatchGetInput in{.tables = {}, .return_capacity = return_capacity_of(body)};
  const json::Value& request_items = *json::find(body, "RequestItems");
  TRY_VOID(check_mixture(request_items));
  std::size_t count = 0;
  for (const auto& entry : request_items.GetObject()) {
    TRY(BatchGetTable table, decode_table(context, json::view(entry.name), entry.value));
    count += table.keys.size();
    in.tables.push_back(std::move(table));
  }
  if (count > kBatchGetKeysMax)
    return validation_error("Too many items requested for the BatchGetItem call");
  return in;
}

ReadMode BatchGetInput::read_mode() const {
  for (const BatchGetTable& table : tables)
    if (table.consistency == Consistency::kStrong) return ReadMode::kStrong;
  return ReadMode::kEventual;
}

Result<BatchGetOutput> execute_batch_get(const CallContext& context,
                                         Txn& txn,
                                         const BatchGetInput& in) {
  std::vector<TablePtr> schemas;
  for (const BatchGetTable& table : in.tables) {
    TRY(TablePtr schema, context.world.catalog.require(table.table));
    TRY_VOID(check_table(*schema, table));
    schemas.push_back(std::move(schema));
  }
  BatchGetOutput out;
  out.tables.resize(in.tables.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < in.tables.size(); ++i)
    if (!read_table(txn, *schemas[i], in.tables[i], bytes, out.tables[i])) break;
  return out;
}

Result<std::string> encode_batch_get(const CallContext&,
                                     const BatchGetInput& in,
                                     BatchGetOutput& out) {
  std::string body = "{\"Responses\":{";
  for (std::size_t i = 0; i < in.tables.size(); ++i) {
    if (i > 0) body.push_back(',');
    append_items(body, in.tables[i], out.tables[i].rows);
  }
  body.append("},\"UnprocessedKeys\":{");
  for (std::size_t i = 0; i < in.tables.size(); ++i) {
    if (out.tables[i].processed == in.tables[i].keys.size()) continue;
    if (body.back() != '{') body.push_back(',');
    append_unprocessed(body, in.tables[i], out.tables[i].processed);
  }
  body.push_back('}');
  if (in.return_capacity != ReturnCapacity::kNone) append_capacity(body, in, out);
  body.push_back('}');
  return body;
}

}  // namespace tailrace::ops
