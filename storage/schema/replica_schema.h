// What the replicas of a global table have in common, and what each has for itself. (AWS: Global
// tables core concepts, settings; behaviour/dynamodb 4.11)
#pragma once

#include "storage/schema/table_schema.h"

namespace tailrace {

enum class Holding : std::uint8_t { kNothing, kItems };

// A new table like `source` for another owner: without id, TableId, time, stream, and without what
// is each table's own (tags, policy, protection, key).
TableSchema replica_schema(const TableSchema& source, const Owner& owner);

// Gives `replica` the settings of `changed` that are always in step: billing mode, throughput,
// global indexes, time to live. An index that is new is to be filled if `replica` holds items.
void follow(TableSchema& replica, const TableSchema& changed, Holding holding);

}  // namespace tailrace
