// Capacity units that requests consume, counted as AWS does (behaviour/dynamodb 5.6), and the
// members that report them (5.7, 5.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "server/call/request_members.h"
#include "storage/base/json_text.h"
#include "storage/schema/table_schema.h"
#include "storage/table/item_writer.h"

namespace tailrace::ops {

// 4 KB units, at least one; eventually consistent reads cost half.
double read_units(std::size_t bytes, Consistency consistency);
// 1 KB units, at least one.
double write_units(std::size_t bytes);
// An action of a transaction costs twice as much.
inline constexpr double kTransactionFactor = 2;

struct IndexUnits {
  const IndexSchema* index;  // Of the TablePtr that the request keeps.
  double units;  // Of a vector index: bytes.
};

// What a request consumed of one table.
struct Consumed {
  double table = 0;
  std::vector<IndexUnits> indexes;  // Those touched; an index occurs once.

  void add_index(const IndexSchema& index, double units);
  void add_index_writes(const WriteEffect& effect);
};

// Transactions say which kind of units they used.
enum class CapacityKind : std::uint8_t { kPlain, kTransactionRead, kTransactionWrite };
// One ConsumedCapacity object; `detail` is not kNone.
void append_consumed(JsonWriter& json,
                     std::string_view table_as_sent,
                     const Consumed& consumed,
                     ReturnCapacity detail,
                     CapacityKind kind = CapacityKind::kPlain);

// One ItemCollectionMetrics object: the item's collection, with AWS's figures for small ones.
void append_collection_metrics(JsonWriter& json,
                               const TableSchema& table,
                               const AttributeMap& key_attributes);

}  // namespace tailrace::ops
