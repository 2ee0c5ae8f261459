#include "server/ops/tables/table_description.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "server/ops/tables/table_rules.h"
#include "storage/base/str_cat.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using Moment = ShownTable::Moment;

// Seconds with a fraction, as the service writes times.
double seconds(Instant instant) {
  return static_cast<double>(to_millis(instant)) / 1000.0;
}

void append_time(JsonWriter& json, std::string_view name, const std::optional<Instant>& time) {
  if (time) json.number(name, seconds(*time));
}

// In order of names.
std::vector<KeyAttribute> attributes_in_keys(const TableSchema& table) {
  std::vector<KeyAttribute> attributes;
  const auto add = [&](const KeySchema& keys) {
    for (const auto* role : {&keys.hash, &keys.range}) {
      for (const KeyAttribute& key : *role) {
        if (std::ranges::find(attributes, key.name, &KeyAttribute::name) == attributes.end())
          attributes.push_back(key);
      }
    }
  };
  add(table.keys);
  for (const IndexSchema& index : table.indexes) {
    add(index.keys);
    if (!index.vector) continue;
    for (const SearchElement& element : index.vector->search_schema)
      add({.hash = {element.attribute}, .range = {}});
  }
  std::ranges::sort(attributes, {}, &KeyAttribute::name);
  return attributes;
}

void append_definitions(JsonWriter& json, const TableSchema& table) {
  json.key("AttributeDefinitions").begin_array();
  for (const KeyAttribute& attribute : attributes_in_keys(table)) {
    json.begin_object();
    json.string("AttributeName", attribute.name);
    json.string("AttributeType", type_name(attribute.type));
    json.end_object();
  }
  json.end_array();
}

void append_key_elements(JsonWriter& json,
                         const std::vector<KeyAttribute>& keys,
                         std::string_view type) {
  for (const KeyAttribute& key : keys) {
    json.begin_object();
    json.string("AttributeName", key.name);
    json.string("KeyType", type);
    json.end_object();
  }
}

void append_key_schema(JsonWriter& json, const KeySchema& keys) {
  json.key("KeySchema").begin_array();
  append_key_elements(json, keys.hash, "HASH");
  append_key_elements(json, keys.range, "RANGE");
  json.end_array();
}

void append_throughput(JsonWriter& json, const Throughput& throughput, Instant now) {
  json.key("ProvisionedThroughput").begin_object();
  append_time(json, "LastIncreaseDateTime", throughput.last_increase);
  append_time(json, "LastDecreaseDateTime", throughput.last_decrease);
  json.number("NumberOfDecreasesToday", decreases_on_day_of(throughput, now));
  json.number("ReadCapacityUnits", throughput.read_units);
  json.number("WriteCapacityUnits", throughput.write_units);
  json.end_object();
}

void append_on_demand(JsonWriter& json, const std::optional<OnDemandThroughput>& on_demand) {
  if (!on_demand) return;
  json.key("OnDemandThroughput").begin_object();
  if (on_demand->max_read_units) json.number("MaxReadRequestUnits", *on_demand->max_read_units);
  if (on_demand->max_write_units) json.number("MaxWriteRequestUnits", *on_demand->max_write_units);
  json.end_object();
}

bool is_warming(const TableSchema& table, std::uint32_t index_id) {
  return std::ranges::any_of(table.transitions, [&](const Transition& each) {
    return each.kind == Transition::Kind::kWarm && each.units[0].index_id == index_id;
  });
}

// CreateTable tells of it only when asked for it. `index_id`: 0 for the table's own.
template <class Owning>
void append_warm(JsonWriter& json,
                 const ShownTable& table,
                 std::uint32_t index_id,
                 bool creating,
                 const Owning& owning) {
  if (table.moment == Moment::kCreated && !owning.warm) return;
  const WarmThroughput warm =
      effective_warm(owning.warm, table.schema.billing_mode, owning.throughput);
  const bool updating = (creating && owning.warm) || is_warming(table.schema, index_id);
  json.key("WarmThroughput").begin_object();
  json.number("ReadUnitsPerSecond", warm.read_units);
  json.number("WriteUnitsPerSecond", warm.write_units);
  json.string("Status", updating ? "UPDATING" : "ACTIVE");
  json.end_object();
}

