// UpdateTimeToLive, DescribeTimeToLive (behaviour/dynamodb 4.7).
#include "server/ops/tables/operations.h"
#include "server/ops/tables/replicas.h"
#include "server/call/request_members.h"
#include "server/ops/tables/table_members.h"
#include "storage/base/str_cat.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

enum class Switch : std::uint8_t { kOff, kOn };

struct UpdateInput {
  TableName table;
  std::string attribute;
  Switch wanted = Switch::kOff;
};

struct DescribeInput {
  TableName table;
};

Result<UpdateInput> decode_update(const CallContext& context, const json::Value& body) {
  TRY(TableName table, table_name_of(context, json::string_or(body, "TableName")));
  const json::Value& specification = *json::find(body, "TimeToLiveSpecification");
  return UpdateInput{
      .table = std::move(table),
      .attribute = std::string(json::string_or(specification, "AttributeName")),
      .wanted = json::bool_or(specification, "Enabled", false) ? Switch::kOn : Switch::kOff};
}

Result<void> check_change(const std::optional<std::string>& current, const UpdateInput& in) {
  if (!current) {
    if (in.wanted == Switch::kOn) return {};
    return validation_error("TimeToLive is already disabled");
  }
  if (*current != in.attribute) {
    return validation_error(str_cat(
        "TimeToLive is active on a different AttributeName: current AttributeName is ", *current));
  }
  if (in.wanted == Switch::kOn) return validation_error("TimeToLive is already enabled");
  return {};
}

// Refused attempts do not prolong it.
Result<void> check_interval(const World& world, const TableSchema& table) {
  if (!table.ttl_updated ||
      world.clock.now() - *table.ttl_updated >= world.options.ttl_update_interval)
    return {};
  return validation_error("Time to live has been modified multiple times within a fixed interval");
}

Result<UpdateInput> execute_update(const CallContext& context, Txn& txn, const UpdateInput& in) {
  TRY(const TablePtr table, context.world.catalog.require_described(in.table));
  if (table->status == TableStatus::kCreating || table->status == TableStatus::kDeleting) {
    return ApiError{
        ErrorCode::kResourceNotFoundException,
        str_cat("Requested resource not found: Table: ", in.table.name, " not found"),
        {}};
  }
  TRY_VOID(check_change(table->ttl_attribute, in));
  TRY_VOID(check_interval(context.world, *table));
  TRY_VOID(check_replicas_idle(context.world, *table));
  TableSchema changed = *table;
  changed.ttl_updated = context.world.clock.now();
  changed.ttl_attribute.reset();
  if (in.wanted == Switch::kOn) changed.ttl_attribute = in.attribute;
  follow_in_replicas(context.world, txn, changed);
  context.world.catalog.put(txn, std::move(changed));
  return in;
}

void encode_update(const CallContext&,
                   const UpdateInput&,
                   const UpdateInput& out,
                   JsonWriter& json) {
  json.begin_object().key("TimeToLiveSpecification").begin_object();
  json.boolean("Enabled", out.wanted == Switch::kOn);
  json.string("AttributeName", out.attribute);
  json.end_object().end_object();
}

Result<DescribeInput> decode_describe(const CallContext& context, const json::Value& body) {
  TRY(TableName table, table_name_of(context, json::string_or(body, "TableName")));
  return DescribeInput{.table = std::move(table)};
}

Result<TablePtr> execute_describe(const CallContext& context, Txn&, const DescribeInput& in) {
  TRY(TablePtr table, context.world.catalog.require_described(in.table));
  if (table->status != TableStatus::kCreating && table->status != TableStatus::kDeleting)
    return table;
  const std::string_view state = status_name(table->status);
  return validation_error(str_cat("Cannot describe time to live while table is in ", state,
                                  " state: Current table state is ", state));
}

void encode_describe(const CallContext&,
                     const DescribeInput&,
                     const TablePtr& table,
                     JsonWriter& json) {
  json.begin_object().key("TimeToLiveDescription").begin_object();
  json.string("TimeToLiveStatus", table->ttl_attribute ? "ENABLED" : "DISABLED");
  if (table->ttl_attribute) json.string("AttributeName", *table->ttl_attribute);
  json.end_object().end_object();
}

constexpr Operation kOperations[] = {
    operation<decode_update, execute_update, encode_update>(kDynamoDb, "UpdateTimeToLive"),
    operation<decode_describe, execute_describe, encode_describe>(kDynamoDb, "DescribeTimeToLive"),
};

}  // namespace

std::span<const Operation> ttl_operations() {
  return kOperations;
}

}  // namespace tailrace::ops
