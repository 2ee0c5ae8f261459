// Replicas of global tables, version 2019.11.21: UpdateTable's ReplicaUpdates and
// GlobalTableWitnessUpdates, CreateTable's GlobalTableSourceArn, and what other changes of a table
// mean for its replicas. (behaviour/dynamodb 4.11, behaviour/streams 14.1)
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/ops/tables/table_description.h"
#include "server/ops/tables/table_members.h"

namespace tailrace::ops {

struct ReplicaUpdate {
  enum class Action : std::uint8_t { kCreate, kUpdate, kDelete, kDisassociate };
  Action action = Action::kCreate;
  std::string region;
  std::optional<std::string> kms_key_id;
  ReadOverrides overrides;
  std::map<std::string, ReadOverrides> index_overrides;  // By index.
  std::optional<std::string> table_class;
};

struct WitnessUpdate {
  enum class Action : std::uint8_t { kCreate, kDelete };
  Action action = Action::kCreate;
  std::string region;
};

// A request's changes of a global table.
struct GroupUpdate {
  std::vector<ReplicaUpdate> replicas;
  std::vector<WitnessUpdate> witnesses;
  std::optional<std::string> consistency;  // MultiRegionConsistency
  bool empty() const { return replicas.empty() && witnesses.empty(); }
};

// After validation by shape. Errors: an element without an action, or with several.
Result<GroupUpdate> decode_group_update(const json::Value& body);
// The rules that need no table.
Result<void> check_group_update(const GroupUpdate& update);

// Carries out `update` on a table that is otherwise to become `table`, and stores it. All rules are
// checked before anything is written.
Result<ShownTable> update_group(const CallContext& context,
                                Txn& txn,
                                const GroupUpdate& update,
                                TableSchema table);
// CreateTable with GlobalTableSourceArn: a replica of `source` for another account. `given` has
// what the request says of the new table itself.
Result<ShownTable> create_replica(const CallContext& context,
                                  Txn& txn,
                                  const TableName& source,
                                  TableSchema given);

// Error: one of the table's replicas is just being made, so that nothing may change.
Result<void> check_replicas_idle(const World& world, const TableSchema& table);
// Gives the replicas of a changed table what they have in common with it.
void follow_in_replicas(World& world, Txn& txn, const TableSchema& changed);
// Error: the table must not go yet.
Result<void> check_may_leave(const World& world, const TableSchema& table);
// The other replicas go on without this one, which is about to be deleted.
void leave_group(World& world, Txn& txn, const TableSchema& table);

inline bool is_strong(const TableSchema& table) {
  const auto found = table.stored_members.find("MultiRegionConsistency");
  return found != table.stored_members.end() && found->second == "\"STRONG\"";
}

}  // namespace tailrace::ops
