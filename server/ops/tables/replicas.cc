// What becomes of a global table's replicas.
#include "server/ops/tables/replicas.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/ops/tables/table_rules.h"
#include "storage/base/engine_error.h"
#include "storage/base/random.h"
#include "storage/schema/replica_schema.h"
#include "storage/table/catalog.h"
#include "storage/table/item_reader.h"

namespace tailrace::ops {
namespace {

using Action = ReplicaUpdate::Action;

constexpr std::string_view kWitnesses = "GlobalTableWitnesses";
constexpr std::string_view kConsistency = "MultiRegionConsistency";
constexpr std::string_view kDisassociationProtection = "DisassociationProtectionEnabled";
constexpr std::string_view kReplicationMode = "GlobalTableSettingsReplicationMode";
constexpr std::size_t kStrongRegions = 3;
// Besides the table itself: every write is made in each of them. AWS has fewer regions.
constexpr std::size_t kReplicasMax = 63;
// As a refusal lists them; the service's order is known of the first four only.
constexpr std::string_view kRegions =
    "ap-south-2, ap-south-1, eu-south-1, eu-south-2, af-south-1, ap-east-1, ap-east-2, "
    "ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-southeast-1, ap-southeast-2, "
    "ap-southeast-3, ap-southeast-4, ap-southeast-5, ap-southeast-7, ca-central-1, ca-west-1, "
    "eu-central-1, eu-central-2, eu-north-1, eu-west-1, eu-west-2, eu-west-3, il-central-1, "
    "me-central-1, me-south-1, mx-central-1, sa-east-1, us-east-1, us-east-2, us-west-1, "
    "us-west-2";

TableName name_for(const TableSchema& table, std::string_view region) {
  return {.owner = {.account = table.name.owner.account, .region = std::string(region)},
          .name = table.name.name};
}

// A replica in that region, whoever owns it.
const Owner* find_replica(const TableSchema& table, std::string_view region) {
  const auto found = std::ranges::find(table.replicas, region, &Owner::region);
  return found == table.replicas.end() ? nullptr : &*found;
}

bool has_own_key(const TableSchema& table) {
  return table.sse_kms_key_arn &&
         *table.sse_kms_key_arn != kms_key_arn(table.name.owner, std::nullopt);
}

// The regions of a table's witnesses, which are stored as they are shown.
std::vector<std::string> witnesses_of(const TableSchema& table) {
  std::vector<std::string> regions;
  const auto stored = table.stored_members.find(std::string(kWitnesses));
  if (stored == table.stored_members.end()) return regions;
  rapidjson::Document document;
  require_stored(json::parse_copy(stored->second, document) && document.IsArray(),
                 "list of witnesses");
  for (const json::Value& witness : document.GetArray())
    regions.emplace_back(json::string_or(witness, "RegionName"));
  return regions;
}

void set_witnesses(TableSchema& table, const std::vector<std::string>& regions) {
  table.stored_members.erase(std::string(kWitnesses));
  if (regions.empty()) return;
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const std::string& region : regions) {
    json.begin_object().string("RegionName", region).string("WitnessStatus", "ACTIVE");
    json.end_object();
  }
  json.end_array();
  table.stored_members[std::string(kWitnesses)] = text;
}

// --- Rules.

// A change on its way: what is checked, and then written.
struct GroupChange {
  World& world;
  const GroupUpdate& update;
  TableSchema table;  // The table that the request is about, as it will be.
  bool has_items = false;
  std::vector<std::string> witnesses = {};  // As they will be.

