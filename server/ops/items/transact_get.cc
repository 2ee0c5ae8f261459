#include <set>
#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/cancellation.h"
#include "server/ops/items/expression_parameters.h"
#include "server/ops/items/item_text.h"
#include "server/ops/items/key_rules.h"
#include "server/ops/items/transactions.h"
#include "storage/schema/key_layout.h"
#include "storage/table/catalog.h"
#include "storage/table/item_reader.h"

namespace tailrace::ops {
namespace {

using expression::Placeholders;

constexpr std::string_view kExpressions[] = {"ProjectionExpression"};
constexpr ParameterRules kRules{.legacy = {}, .expressions = kExpressions, .value_users = {}};

Result<TransactGet> decode_get(const CallContext& context, const json::Value& body) {
  const std::string_view table = json::string_or(body, "TableName");
  TRY(TableName name, table_name_of(context, table));
  TransactGet get{.table = std::move(name),
                  .table_as_sent = std::string(table),
                  .key = {},
                  .projection = std::nullopt};
  TRY(get.key, api::decode_item(*json::find(body, "Key"), context.reading));
  TRY_VOID(check_placeholder_use(body, kRules, context.reading));
  TRY(Placeholders placeholders, decode_name_placeholders(body));
  TRY(get.projection, decode_projection(body, placeholders));
  TRY_VOID(placeholders.check_all_used());
  return get;
}

Result<void> check_distinct_items(const Catalog& catalog, const TransactGetInput& in) {
  std::set<Buffer> items;
  for (const TransactGet& get : in.gets) {
    const TablePtr table = catalog.find(get.table);
    if (table == nullptr || !check_key_schema(*table, get.key)) continue;
    if (!items.insert(keys::item(*table, get.key)).second) return several_operations_on_one_item();
  }
  return {};
}

Result<void> check_get(const TableSchema& table, const TransactGet& get) {
  TRY_VOID(check_key(table, get.key));
  if (!get.projection) return {};
  return expression::check_key_paths(get.projection->paths(), table);
}

// A transactional read conflicts with every kind of write to its items.
Result<void> check_conflicts(const World& world,
                             const std::vector<TablePtr>& tables,
                             const TransactGetInput& in) {
  if (!world.item_holds.enabled()) return {};
  Cancellation cancellation(in.gets.size());
  for (std::size_t i = 0; i < in.gets.size(); ++i) {
    const Buffer item = keys::item(*tables[i], in.gets[i].key);
    for (const HoldKind kind : {HoldKind::kTransaction, HoldKind::kWrite})
      if (auto free = world.item_holds.check(kind, item); !free) cancellation.fail(i, free.error());
  }
  if (cancellation.failed()) return cancellation.error();
  return {};
}

void append_response(std::string& body, const TransactGet& get, const ItemRow& row) {
  const std::size_t begin = body.size();
  body.append("{\"Item\":");
  append_item_text(body, *row, get.projection ? &*get.projection : nullptr);
  // A projection that finds nothing leaves no Item. (behaviour/dynamodb 3.4)
  if (body.ends_with("\"Item\":{}")) body.resize(begin + 1);
  body.push_back('}');
}

}  // namespace

Result<TransactGetInput> decode_transact_get(const CallContext& context, const json::Value& body) {
  TransactGetInput in{.gets = {}, .return_capacity = return_capacity_of(body)};
  for (const json::Value& element : json::find(body, "TransactItems")->GetArray()) {
    TRY(TransactGet get, decode_get(context, *json::find(element, "Get")));
    in.gets.push_back(std::move(get));
  }
  return in;
}

Result<TransactGetOutput> execute_transact_get(const CallContext& context,
                                               Txn& txn,
                                               const TransactGetInput& in) {
  const Catalog& catalog = context.world.catalog;
  TRY_VOID(check_distinct_items(catalog, in));
  std::vector<TablePtr> tables;
  for (const TransactGet& get : in.gets) {
    TRY(TablePtr table, catalog.require(get.table));
    tables.push_back(std::move(table));
  }
  Cancellation cancellation(in.gets.size());
  for (std::size_t i = 0; i < in.gets.size(); ++i) {
    if (auto checked = check_get(*tables[i], in.gets[i]); !checked) {
      cancellation.fail(i, checked.error());
      return cancellation.error();
    }
  }
  TRY_VOID(check_conflicts(context.world, tables, in));
  TransactGetOutput out;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < in.gets.size(); ++i) {
    auto row = find_item(txn, *tables[i], in.gets[i].key);
    const std::size_t size = row ? (*row)->size() : 0;
    bytes += size;
    TRY_VOID(check_transaction_size(bytes));
    out.units.of(in.gets[i].table_as_sent, tables[i]).table +=
        kTransactionFactor * read_units(size, Consistency::kStrong);
    out.rows.push_back(std::move(row));
  }
  return out;
}

Result<std::string> encode_transact_get(const CallContext&,
                                        const TransactGetInput& in,
                                        TransactGetOutput& out) {
  std::string body = "{\"Responses\":[";
  for (std::size_t i = 0; i < in.gets.size(); ++i) {
    if (i > 0) body.push_back(',');
    if (out.rows[i])
      append_response(body, in.gets[i], *out.rows[i]);
    else
      body.append("{}");
  }
  body.push_back(']');
  if (in.return_capacity != ReturnCapacity::kNone) {
    body.push_back(',');
    JsonWriter json(body);
    out.units.append(json, in.return_capacity, CapacityKind::kTransactionRead);
  }
  body.push_back('}');
  return body;
}

}  // namespace tailrace::ops