void append_projection(JsonWriter& json, const IndexSchema& index) {
  json.key("Projection").begin_object();
  json.string("ProjectionType", projection_type_name(index.projection));
  if (!index.non_key_attributes.empty()) {
    json.key("NonKeyAttributes").begin_array();
    std::vector<std::string> names = index.non_key_attributes;
    std::ranges::sort(names);
    for (const std::string& name : names) json.string(name);
    json.end_array();
  }
  json.end_object();
}

void append_vector(JsonWriter& json, const VectorSchema& vector) {
  if (!vector.search_schema.empty()) {
    json.key("SearchSchema").begin_array();
    for (const SearchElement& element : vector.search_schema) {
      json.begin_object();
      json.string("AttributeName", element.attribute.name);
      json.string("SearchSchemaElementType", search_role_name(element.role));
      json.end_object();
    }
    json.end_array();
  }
  json.key("VectorAttribute").begin_object();
  json.string("AttributeName", vector.attribute);
  json.end_object();
  json.number("Dimensions", static_cast<std::int64_t>(vector.dimensions));
  json.string("DistanceFunction", distance_function_name(vector.distance));
}

void append_index(JsonWriter& json, const ShownTable& table, const IndexSchema& index) {
  const auto counted = table.index_counts.find(index.id);
  const Counts counts = counted == table.index_counts.end() ? Counts{} : counted->second;
  json.begin_object();
  json.string("IndexName", index.name);
  if (index.vector)
    append_vector(json, *index.vector);
  else
    append_key_schema(json, index.keys);
  append_projection(json, index);
  if (index.kind != IndexKind::kLocal) {
    json.string("IndexStatus", status_name(index.status));
    if (index.status == IndexStatus::kCreating && table.schema.status != TableStatus::kCreating) {
      // It is allocated before it is filled.
      json.boolean("Backfilling", find_transition(table.schema, Transition::Kind::kIndexAllocation,
                                                  index.id) == nullptr);
    }
  }
  if (index.kind == IndexKind::kGlobal) {
    append_throughput(json, index.throughput, table.now);
    append_on_demand(json, index.on_demand);
    append_warm(json, table, index.id, index.status == IndexStatus::kCreating, index);
  }
  json.number("IndexSizeBytes", counts.bytes);
  json.number("ItemCount", counts.items);
  json.string("IndexArn", str_cat(table_arn(table.schema.name), "/index/", index.name));
  json.end_object();
}

void append_indexes(JsonWriter& json,
                    const ShownTable& table,
                    std::string_view member,
                    IndexKind kind) {
  const auto& indexes = table.schema.indexes;
  if (std::ranges::none_of(indexes, [&](const IndexSchema& index) { return index.kind == kind; }))
    return;
  json.key(member).begin_array();
  for (const IndexSchema& index : indexes) {
    if (index.kind == kind) append_index(json, table, index);
  }
  json.end_array();
}

void append_billing_mode(JsonWriter& json, const TableSchema& table) {
  if (!table.billing_mode_summary) return;
  json.key("BillingModeSummary").begin_object();
  json.string("BillingMode", table.billing_mode == BillingMode::kPayPerRequest ? "PAY_PER_REQUEST"
                                                                               : "PROVISIONED");
  append_time(json, "LastUpdateToPayPerRequestDateTime", table.last_update_to_pay_per_request);
  json.end_object();
}

// (behaviour/streams 2.3)
void append_stream(JsonWriter& json, const TableSchema& table) {
  if (!table.stream) return;
  if (table.stream->enabled) {
    json.key("StreamSpecification").begin_object();
    json.boolean("StreamEnabled", true);
    json.string("StreamViewType", view_type_name(table.stream->view_type));
    json.end_object();
  }
  json.string("LatestStreamLabel", table.stream->label);
  json.string("LatestStreamArn", str_cat(table_arn(table.name), "/stream/", table.stream->label));
}

