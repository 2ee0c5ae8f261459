// TableDescription: what the table operations tell of a table. (behaviour/dynamodb 4.5)
#pragma once

#include <map>
#include <vector>

#include "server/ops/tables/replica_description.h"
#include "server/call/world.h"
#include "storage/base/clock.h"
#include "storage/base/json_text.h"
#include "storage/schema/table_schema.h"
#include "storage/table/table_statistics.h"

namespace tailrace::ops {

// A table as one answer shows it. The schema carries the statuses to show, which the answer to a
// change has (CREATING, UPDATING, DELETING) though the stored schema may be done with it already.
struct ShownTable {
  enum class Moment : std::uint8_t { kCreated, kUpdated, kDescribed, kDeleted };
  Moment moment = Moment::kDescribed;
  TableSchema schema;
  Instant now{};
  Counts counts;
  std::map<std::uint32_t, Counts> index_counts;
  std::vector<ShownReplica> replicas;
};

// NumberOfDecreasesToday: 0 on another day than that of the last decrease (UTC).
std::int64_t decreases_on_day_of(const Throughput& throughput, Instant now);

// With the figures of now.
ShownTable shown_table(World& world, TableSchema schema, ShownTable::Moment moment);
// The description's JSON object.
void append_table_description(JsonWriter& json, const ShownTable& table);

}  // namespace tailrace::ops