  bool strong() const {
    return table.replicas.empty() ? update.consistency == "STRONG" : is_strong(table);
  }
};

Result<void> check_region(const GroupChange& change, const ReplicaUpdate& update) {
  const bool local = update.region == change.table.name.owner.region;
  if (update.action == Action::kDisassociate) {
    if (local) return {};
    return invalid_parameter("Only the local replica can be disassociated. Region: ",
                             update.region);
  }
  if (local) {
    return validation_error(
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
        "DeleteTable, or UpdateTable as required.");
  }
  const bool named = update.region.find('-') != std::string::npos &&
                     update.region.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (named) return {};
  return validation_error(str_cat(
      "Region ", update.region,
      " is not supported. The latest version of global tables are only supported in the following "
      "regions: [",
      kRegions, "]"));
}

// Of indexes that are not there a creation takes settings without a word.
Result<void> check_indexes(const GroupChange& change, const ReplicaUpdate& update) {
  if (update.action == Action::kCreate) return {};
  for (const auto& [name, overrides] : update.index_overrides) {
    const IndexSchema* index = change.table.find_index(name);
    if (index != nullptr && index->kind == IndexKind::kGlobal) continue;
    return invalid_parameter("The table does not have the specified index: ", name);
  }
  return {};
}

Result<void> check_overrides_fit(const GroupChange& change, const ReplicaUpdate& update) {
  const auto check = [&](const ReadOverrides& overrides) -> Result<void> {
    const bool on_demand = change.table.billing_mode == BillingMode::kPayPerRequest;
    if (overrides.read_units && on_demand && update.action != Action::kCreate) {
      return validation_error(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          "PAY_PER_REQUEST");
    }
    if (overrides.max_read_units && !on_demand) {
      return invalid_parameter(
          "OnDemandThroughputOverride cannot be specified when BillingMode is PROVISIONED");
    }
    return {};
  };
  TRY_VOID(check(update.overrides));
  for (const auto& [name, overrides] : update.index_overrides) TRY_VOID(check(overrides));
  return {};
}

Result<void> check_create(const GroupChange& change, const ReplicaUpdate& update) {
  const TableSchema& table = change.table;
  if (table.replicas.size() >= kReplicasMax) {
    return ApiError{ErrorCode::kLimitExceededException,
                    str_cat("A global table has at most ", kReplicasMax + 1, " replicas"),
                    {}};
  }
  if (find_replica(table, update.region) != nullptr ||
      change.world.catalog.find(name_for(table, update.region)) != nullptr) {
    return validation_error(
        str_cat("Failed to create a the new replica of table with name: \u2018", table.name.name,
                "\u2019 because one or more replicas already existed as tables."));
  }
  if (table.billing_mode == BillingMode::kProvisioned) {
    return validation_error("Table write capacity should either be Pay-Per-Request or AutoScaled.");
  }
  if (has_own_key(table) && !update.kms_key_id)
    return invalid_parameter("KMSMasterKeyId must be specified for each replica.");
  return {};
}

Result<void> check_delete(const GroupChange& change, const Owner& owner) {
  const TablePtr replica =
      change.world.catalog.find({.owner = owner, .name = change.table.name.name});
  if (replica->deletion_protection) {
    return validation_error(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
        "deletion protection first.");
  }
  return change.strong() ? Result<void>() : check_may_leave(change.world, *replica);
}

Result<void> check_disassociate(const GroupChange& change) {
  if (change.table.replicas.empty())
    return invalid_parameter("The table is not a replica of a global table");
  if (change.strong()) {
    return invalid_parameter(
        "A replica of a global table with multi-Region strong consistency cannot be disassociated");
  }
  const auto stored = change.table.stored_members.find(std::string(kDisassociationProtection));
  if (stored != change.table.stored_members.end() && stored->second == "false") return {};
  return validation_error(
      "Replica cannot be disassociated as it is currently protected against disassociation. "
      "Disable disassociation protection first.");
}

Result<void> check_replica_update(const GroupChange& change, const ReplicaUpdate& update) {
  TRY_VOID(check_region(change, update));
  TRY_VOID(check_indexes(change, update));
  TRY_VOID(check_overrides_fit(change, update));
  if (update.action == Action::kCreate) return check_create(change, update);
  if (update.action == Action::kDisassociate) return check_disassociate(change);
  const Owner* owner = find_replica(change.table, update.region);
  if (owner == nullptr) {
    return validation_error(str_cat(
        "Update global table operation failed because one or more replicas were not part of the "
        "global table. Please retry the request without these replicas: [",
        update.region, "]."));
  }
  return update.action == Action::kDelete ? check_delete(change, *owner) : Result<void>();
}

Result<void> check_one_at_a_time(const GroupChange& change) {
  if (change.strong() || change.update.replicas.size() <= 1) return {};
  return validation_error(
      "Update table operation with more than one create or delete replica actions not allowed");
}

// What is refused of a group that is consistent already, and of one that is not. (behaviour/tables
// 15.3)
Result<void> check_group_kind(const GroupChange& change) {
  const bool grouped = !change.table.replicas.empty();
  if (!change.strong() && !change.update.witnesses.empty()) {
    return validation_error(
        "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is "
        "present.");
  }
  if (grouped && change.update.consistency) {
    return validation_error(
        "MultiRegionConsistency parameter is unsupported on existing global table");
  }
  if (!grouped || !change.strong()) return {};
  if (std::ranges::find(change.update.replicas, Action::kCreate, &ReplicaUpdate::action) !=
      change.update.replicas.end()) {
    return validation_error(
        "Cannot add replicas to a global table with strong MultiRegionConsistency");
  }
  return {};
}

std::size_t deletions(const GroupUpdate& update) {
  return static_cast<std::size_t>(
      std::ranges::count(update.replicas, Action::kDelete, &ReplicaUpdate::action));
}

Result<void> plan_witnesses(GroupChange& change) {
  change.witnesses = witnesses_of(change.table);
  if (change.update.witnesses.size() > 1)
    return invalid_parameter("Only one witness can be created or deleted in one request");
  for (const WitnessUpdate& update : change.update.witnesses) {
    const auto found = std::ranges::find(change.witnesses, update.region);
    if (update.action == WitnessUpdate::Action::kDelete) {
      if (found == change.witnesses.end())
        return invalid_parameter("Witness not found in Region: ", update.region);
      change.witnesses.erase(found);
      continue;
    }
    if (update.region == change.table.name.owner.region ||
        find_replica(change.table, update.region) != nullptr)
      return invalid_parameter("A replica already exists in Region: ", update.region);
    change.witnesses.push_back(update.region);
  }
  return {};
}

ApiError one_replica_of_a_strong_group() {
  return validation_error(
      "Deletion of only one table replica is not supported for global tables with "
      "MultiRegionConsistency set to STRONG.");
}

// Three replicas, or two and a witness; or one replica, which is then a table of its own. (AWS:
// Multi-Region strong consistency)
Result<void> check_strong(const GroupChange& change) {
  if (!change.strong()) return {};
  std::size_t replicas = 1 + change.table.replicas.size();
  for (const ReplicaUpdate& update : change.update.replicas) {
    if (update.action == Action::kCreate) ++replicas;
    if (update.action == Action::kDelete) --replicas;
  }
  const std::size_t regions = replicas + change.witnesses.size();
  if (change.table.replicas.empty() && (regions != kStrongRegions || replicas < 2)) {
    return validation_error(
        "Unsupported replica count for global tables with MultiRegionConsistency set to STRONG.");
  }
  if (!change.table.replicas.empty() && deletions(change.update) > 0) {
    if (replicas > 1) return one_replica_of_a_strong_group();
    if (!change.witnesses.empty())
      return validation_error("Update table delete operation does not include all witnesses.");
  }
  if (!change.table.replicas.empty()) return {};
  if (change.has_items) {
    return invalid_parameter(
        "A table must be empty to become a global table with multi-Region strong consistency");
  }
  if (change.table.ttl_attribute || change.table.has_local_indexes()) {
    return invalid_parameter(
        "Time to Live and local secondary indexes are not supported by global tables with "
        "multi-Region strong consistency");
  }
  return {};
}

Result<void> check(GroupChange& change) {
  TRY_VOID(check_one_at_a_time(change));
  TRY_VOID(check_group_kind(change));
  for (const ReplicaUpdate& update : change.update.replicas)
    TRY_VOID(check_replica_update(change, update));
  TRY_VOID(plan_witnesses(change));
  return check_strong(change);
}

// --- Effects. Nothing fails any more.

void set_group_members(TableSchema& table, const TableSchema& like) {
  for (const std::string_view member : {kConsistency, kWitnesses}) {
    const auto found = like.stored_members.find(std::string(member));
    if (found == like.stored_members.end()) {
      table.stored_members.erase(std::string(member));
    } else {
      table.stored_members[std::string(member)] = found->second;
    }
  }
}

// Tells every replica who the others are now, from the list of one of them.
void put_group(World& world, Txn& txn, const TableSchema& table) {
  world.catalog.put(txn, table);
  for (const Owner& owner : table.replicas) {
    TableSchema replica = *world.catalog.find({.owner = owner, .name = table.name.name});
    replica.replicas = table.replicas;
    std::ranges::replace(replica.replicas, owner, table.name.owner);
    std::ranges::sort(replica.replicas);
    set_group_members(replica, table);
    world.catalog.put(txn, std::move(replica));
  }
}

// A table that is the only one left.
void become_single(TableSchema& table) {
  table.replicas.clear();
  table.last_sourced.reset();
  for (const std::string_view member :
       {kConsistency, kWitnesses, kDisassociationProtection, kReplicationMode})
    table.stored_members.erase(std::string(member));
}

// Makes `replica` a table with the items of `source`, which is not stored here.
void add_replica(World& world, Txn& txn, TableSchema& source, TableSchema replica, bool has_items) {
  if (!source.stream || !source.stream->enabled) {
    if (!is_strong(source))
      source.stream = world.stream_log.enable(txn, source, StreamViewType::kNewAndOldImages);
  }
  replica.id = world.catalog.next_table_id(txn);
  replica.uuid = random_uuid();
  replica.created = world.clock.now();
  if (source.stream && source.stream->enabled)
    replica.stream = world.stream_log.enable(txn, replica, source.stream->view_type);
  if (has_items) {
    replica.status = TableStatus::kCreating;
    replica.filled_from = source.name.owner;
    source.status = TableStatus::kUpdating;
  }
  source.last_sourced = world.clock.now();
  source.replicas.push_back(replica.name.owner);
  std::ranges::sort(source.replicas);
  world.catalog.put(txn, std::move(replica));
}

void remove_replica(World& world, Txn& txn, TableSchema& table, const Owner& owner) {
  const TablePtr replica = world.catalog.find({.owner = owner, .name = table.name.name});
  world.stream_log.disable(txn, *replica);
  world.catalog.erase(txn, replica->name);
  std::erase(table.replicas, owner);
}

void set_own_settings(TableSchema& replica, const ReplicaUpdate& update, Instant now) {
  const auto set = [](ReadOverrides& overrides, const ReadOverrides& given) {
    if (given.read_units) overrides.read_units = given.read_units;
    if (given.max_read_units) overrides.max_read_units = given.max_read_units;
  };
  set(replica.overrides, update.overrides);
  for (IndexSchema& index : replica.indexes) {
    const auto given = update.index_overrides.find(index.name);
    if (given != update.index_overrides.end()) set(index.overrides, given->second);
  }
  if (update.table_class) {
    replica.table_class = update.table_class;
    replica.table_class_updated = now;
  }
  if (update.kms_key_id)
    replica.sse_kms_key_arn = kms_key_arn(replica.name.owner, update.kms_key_id);
}

// Replicas are encrypted like the table; with a key of their owner's unless they have one.
void follow_encryption(TableSchema& replica, const TableSchema& table) {
  if (!table.sse_kms_key_arn) replica.sse_kms_key_arn.reset();
  if (table.sse_kms_key_arn && !replica.sse_kms_key_arn)
    replica.sse_kms_key_arn = kms_key_arn(replica.name.owner, std::nullopt);
}

void apply_create(GroupChange& change, Txn& txn, const ReplicaUpdate& update) {
  TableSchema replica =
      replica_schema(change.table, name_for(change.table, update.region).owner);
  set_own_settings(replica, update, change.world.clock.now());
  follow(replica, change.table, Holding::kNothing);
  follow_encryption(replica, change.table);
  add_replica(change.world, txn, change.table, std::move(replica), change.has_items);
}

void apply_update(GroupChange& change, Txn& txn, const ReplicaUpdate& update) {
  TableSchema replica = *change.world.catalog.find(
      {.owner = *find_replica(change.table, update.region), .name = change.table.name.name});
  set_own_settings(replica, update, change.world.clock.now());
  follow(replica, change.table, change.has_items ? Holding::kItems : Holding::kNothing);
  change.world.catalog.put(txn, std::move(replica));
}

// The answer shows what changes in its state of change, which is over when the next call looks.
ShownTable shown_change(const GroupChange& change,
                        const TableSchema& before,
                        const std::vector<ShownReplica>& before_replicas) {
  ShownTable shown = shown_table(change.world, change.table, ShownTable::Moment::kUpdated);
  shown.schema.status = TableStatus::kUpdating;
  for (const ReplicaUpdate& update : change.update.replicas) {
    const auto is_that = [&](const ShownReplica& replica) {
      return replica.schema.name.owner.region == update.region;
    };
    // One that is being created is not shown yet.
    if (update.action == Action::kCreate) std::erase_if(shown.replicas, is_that);
    if (update.action == Action::kUpdate) {
      for (ShownReplica& replica : shown.replicas)
        if (is_that(replica)) replica.status = TableStatus::kUpdating;
    }
    if (update.action == Action::kDelete) {
      for (const ShownReplica& gone : before_replicas) {
        if (gone.schema.name.owner.region == update.region)
          shown.replicas.push_back({.schema = gone.schema, .status = TableStatus::kDeleting});
      }
      set_group_members(shown.schema, before);
    }
  }
  return shown;
}

}  // namespace