// The old key is shown until the change is over.
void append_sse(JsonWriter& json, const TableSchema& table) {
  const bool updating = find_transition(table, Transition::Kind::kEncryption) != nullptr;
  if (!table.sse_kms_key_arn && !updating) return;
  json.key("SSEDescription").begin_object();
  json.string("Status", updating ? "UPDATING" : "ENABLED");
  if (table.sse_kms_key_arn) {
    json.string("SSEType", "KMS");
    json.string("KMSMasterKeyArn", *table.sse_kms_key_arn);
  }
  json.end_object();
}

void append_table_class(JsonWriter& json, const TableSchema& table) {
  if (!table.table_class) return;
  json.key("TableClassSummary").begin_object();
  json.string("TableClass", *table.table_class);
  append_time(json, "LastUpdateDateTime", table.table_class_updated);
  json.end_object();
}

// (behaviour/dynamodb 4.11)
void append_replicas(JsonWriter& json, const ShownTable& table) {
  if (table.schema.replicas.empty() && table.replicas.empty()) return;
  json.string("GlobalTableVersion", "2019.11.21");
  if (!table.replicas.empty()) {
    json.key("Replicas").begin_array();
    for (const ShownReplica& replica : table.replicas) append_replica_description(json, replica);
    json.end_array();
  }
  constexpr std::string_view kMode = "GlobalTableSettingsReplicationMode";
  if (!table.schema.stored_members.contains(std::string(kMode)))
    json.string(kMode, "ENABLED_WITH_OVERRIDES");
}

// What DeleteTable tells as well.
void append_essentials(JsonWriter& json, const ShownTable& table) {
  const TableSchema& schema = table.schema;
  json.string("TableName", schema.name.name);
  json.string("TableStatus", status_name(schema.status));
  append_throughput(json, schema.throughput, table.now);
  json.number("TableSizeBytes", table.counts.bytes);
  json.number("ItemCount", table.counts.items);
  json.string("TableArn", table_arn(schema.name));
  json.string("TableId", schema.uuid);
  json.boolean("DeletionProtectionEnabled", schema.deletion_protection);
  append_billing_mode(json, schema);
}

}  // namespace

std::int64_t decreases_on_day_of(const Throughput& throughput, Instant now) {
  using std::chrono::days;
  const bool today =
      throughput.last_decrease &&
      std::chrono::floor<days>(*throughput.last_decrease) == std::chrono::floor<days>(now);
  return today ? throughput.decreases_today : 0;
}

ShownTable shown_table(World& world, TableSchema schema, ShownTable::Moment moment) {
  const TableStatistics& statistics = world.writer.statistics();
  ShownTable table{.moment = moment,
                   .schema = std::move(schema),
                   .now = world.clock.now(),
                   .counts = {},
                   .index_counts = {},
                   .replicas = {}};
  table.counts = statistics.of_table(table.schema.id);
  for (const IndexSchema& index : table.schema.indexes) {
    table.index_counts[index.id] = statistics.of_index(table.schema.id, index.id);
  }
  for (const Owner& owner : table.schema.replicas) {
    const TablePtr replica =
        world.catalog.find({.owner = owner, .name = table.schema.name.name});
    table.replicas.push_back(
        {.schema = *replica,
         .status = replica->filled_from ? TableStatus::kCreating : TableStatus::kActive});
  }
  return table;
}

void append_table_description(JsonWriter& json, const ShownTable& table) {
  const TableSchema& schema = table.schema;
  json.begin_object();
  append_essentials(json, table);
  if (schema.status != TableStatus::kDeleting) {
    append_definitions(json, schema);
    append_key_schema(json, schema.keys);
    json.number("CreationDateTime", seconds(schema.created));
    append_indexes(json, table, "LocalSecondaryIndexes", IndexKind::kLocal);
    append_indexes(json, table, "GlobalSecondaryIndexes", IndexKind::kGlobal);
    append_indexes(json, table, "VectorIndexes", IndexKind::kVector);
    append_stream(json, schema);
    append_sse(json, schema);
    append_table_class(json, schema);
    append_on_demand(json, schema.on_demand);
    append_warm(json, table, 0, schema.status == TableStatus::kCreating, schema);
    append_replicas(json, table);
    for (const auto& [name, text] : schema.stored_members) json.raw(name, text);
  }
  json.end_object();
}

}  // namespace tailrace::ops
