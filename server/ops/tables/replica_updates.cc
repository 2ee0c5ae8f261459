// ReplicaUpdates and GlobalTableWitnessUpdates as they are given, and their rules that need no
// table.
#include <algorithm>
#include <set>

#include "server/ops/tables/replicas.h"
#include "server/ops/tables/table_rules.h"

namespace tailrace::ops {
namespace {

using Action = ReplicaUpdate::Action;

std::optional<std::int64_t> override_of(const json::Value& holder,
                                        std::string_view member,
                                        std::string_view unit) {
  const json::Value* object = json::find(holder, member);
  return object == nullptr ? std::nullopt : json::optional_int(*object, unit);
}

ReadOverrides decode_overrides(const json::Value& holder) {
  return {.read_units =
              override_of(holder, "ProvisionedThroughputOverride", "ReadCapacityUnits"),
          .max_read_units =
              override_of(holder, "OnDemandThroughputOverride", "MaxReadRequestUnits")};
}

ApiError no_actions() {
  return validation_error(
      "There are no actions specified in the Replica Update Action of the request.");
}

ReplicaUpdate decode_action(Action action, const json::Value& object) {
  ReplicaUpdate update{.action = action,
                       .region = std::string(json::string_or(object, "RegionName")),
                       .kms_key_id = json::optional_string(object, "KMSMasterKeyId"),
                       .overrides = decode_overrides(object),
                       .index_overrides = {},
                       .table_class = json::optional_string(object, "TableClassOverride")};
  if (const json::Value* indexes = json::find(object, "GlobalSecondaryIndexes")) {
    for (const json::Value& index : indexes->GetArray()) {
      if (index.IsObject())
        update.index_overrides[std::string(json::string_or(index, "IndexName"))] =
            decode_overrides(index);
    }
  }
  return update;
}

// The one action of each element of a list. `see` takes the action and its object.
template <class ActionType, std::size_t kCount, class See>
Result<void> for_each_action(const json::Value& body,
                             std::string_view member,
                             const std::pair<std::string_view, ActionType> (&actions)[kCount],
                             See see) {
  const json::Value* list = json::find(body, member);
  if (list == nullptr) return {};
  for (const json::Value& element : list->GetArray()) {
    std::size_t given = 0;
    for (const auto& [name, action] : actions) {
      const json::Value* object = element.IsObject() ? json::find(element, name) : nullptr;
      if (object == nullptr) continue;
      ++given;
      see(action, *object);
    }
    if (given == 0) return no_actions();
    if (given > 1) {
      return validation_error(
          "Update table operation with more than one type of replica actions not allowed.");
    }
  }
  return {};
}

constexpr std::pair<std::string_view, Action> kReplicaActions[] = {
    {"Create", Action::kCreate},
    {"Update", Action::kUpdate},
    {"Delete", Action::kDelete},
    {"Disassociate", Action::kDisassociate}};
constexpr std::pair<std::string_view, WitnessUpdate::Action> kWitnessActions[] = {
    {"Create", WitnessUpdate::Action::kCreate}, {"Delete", WitnessUpdate::Action::kDelete}};

Result<void> check_consistency(const GroupUpdate& update) {
  if (!update.consistency || update.replicas.empty()) return {};
  const bool creates = std::ranges::all_of(update.replicas, [](const ReplicaUpdate& replica) {
    return replica.action == Action::kCreate;
  });
  if (creates) return {};
  return validation_error(
      "Only Replica Create actions are supported when MultiRegionConsistency parameter is "
      "provided.");
}

Result<void> check_changes_something(const GroupUpdate& update) {
  for (const ReplicaUpdate& replica : update.replicas) {
    if (replica.action != Action::kUpdate || replica.kms_key_id || replica.table_class ||
        replica.overrides.read_units || replica.overrides.max_read_units ||
        !replica.index_overrides.empty())
      continue;
    return no_actions();
  }
  return {};
}

// The same update of one region again counts once.
void keep_once(std::vector<ReplicaUpdate>& updates) {
  std::set<std::pair<Action, std::string>> seen;
  std::vector<ReplicaUpdate> kept;
  for (ReplicaUpdate& update : updates) {
    if (seen.emplace(update.action, update.region).second) kept.push_back(std::move(update));
  }
  updates = std::move(kept);
}

}  // namespace

Result<GroupUpdate> decode_group_update(const json::Value& body) {
  GroupUpdate update;
  TRY_VOID(for_each_action(
      body, "ReplicaUpdates", kReplicaActions,
      [&](Action action, const json::Value& object) {
        update.replicas.push_back(decode_action(action, object));
      }));
  TRY_VOID(for_each_action(
      body, "GlobalTableWitnessUpdates", kWitnessActions,
      [&](WitnessUpdate::Action action, const json::Value& object) {
        update.witnesses.push_back(
            {.action = action, .region = std::string(json::string_or(object, "RegionName"))});
      }));
  keep_once(update.replicas);
  update.consistency = json::optional_string(body, "MultiRegionConsistency");
  return update;
}

Result<void> check_group_update(const GroupUpdate& update) {
  TRY_VOID(check_consistency(update));
  return check_changes_something(update);
}

}  // namespace tailrace::ops