Result<ShownTable> update_group(const CallContext& context,
                                Txn& txn,
                                const GroupUpdate& update,
                                TableSchema table) {
  World& world = context.world;
  GroupChange change{.world = world,
                     .update = update,
                     .table = std::move(table),
                     .has_items = false};
  change.has_items = holds_items(txn, change.table);
  TRY_VOID(check(change));

  const TableSchema before = change.table;
  const auto before_replicas = shown_table(world, before, ShownTable::Moment::kUpdated).replicas;
  if (update.consistency)
    change.table.stored_members[std::string(kConsistency)] =
        str_cat("\"", *update.consistency, "\"");
  set_witnesses(change.table, change.witnesses);
  for (const ReplicaUpdate& each : update.replicas) {
    switch (each.action) {
      case Action::kCreate:
        apply_create(change, txn, each);
        break;
      case Action::kUpdate:
        apply_update(change, txn, each);
        break;
      case Action::kDelete:
        remove_replica(world, txn, change.table, *find_replica(change.table, each.region));
        break;
      case Action::kDisassociate:
        leave_group(world, txn, change.table);
        change.table.replicas.clear();
        break;
    }
  }
  if (change.table.replicas.empty()) become_single(change.table);
  put_group(world, txn, change.table);
  return shown_change(change, before, before_replicas);
}

