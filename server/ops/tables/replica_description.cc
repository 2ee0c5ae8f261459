#include "server/ops/tables/replica_description.h"

#include <algorithm>

#include "server/ops/tables/table_members.h"
#include "server/ops/tables/table_rules.h"

namespace tailrace::ops {
namespace {

void append_overrides(JsonWriter& json, const ReadOverrides& overrides) {
  if (overrides.read_units) {
    json.key("ProvisionedThroughputOverride").begin_object();
    json.number("ReadCapacityUnits", *overrides.read_units).end_object();
  }
  if (overrides.max_read_units) {
    json.key("OnDemandThroughputOverride").begin_object();
    json.number("MaxReadRequestUnits", *overrides.max_read_units).end_object();
  }
}

void append_warm(JsonWriter& json,
                 const TableSchema& table,
                 const std::optional<WarmThroughput>& ordered,
                 const Throughput& provisioned) {
  const WarmThroughput warm = effective_warm(ordered, table.billing_mode, provisioned);
  json.key("WarmThroughput").begin_object();
  json.number("ReadUnitsPerSecond", warm.read_units);
  json.number("WriteUnitsPerSecond", warm.write_units);
  json.string("Status", "ACTIVE").end_object();
}

void append_indexes(JsonWriter& json, const TableSchema& table) {
  if (std::ranges::find(table.indexes, IndexKind::kGlobal, &IndexSchema::kind) ==
      table.indexes.end())
    return;
  json.key("GlobalSecondaryIndexes").begin_array();
  for (const IndexSchema& index : table.indexes) {
    if (index.kind != IndexKind::kGlobal) continue;
    json.begin_object().string("IndexName", index.name);
    append_overrides(json, index.overrides);
    append_warm(json, table, index.warm, index.throughput);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void append_replica_description(JsonWriter& json, const ShownReplica& replica) {
  const TableSchema& table = replica.schema;
  json.begin_object();
  json.string("RegionName", table.name.owner.region);
  json.string("ReplicaStatus", status_name(replica.status));
  if (table.sse_kms_key_arn && *table.sse_kms_key_arn != kms_key_arn(table.name.owner, {}))
    json.string("KMSMasterKeyId", *table.sse_kms_key_arn);
  append_overrides(json, table.overrides);
  append_warm(json, table, table.warm, table.throughput);
  append_indexes(json, table);
  constexpr std::string_view kMode = "GlobalTableSettingsReplicationMode";
  const auto mode = table.stored_members.find(std::string(kMode));
  json.raw(kMode, mode == table.stored_members.end() ? "\"ENABLED_WITH_OVERRIDES\"" : mode->second);
  if (table.table_class && *table.table_class != "STANDARD") {
    json.key("ReplicaTableClassSummary").begin_object();
    json.string("TableClass", *table.table_class).end_object();
  }
  json.end_object();
}

}  // namespace tailrace::ops
