// CreateTable, DescribeTable, ListTables, UpdateTable, DeleteTable (behaviour/dynamodb 4.5).
#include "server/ops/tables/operations.h"
#include "server/ops/tables/replicas.h"
#include "server/call/request_members.h"
#include "server/ops/tables/table_create.h"
#include "server/ops/tables/table_update.h"
#include "server/ops/tables/table_update_state.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

struct TableInput {
  TableName name;
};

Result<TableInput> decode_table(const CallContext& context, const json::Value& body) {
  TRY(TableName name, table_name_of(context, json::string_or(body, "TableName")));
  return TableInput{.name = std::move(name)};
}

// {"<member>": description}
template <class Input>
void encode_description(const CallContext&,
                        const Input&,
                        const ShownTable& table,
                        JsonWriter& json) {
  const bool described = table.moment == ShownTable::Moment::kDescribed;
  json.begin_object();
  json.key(described ? "Table" : "TableDescription");
  append_table_description(json, table);
  json.end_object();
}

Result<ShownTable> execute_describe(const CallContext& context, Txn&, const TableInput& in) {
  TRY(const TablePtr table, context.world.catalog.require_described(in.name));
  return shown_table(context.world, *table, ShownTable::Moment::kDescribed);
}

Result<ShownTable> execute_delete(const CallContext& context, Txn& txn, const TableInput& in) {
  World& world = context.world;
  TRY(const TablePtr table, world.catalog.require_described(in.name));
  TRY_VOID(check_deletion_admitted(*table));
  TRY_VOID(check_replicas_idle(world, *table));
  if (table->deletion_protection) {
    return validation_error(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
        "deletion protection first.");
  }
  TRY_VOID(check_may_leave(world, *table));
  ShownTable shown = shown_table(world, *table, ShownTable::Moment::kDeleted);
  shown.schema.status = TableStatus::kDeleting;
  if (table->stream && table->stream->enabled) world.stream_log.disable(txn, *table);
  leave_group(world, txn, *table);
  if (!world.transitions.visible()) {
    world.catalog.erase(txn, in.name);
    return shown;
  }
  TableSchema deleting = shown.schema;
  deleting.replicas.clear();
  if (deleting.stream) deleting.stream->enabled = false;
  deleting.transitions = {{.kind = Transition::Kind::kWhole,
                           .ends = world.transitions.begin(txn),
                           .index_id = 0,
                           .units = {},
                           .value = {}}};
  world.catalog.put(txn, std::move(deleting));
  return shown;
}

// --- ListTables.

struct ListInput {
  std::string after;  // Names up to this one are left out; it need not exist.
  std::size_t limit = 100;
};

struct ListOutput {
  std::vector<std::string> names;
  bool more = false;
};

Result<ListInput> decode_list(const CallContext&, const json::Value& body) {
  return ListInput{
      .after = std::string(json::string_or(body, "ExclusiveStartTableName")),
      .limit = static_cast<std::size_t>(json::optional_int(body, "Limit").value_or(100))};
}

Result<ListOutput> execute_list(const CallContext& context, Txn&, const ListInput& in) {
  ListOutput out;
  for (const TablePtr& table : context.world.catalog.list(context.caller)) {
    if (table->name.name <= in.after) continue;
    if (out.names.size() == in.limit) {
      out.more = true;
      break;
    }
    out.names.push_back(table->name.name);
  }
  return out;
}

void encode_list(const CallContext&, const ListInput&, const ListOutput& out, JsonWriter& json) {
  json.begin_object();
  json.key("TableNames").begin_array();
  for (const std::string& name : out.names) json.string(name);
  json.end_array();
  if (out.more) json.string("LastEvaluatedTableName", out.names.back());
  json.end_object();
}

constexpr Operation kOperations[] = {
    operation<decode_create_table, execute_create_table, encode_description<CreateTableInput>>(
        kDynamoDb, "CreateTable"),
    operation<decode_table, execute_describe, encode_description<TableInput>>(kDynamoDb,
                                                                              "DescribeTable"),
    operation<decode_list, execute_list, encode_list>(kDynamoDb, "ListTables"),
    operation<decode_update_table, execute_update_table, encode_description<UpdateTableInput>>(
        kDynamoDb, "UpdateTable"),
    operation<decode_table, execute_delete, encode_description<TableInput>>(kDynamoDb,
                                                                            "DeleteTable"),
};

}  // namespace

std::span<const Operation> table_operations() {
  return kOperations;
}

}  // namespace tailrace::ops