Result<ShownTable> create_replica(const CallContext& context,
                                  Txn& txn,
                                  const TableName& source_name,
                                  TableSchema given) {
  World& world = context.world;
  TRY(const TablePtr found, world.catalog.require_described(source_name));
  TableSchema source = *found;
  TRY_VOID(check_not_in_transition(source));
  TRY_VOID(check_replicas_idle(world, source));
  const auto mode = source.stored_members.find(std::string(kReplicationMode));
  if (mode == source.stored_members.end() || mode->second != "\"ENABLED\"") {
    return invalid_parameter(
        "GlobalTableSettingsReplicationMode of the source table must be ENABLED");
  }
  if (source.name.name != given.name.name)
    return invalid_parameter("TableName must be the name of the source table");
  if (find_replica(source, given.name.owner.region) != nullptr ||
      source.name.owner.region == given.name.owner.region) {
    return invalid_parameter("The global table has a replica in Region ",
                             given.name.owner.region, " already");
  }
  TableSchema replica = replica_schema(source, given.name.owner);
  replica.deletion_protection = given.deletion_protection;
  replica.tags = std::move(given.tags);
  replica.resource_policy = std::move(given.resource_policy);
  replica.stored_members = std::move(given.stored_members);
  replica.sse_kms_key_arn = std::move(given.sse_kms_key_arn);
  if (given.table_class) replica.table_class = given.table_class;
  follow_encryption(replica, source);
  const TableName name = replica.name;
  add_replica(world, txn, source, std::move(replica), holds_items(txn, source));
  put_group(world, txn, source);
  ShownTable shown =
      shown_table(world, *world.catalog.find(name), ShownTable::Moment::kCreated);
  shown.schema.status = TableStatus::kCreating;
  return shown;
}

