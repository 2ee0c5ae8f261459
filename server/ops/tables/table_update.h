// UpdateTable (behaviour/dynamodb 4.6; behaviour/streams 2.2).
#pragma once

#include "server/ops/tables/replicas.h"
#include "server/ops/tables/table_description.h"
#include "server/ops/tables/table_rules.h"
#include "server/ops/tables/vector_indexes.h"

namespace tailrace::ops {

struct IndexUpdate {
  enum class Action : std::uint8_t { kCreate, kUpdate, kDelete } action = Action::kUpdate;
  IndexMember index;
  bool empty_warm = false;  // Its WarmThroughput is there, and empty.
};

struct VectorIndexUpdate {
  enum class Action : std::uint8_t { kCreate, kDelete } action = Action::kCreate;
  VectorIndexMember index;  // Of a deletion the name alone.
};

struct UpdateTableInput {
  TableName name;
  Definitions definitions;
  std::optional<BillingMode> billing_mode;
  std::optional<Units> throughput;
  std::optional<OnDemandMember> on_demand;
  std::optional<WarmMember> warm;
  std::vector<IndexUpdate> index_updates;
  std::optional<StreamMember> stream;
  std::optional<SseMember> sse;
  std::optional<std::string> table_class;
  std::optional<bool> deletion_protection;
  std::map<std::string, std::string> stored_members;
  GroupUpdate group;  // ReplicaUpdates, GlobalTableWitnessUpdates, MultiRegionConsistency
  std::vector<VectorIndexUpdate> vector_index_updates;
};

Result<UpdateTableInput> decode_update_table(const CallContext& context, const json::Value& body);
Result<ShownTable> execute_update_table(const CallContext& context,
                                        Txn& txn,
                                        const UpdateTableInput& in);

}  // namespace tailrace::ops
