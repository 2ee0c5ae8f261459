// ReplicaDescription: what a table's description tells of the other replicas.
// (behaviour/dynamodb 4.11)
#pragma once

#include "storage/base/json_text.h"
#include "storage/schema/table_schema.h"

namespace tailrace::ops {

struct ShownReplica {
  TableSchema schema;
  TableStatus status = TableStatus::kActive;  // Named as ReplicaStatus names them.
};

// One replica's JSON object.
void append_replica_description(JsonWriter& json, const ShownReplica& replica);

}  // namespace tailrace::ops
