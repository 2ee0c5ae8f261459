#include "server/ops/items/capacity.h"

#include <algorithm>
#include <string>

namespace tailrace::ops {
namespace {

double units_of(std::size_t bytes, std::size_t unit) {
  return static_cast<double>(std::max<std::size_t>(1, (bytes + unit - 1) / unit));
}

void append_units(JsonWriter& json, double units, CapacityKind kind) {
  switch (kind) {
    case CapacityKind::kPlain:
      break;
    case CapacityKind::kTransactionRead:
      json.number("ReadCapacityUnits", units);
      break;
    case CapacityKind::kTransactionWrite:
      json.number("WriteCapacityUnits", units);
      break;
  }
  json.number("CapacityUnits", units);
}

void append_indexes(JsonWriter& json,
                    std::string_view member,
                    IndexKind index_kind,
                    const Consumed& consumed,
                    CapacityKind kind) {
  const auto is_kind = [&](const IndexUnits& entry) { return entry.index->kind == index_kind; };
  if (std::none_of(consumed.indexes.begin(), consumed.indexes.end(), is_kind)) return;
  json.key(member).begin_object();
  for (const IndexUnits& entry : consumed.indexes) {
    if (!is_kind(entry)) continue;
    json.key(entry.index->name).begin_object();
    if (index_kind == IndexKind::kVector)
      json.number("VectorWriteRequestBytes", entry.units);
    else
      append_units(json, entry.units, kind);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

double read_units(std::size_t bytes, Consistency consistency) {
  const double units = units_of(bytes, 4096);
  return consistency == Consistency::kStrong ? units : units / 2;
}

double write_units(std::size_t bytes) {
  return units_of(bytes, 1024);
}

void Consumed::add_index(const IndexSchema& index, double units) {
  for (IndexUnits& entry : indexes) {
    if (entry.index->id != index.id) continue;
    entry.units += units;
    return;
  }
  indexes.push_back({.index = &index, .units = units});
}

void Consumed::add_index_writes(const WriteEffect& effect) {
  for (const IndexWrite& write : effect.index_writes)
    add_index(*write.index, static_cast<double>(write.write_units));
}

void append_consumed(JsonWriter& json,
                     std::string_view table_as_sent,
                     const Consumed& consumed,
                     ReturnCapacity detail,
                     CapacityKind kind) {
  double total = consumed.table;
  for (const IndexUnits& entry : consumed.indexes)
    if (!entry.index->vector) total += entry.units;
  json.begin_object();
  json.string("TableName", table_as_sent);
  append_units(json, total, kind);
  if (detail == ReturnCapacity::kIndexes) {
    json.key("Table").begin_object();
    append_units(json, consumed.table, kind);
    json.end_object();
    append_indexes(json, "LocalSecondaryIndexes", IndexKind::kLocal, consumed, kind);
    append_indexes(json, "GlobalSecondaryIndexes", IndexKind::kGlobal, consumed, kind);
    append_indexes(json, "VectorIndexes", IndexKind::kVector, consumed, kind);
  }
  json.end_object();
}

void append_collection_metrics(JsonWriter& json,
                               const TableSchema& table,
                               const AttributeMap& key_attributes) {
  const std::string& hash = table.keys.hash.front().name;
  std::string value;
  append_value_json(value, *key_attributes.find(hash));
  json.begin_object();
  json.key("ItemCollectionKey").begin_object().raw(hash, value).end_object();
  json.key("SizeEstimateRangeGB").begin_array().number(0.0).number(1.0).end_array();
  json.end_object();
}

}  // namespace tailrace::ops
