// UpdateTable's rules that need the table, and its effect.
#include <algorithm>
#include <utility>

#include "server/ops/tables/table_update.h"
#include "server/ops/tables/table_update_state.h"
#include "storage/table/catalog.h"
#include "storage/table/item_reader.h"

namespace tailrace::ops {
namespace {

using Input = UpdateTableInput;
using Action = IndexUpdate::Action;

// A change on its way: `after` is stored if every step agrees.
struct Change {
  const Input& in;
  const TableSchema& before;
  Instant now;
  bool has_items;
  TableSchema after;

  bool to_provisioned() const { return became(BillingMode::kProvisioned); }
  bool to_on_demand() const { return became(BillingMode::kPayPerRequest); }
  bool became(BillingMode mode) const {
    return after.billing_mode == mode && before.billing_mode != mode;
  }
};

IndexSchema* find_index(TableSchema& table, std::string_view name) {
  const auto it = std::ranges::find(table.indexes, name, &IndexSchema::name);
  return it == table.indexes.end() ? nullptr : &*it;
}

// For the schema of the message on redefined attributes: [SchemaElement: key{a:S:HASH}, …]
std::string schema_text(const KeySchema& keys) {
  std::string text = "Schema:[";
  std::string_view separator;
  const auto append = [&](const std::vector<KeyAttribute>& attributes, std::string_view role) {
    for (const KeyAttribute& key : attributes) {
      str_append(text, std::exchange(separator, ", "), "SchemaElement: key{", key.name, ":",
                 type_name(key.type), ":", role, "}");
    }
  };
  append(keys.hash, "HASH");
  append(keys.range, "RANGE");
  return text + "]";
}

// --- Throughput.

Throughput changed(const Throughput& before, const Units& units, Instant now) {
  Throughput after = before;
  after.read_units = units.read;
  after.write_units = units.write;
  if (units.read > before.read_units || units.write > before.write_units) after.last_increase = now;
  if (units.read < before.read_units || units.write < before.write_units) {
    using std::chrono::days;
    const bool same_day = before.last_decrease && std::chrono::floor<days>(*before.last_decrease) ==
                                                      std::chrono::floor<days>(now);
    after.decreases_today = same_day ? before.decreases_today + 1 : 1;
    after.last_decrease = now;
  }
  return after;
}

Result<void> check_units_change(const Throughput& before,
                                const Units& units,
                                std::string_view the,
                                std::string_view what) {
  if (units != Units{.read = before.read_units, .write = before.write_units}) return {};
  return validation_error(
      str_cat("The provisioned throughput for the ", what,
              " will not change. The requested value equals the current value. Current "
              "ReadCapacityUnits provisioned for ",
              the, what, ": ", before.read_units, ". Requested ReadCapacityUnits: ", units.read,
              ". Current WriteCapacityUnits provisioned for ", the, what, ": ", before.write_units,
              ". Requested WriteCapacityUnits: ", units.write,
              ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to "
              "request higher limits."));
}

void switch_to_on_demand(Change& change) {
  change.after.billing_mode_summary = true;
  change.after.last_update_to_pay_per_request = change.now;
  change.after.throughput.read_units = change.after.throughput.write_units = 0;
  // It counts as a decrease of each index, not of the table.
  for (IndexSchema& index : change.after.indexes) {
    if (index.kind == IndexKind::kGlobal)
      index.throughput = changed(index.throughput, Units{}, change.now);
  }
}

Result<void> switch_to_provisioned(Change& change) {
  for (const IndexSchema& index : change.after.indexes) {
    if (index.kind != IndexKind::kGlobal) continue;
    const bool given = std::ranges::any_of(change.in.index_updates, [&](const IndexUpdate& update) {
      return update.index.name == index.name &&
             (update.index.throughput || update.action == Action::kDelete);
    });
    if (!given)
      return invalid_parameter("ProvisionedThroughput must be specified for index: ", index.name);
  }
  return {};
}

// Neither mode takes over the other's ceilings.
void forget_ceilings(TableSchema& table) {
  table.on_demand.reset();
  for (IndexSchema& index : table.indexes) index.on_demand.reset();
}

Result<void> apply_billing(Change& change) {
  const Input& in = change.in;
  change.after.billing_mode = in.billing_mode.value_or(change.before.billing_mode);
  if (change.to_on_demand()) switch_to_on_demand(change);
  if (change.to_provisioned()) TRY_VOID(switch_to_provisioned(change));
  if (change.after.billing_mode != change.before.billing_mode) forget_ceilings(change.after);
  if (!in.throughput) return {};
  if (change.after.billing_mode == BillingMode::kPayPerRequest) {
    return invalid_parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (!change.to_provisioned())
    TRY_VOID(check_units_change(change.before.throughput, *in.throughput, "the ", "table"));
  change.after.throughput = changed(change.before.throughput, *in.throughput, change.now);
  return {};
}

// `index_place`: ` for index : <name>`, or empty for the table.
Result<void> check_on_demand_fits(const Change& change,
                                  const OnDemandMember& on_demand,
                                  std::string_view index_place) {
  if (change.after.billing_mode == BillingMode::kPayPerRequest) return {};
  return invalid_parameter(on_demand.max_read ? "MaxReadRequestUnits" : "MaxWriteRequestUnits",
                           " for OnDemandThroughput", index_place,
                           " cannot be specified when the table BillingMode is PROVISIONED");
}

Result<void> apply_on_demand(Change& change) {
  if (!change.in.on_demand) return {};
  TRY_VOID(check_on_demand_fits(change, *change.in.on_demand, ""));
  change.after.on_demand = merge_on_demand(change.after.on_demand, change.in.on_demand);
  return {};
}

constexpr WarmFloorTexts kWarmOnlyRises = {
    .read = "current WarmThroughput, decreasing WarmThroughput is not supported",
    .write = "current WarmThroughput, decreasing WarmThroughput is not supported"};

Result<void> apply_warm(Change& change) {
  if (!change.in.warm) return {};
  const WarmThroughput floor =
      effective_warm(change.after.warm, change.after.billing_mode, change.after.throughput);
  TRY_VOID(check_warm(*change.in.warm, floor, " for table", kWarmOnlyRises));
  change.after.warm = merge_warm(change.after.warm, floor, change.in.warm);
  return {};
}

// What a table or index was ever warm for it stays warm for.
template <class Owning>
void keep_warm(const Owning& before, BillingMode mode_before, Owning& after, BillingMode mode_after) {
  const WarmThroughput reached = effective_warm(before.warm, mode_before, before.throughput);
  const WarmThroughput otherwise = effective_warm(after.warm, mode_after, after.throughput);
  if (reached.read_units <= otherwise.read_units && reached.write_units <= otherwise.write_units)
    return;
  after.warm = {.read_units = std::max(reached.read_units, otherwise.read_units),
                .write_units = std::max(reached.write_units, otherwise.write_units)};
}

Result<void> keep_all_warm(Change& change) {
  const BillingMode before = change.before.billing_mode, after = change.after.billing_mode;
  keep_warm(change.before, before, change.after, after);
  for (IndexSchema& index : change.after.indexes) {
    const IndexSchema* same = change.before.find_index(index.name);
    if (same != nullptr && same->id == index.id) keep_warm(*same, before, index, after);
  }
  return {};
}

// --- Indexes.

Result<void> check_same_types(const Change& change, const IndexSchema& index) {
  const auto conflicts = [&](const KeyAttribute& key) {
    const auto type = change.before.key_attribute_type(key.name);
    return type && *type != key.type;
  };
  std::vector<KeyAttribute> filters;
  if (index.vector) {
    for (const SearchElement& element : index.vector->search_schema)
      filters.push_back(element.attribute);
  }
  for (const auto* role : {&index.keys.hash, &index.keys.range, &std::as_const(filters)}) {
    const auto conflict = std::ranges::find_if(*role, conflicts);
    if (conflict == role->end()) continue;
    const auto holder = std::ranges::find_if(
        change.before.indexes,
        [&](const IndexSchema& existing) { return existing.keys.contains(conflict->name); });
    const KeySchema& existing =
        change.before.keys.contains(conflict->name) || holder == change.before.indexes.end()
            ? change.before.keys
            : holder->keys;
    return invalid_parameter(
        "Attributes cannot be redefined. Please check that your attribute has the same type as "
        "previously defined. Existing "
        "schema: ",
        schema_text(existing), " New schema: ", schema_text(index.keys));
  }
  return {};
}

Result<void> check_counts(const TableSchema& table) {
  const auto globals = std::ranges::count(table.indexes, IndexKind::kGlobal, &IndexSchema::kind);
  if (static_cast<std::size_t>(globals) > kGlobalIndexesMax) {
    return ApiError{ErrorCode::kLimitExceededException,
                    str_cat("Subscriber limit exceeded: Number of global secondary indexes exceeds "
                            "per-table limit of ",
                            kGlobalIndexesMax),
                    {}};
  }
  std::size_t names = 0;
  for (const IndexSchema& index : table.indexes) names += index.non_key_attributes.size();
  if (names <= kProjectedNamesMax) return {};
  return invalid_parameter(
      "The total number of NonKeyAttributes of all indexes exceeds the per-table limit of ",
      kProjectedNamesMax);
}

// But for one of that name, whose deletion calls its creation off.
Result<void> check_no_index_in_progress(const TableSchema& table, std::string_view but_for = "") {
  const bool busy = std::ranges::any_of(table.indexes, [&](const IndexSchema& index) {
    return index.name != but_for && (index.status == IndexStatus::kCreating ||
                                     index.status == IndexStatus::kDeleting);
  });
  return busy ? one_online_index() : Result<void>();
}

ApiError name_taken() {
  return validation_error("Attempting to create an index which already exists");
}

ApiError no_such_index(const Change& change, std::string_view index) {
  return {ErrorCode::kResourceNotFoundException,
          str_cat("Requested resource not found: Index ", index, " for table ",
                  change.before.name.name),
          {}};
}

Result<void> check_new_index_units(const Change& change, const IndexMember& member) {
  if (change.after.billing_mode == BillingMode::kPayPerRequest)
    return check_no_index_throughput(member);
  if (member.throughput) return {};
  return invalid_parameter(
      "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: ", member.name);
}

Result<void> create_index(Change& change, const IndexMember& member) {
  if (change.in.definitions.empty())
    return invalid_parameter("AttributeDefinitions is not specified for index: ", member.name);
  TRY_VOID(check_no_index_in_progress(change.before));
  if (find_index(change.after, member.name) != nullptr) return name_taken();
  TRY_VOID(check_definitions_are_unique(change.in.definitions));
  TRY_VOID(check_global_key_schema(member.keys, change.in.definitions));
  TRY_VOID(check_index_projection(member.projection));
  TRY_VOID(check_new_index_units(change, member));
  if (member.on_demand)
    TRY_VOID(check_on_demand_fits(change, *member.on_demand,
                                  str_cat(" for index : ", member.name)));
  IndexSchema index = index_schema_of(member, IndexKind::kGlobal, change.in.definitions);
  TRY_VOID(check_same_types(change, index));
  const WarmThroughput floor = effective_warm({}, change.after.billing_mode, index.throughput);
  if (member.warm) {
    TRY_VOID(check_warm(*member.warm, floor, str_cat(" for index ", member.name),
                        new_warm_floor_texts(change.after.billing_mode)));
  }
  index.warm = merge_warm({}, floor, member.warm);
  index.id = change.after.next_index_id++;
  if (change.has_items) {  // The background fills it and makes it ACTIVE.
    index.status = IndexStatus::kCreating;
    index.backfilling = true;
  }
  change.after.indexes.push_back(std::move(index));
  return check_counts(change.after);
}

Result<void> delete_index(Change& change, const IndexMember& member) {
  const IndexSchema* index = find_index(change.after, member.name);
  if (index == nullptr || index->kind != IndexKind::kGlobal)
    return no_such_index(change, member.name);
  TRY_VOID(check_no_index_in_progress(change.before, member.name));
  std::erase_if(change.after.indexes,
                [&](const IndexSchema& each) { return each.name == member.name; });
  return {};
}

// An update of an index that does not say what, or says what the mode has no use for.
ApiError nothing_for_index(const Change& change, const IndexMember& member) {
  if (change.after.billing_mode == BillingMode::kPayPerRequest) {
    return invalid_parameter("The only Updates for index: ", member.name,
                             " when TableThroughputMode is PAY_PER_REQUEST can be to "
                             "OnDemandThroughput, WarmThroughput");
  }
  return invalid_parameter(
      "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: ", member.name);
}

Result<void> update_index(Change& change, const IndexMember& member) {
  IndexSchema* index = find_index(change.after, member.name);
  if (index == nullptr || index->kind != IndexKind::kGlobal)
    return no_such_index(change, member.name);
  if (!member.throughput && !member.on_demand && !member.warm) return nothing_for_index(change, member);
  if (member.throughput) {
    if (change.after.billing_mode == BillingMode::kPayPerRequest)
      return nothing_for_index(change, member);
    if (!change.to_provisioned()) {
      TRY_VOID(check_units_change(index->throughput, *member.throughput, "",
                                  str_cat("index ", member.name)));
    }
    index->throughput = changed(index->throughput, *member.throughput, change.now);
  }
  if (member.on_demand) {
    TRY_VOID(check_on_demand_fits(change, *member.on_demand,
                                  str_cat(" for index : ", member.name)));
    index->on_demand = merge_on_demand(index->on_demand, member.on_demand);
  }
  if (member.warm) {
    const WarmThroughput floor =
        effective_warm(index->warm, change.after.billing_mode, index->throughput);
    TRY_VOID(check_warm(*member.warm, floor, str_cat(" for index ", member.name), kWarmOnlyRises));
    index->warm = merge_warm(index->warm, floor, member.warm);
  }
  return {};
}

Result<void> apply_index_updates(Change& change) {
  for (const IndexUpdate& update : change.in.index_updates) {
    switch (update.action) {
      case Action::kCreate:
        TRY_VOID(create_index(change, update.index));
        break;
      case Action::kUpdate:
        TRY_VOID(update_index(change, update.index));
        break;
      case Action::kDelete:
        TRY_VOID(delete_index(change, update.index));
        break;
    }
  }
  return {};
}

// --- Vector indexes.

Result<void> check_vector_counts(const TableSchema& table) {
  const auto vectors = std::ranges::count(table.indexes, IndexKind::kVector, &IndexSchema::kind);
  if (static_cast<std::size_t>(vectors) <= kVectorIndexesMax) return check_counts(table);
  return invalid_parameter("VectorIndex count exceeds the per-table limit of ", kVectorIndexesMax);
}

Result<void> create_vector_index(Change& change, const VectorIndexMember& member) {
  if (find_index(change.after, member.name) != nullptr)
    return name_taken();
  TRY_VOID(check_no_index_in_progress(change.before));
  TRY_VOID(check_vector_billing(change.after.billing_mode));
  TRY_VOID(check_definitions_are_unique(change.in.definitions));
  TRY_VOID(check_vector_index(member, change.in.definitions));
  for (const IndexSchema& other : change.after.indexes) {
    if (!other.vector || other.vector->attribute != member.attribute) continue;
    TRY_VOID(check_same_dimensions(member.attribute, member.dimensions,
                                   static_cast<std::int64_t>(other.vector->dimensions)));
  }
  IndexSchema index = vector_index_schema(member, change.in.definitions);
  TRY_VOID(check_same_types(change, index));
  index.id = change.after.next_index_id++;
  if (change.has_items) {
    index.status = IndexStatus::kCreating;
    index.backfilling = true;
  }
  change.after.indexes.push_back(std::move(index));
  return check_vector_counts(change.after);
}

Result<void> delete_vector_index(Change& change, const VectorIndexMember& member) {
  const IndexSchema* index = find_index(change.after, member.name);
  if (index == nullptr || index->kind != IndexKind::kVector)
    return no_such_index(change, member.name);
  TRY_VOID(check_no_index_in_progress(change.before, member.name));
  std::erase_if(change.after.indexes,
                [&](const IndexSchema& each) { return each.name == member.name; });
  return {};
}

Result<void> apply_vector_updates(Change& change) {
  for (const VectorIndexUpdate& update : change.in.vector_index_updates) {
    TRY_VOID(update.action == VectorIndexUpdate::Action::kCreate
                 ? create_vector_index(change, update.index)
                 : delete_vector_index(change, update.index));
  }
  return has_vectors(change.after) ? check_vector_billing(change.after.billing_mode)
                                   : Result<void>();
}

// --- The rest.

Result<void> check_stream_state(Change& change) {
  if (!change.in.stream) return {};
  const bool enabled = change.before.stream && change.before.stream->enabled;
  const std::string& name = change.before.name.name;
  if (change.in.stream->enabled && enabled) {
    return validation_error(str_cat("Table already has an enabled stream: TableName: ", name));
  }
  if (!change.in.stream->enabled && !change.before.replicas.empty() && !is_strong(change.before))
    return invalid_parameter("Disabling Stream is not allowed for a Global Table replica.");
  if (!change.in.stream->enabled && !enabled) {
    return validation_error(str_cat("Table has no stream to disable: TableName: ", name));
  }
  return {};
}

Result<void> apply_encryption(Change& change, const SseMember& sse) {
  const std::optional<std::string>& current = change.before.sse_kms_key_arn;
  if (!sse.wanted() && !current) return invalid_parameter("Table is already encrypted by default");
  if (sse.wanted() && sse.key_id && current == sse.key_id) {
    return invalid_parameter(
        "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if "
        "you want to change Master Key");
  }
  change.after.sse_kms_key_arn.reset();
  if (sse.wanted())
    change.after.sse_kms_key_arn = kms_key_arn(change.after.name.owner, sse.key_id);
  return {};
}

Result<void> apply_settings(Change& change) {
  const Input& in = change.in;
  TableSchema& after = change.after;
  if (in.deletion_protection) after.deletion_protection = *in.deletion_protection;
  if (in.table_class && *in.table_class != change.before.table_class.value_or("STANDARD")) {
    after.table_class = in.table_class;
    after.table_class_updated = change.now;
  }
  if (in.stored_members.contains("DisassociationProtectionEnabled") && after.replicas.empty())
    return invalid_parameter("The table is not a replica of a global table");
  const auto mode = in.stored_members.find("GlobalTableSettingsReplicationMode");
  if (mode != in.stored_members.end() && mode->second == "\"ENABLED_WITH_OVERRIDES\"" &&
      after.replicas.empty()) {
    return validation_error(
        "Value 'ENABLED_WITH_OVERRIDES' at 'GlobalTableSettingsReplicationMode' failed to satisfy "
        "constraint: Only ENABLED and DISABLED settings replication are supported for a Regional "
        "Table.");
  }
  if (in.sse) TRY_VOID(apply_encryption(change, *in.sse));
  for (const auto& [name, text] : in.stored_members) after.stored_members[name] = text;
  return {};
}

constexpr Result<void> (*kSteps[])(Change&) = {
    apply_billing, apply_index_updates, apply_vector_updates, apply_on_demand,
    apply_warm,    check_stream_state,  apply_settings,       keep_all_warm,
};

}  // namespace

Result<ShownTable> execute_update_table(const CallContext& context, Txn& txn, const Input& in) {
  World& world = context.world;
  TRY(const TablePtr table, world.catalog.require_described(in.name));
  TRY_VOID(check_admitted(*table, in));
  TRY_VOID(check_replicas_idle(world, *table));
  Change change{.in = in,
                .before = *table,
                .now = world.clock.now(),
                .has_items = holds_items(txn, *table),
                .after = *table};
  for (const auto step : kSteps) TRY_VOID(step(change));
  if (!in.group.empty()) return update_group(context, txn, in.group, std::move(change.after));
  // From here on nothing fails any more.
  if (in.stream && in.stream->enabled) {
    change.after.stream = world.stream_log.enable(txn, change.after, *in.stream->view_type,
                                                  world.transitions.stream_settles());
  } else if (in.stream) {
    world.stream_log.disable(txn, *table, world.transitions.stream_settles());
    change.after.stream->enabled = false;
  }
  const bool visible = world.transitions.visible();
  const Instant ends = visible ? world.transitions.begin(txn) : change.now;
  TableSchema changing = changing_schema(in, *table, change.after, ends);
  follow_in_replicas(world, txn, change.after);
  world.catalog.put(txn, visible ? changing : change.after);
  return shown_table(world, answered_schema(in, *table, std::move(changing), change.now),
                     ShownTable::Moment::kUpdated);
}

}  // namespace tailrace::ops