Result<void> check_replicas_idle(const World& world, const TableSchema& table) {
  for (const Owner& owner : table.replicas) {
    const TablePtr replica = world.catalog.find({.owner = owner, .name = table.name.name});
    if (!replica->filled_from) continue;
    return ApiError{ErrorCode::kResourceInUseException,
                    "The resource which you are attempting to change is in use.",
                    {}};
  }
  return {};
}

void follow_in_replicas(World& world, Txn& txn, const TableSchema& changed) {
  const Holding holding = holds_items(txn, changed) ? Holding::kItems : Holding::kNothing;
  for (const Owner& owner : changed.replicas) {
    TableSchema replica = *world.catalog.find({.owner = owner, .name = changed.name.name});
    follow(replica, changed, holding);
    follow_encryption(replica, changed);
    world.catalog.put(txn, std::move(replica));
  }
}

Result<void> check_may_leave(const World& world, const TableSchema& table) {
  if (!table.replicas.empty() && is_strong(table)) return one_replica_of_a_strong_group();
  if (table.replicas.empty() || !table.last_sourced ||
      world.clock.now() - *table.last_sourced >= std::chrono::hours(24))
    return {};
  return validation_error(
      "Replica cannot be deleted because it has acted as a source region for new replica(s) being "
      "added to the table in the last 24 hours.");
}

void leave_group(World& world, Txn& txn, const TableSchema& table) {
  if (table.replicas.empty()) return;
  TableSchema first =
      *world.catalog.find({.owner = table.replicas.front(), .name = table.name.name});
  std::erase(first.replicas, table.name.owner);
  if (first.replicas.empty()) become_single(first);
  put_group(world, txn, first);
}

}  // namespace tailrace::ops
