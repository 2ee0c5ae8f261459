// UpdateTable's rules that need the table, and its effect.
#include <algorithm>
#include <utility>

#include "server/ops/tables/table_update.h"

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
                                std::string_view what) {
  if (units != Units{.read = before.read_units, .write = before.write_units}) return {};
  return validation_error(
      str_cat("The provisioned throughput for the ", what,
              " will not change. The requested value equals the current value. Current "
              "ReadCapacityUnits provisioned for the ",
              what, ": ", before.read_units, ". Requested ReadCapacityUnits: ", units.read,
              ". Current WriteCapacityUnits provisioned for the ", what, ": ", before.write_units,
              ". Requested WriteCapacityUnits: ", units.write,
              ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to "
              "request higher limits."));
}

void switch_to_on_demand(Change& change) {
  change.after.billing_mode_summary = true;
  change.after.last_update_to_pay_per_request = change.now;
  const auto clear = [](Throughput& throughput) {
    throughput.read_units = throughput.write_units = 0;
  };
  clear(change.after.throughput);
  for (IndexSchema& index : change.after.indexes) clear(index.throughput);
}

Result<void> switch_to_provisioned(Change& change) {
  for (IndexSchema& index : change.after.indexes) {
    index.on_demand.reset();
    if (index.kind != IndexKind::kGlobal) continue;
    const bool given = std::ranges::any_of(change.in.index_updates, [&](const IndexUpdate& update) {
      return update.index.name == index.name &&
             (update.index.throughput || update.action == Action::kDelete);
    });
    if (!given)
      return invalid_parameter("ProvisionedThroughput must be specified for index: ", index.name);
  }
  change.after.on_demand.reset();
  return {};
}

Result<void> apply_billing(Change& change) {
  const Input& in = change.in;
  change.after.billing_mode = in.billing_mode.value_or(change.before.billing_mode);
  if (change.to_on_demand()) switch_to_on_demand(change);
  if (change.to_provisioned()) TRY_VOID(switch_to_provisioned(change));
  if (!in.throughput) return {};
  if (change.after.billing_mode == BillingMode::kPayPerRequest) {
    return invalid_parameter(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (!change.to_provisioned())
    TRY_VOID(check_units_change(change.before.throughput, *in.throughput, "table"));
  change.after.throughput = changed(change.before.throughput, *in.throughput, change.now);
  return {};
}

Result<void> check_on_demand_fits(const Change& change,
                                  const OnDemandMember& on_demand,
                                  std::string_view where) {
  if (change.after.billing_mode == BillingMode::kPayPerRequest) return {};
  return invalid_parameter(on_demand.max_read ? "MaxReadRequestUnits" : "MaxWriteRequestUnits",
                           " for OnDemandThroughput cannot be specified", where,
                           " when the table BillingMode is PROVISIONED");
}

Result<void> apply_on_demand(Change& change) {
  if (!change.in.on_demand) return {};
  TRY_VOID(check_on_demand_fits(change, *change.in.on_demand, ""));
  change.after.on_demand = merge_on_demand(change.after.on_demand, change.in.on_demand);
  return {};
}

Result<void> apply_warm(Change& change) {
  if (!change.in.warm) return {};
  const WarmThroughput floor =
      effective_warm(change.after.warm, change.after.billing_mode, change.after.throughput);
  TRY_VOID(check_warm(*change.in.warm, floor, ""));
  change.after.warm = merge_warm(change.after.warm, floor, change.in.warm);
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
    return invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of ",
                             kGlobalIndexesMax);
  }
  std::size_t names = 0;
  for (const IndexSchema& index : table.indexes) names += index.non_key_attributes.size();
  if (names <= kProjectedNamesMax) return {};
  return invalid_parameter(
      "The total number of NonKeyAttributes of all indexes exceeds the per-table limit of ",
      kProjectedNamesMax);
}

Result<void> check_no_index_in_progress(const TableSchema& table) {
  const bool busy = std::ranges::any_of(table.indexes, [](const IndexSchema& index) {
    return index.status == IndexStatus::kCreating || index.status == IndexStatus::kDeleting;
  });
  if (!busy) return {};
  return ApiError{ErrorCode::kLimitExceededException,
                  "Subscriber limit exceeded: Only 1 online index can be created or deleted "
                  "simultaneously per table",
                  {}};
}

Result<void> create_index(Change& change, const IndexMember& member) {
  if (find_index(change.after, member.name) != nullptr)
    return invalid_parameter("Index already exists: ", member.name);
  TRY_VOID(check_no_index_in_progress(change.before));
  TRY_VOID(check_definitions_are_unique(change.in.definitions));
  TRY_VOID(check_global_key_schema(member.keys, change.in.definitions));
  TRY_VOID(check_index_projection(member.projection));
  TRY_VOID(check_index_throughput(member, change.after.billing_mode));
  const std::string where = str_cat(" for index ", member.name);
  if (member.on_demand) TRY_VOID(check_on_demand_fits(change, *member.on_demand, where));
  IndexSchema index = index_schema_of(member, IndexKind::kGlobal, change.in.definitions);
  TRY_VOID(check_same_types(change, index));
  const WarmThroughput floor = effective_warm({}, change.after.billing_mode, index.throughput);
  if (member.warm) TRY_VOID(check_warm(*member.warm, floor, where));
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
  if (index == nullptr || index->kind != IndexKind::kGlobal) {
    return ApiError{ErrorCode::kResourceNotFoundException, "Requested resource not found", {}};
  }
  std::erase_if(change.after.indexes,
                [&](const IndexSchema& each) { return each.name == member.name; });
  return {};
}

Result<void> update_index(Change& change, const IndexMember& member) {
  IndexSchema* index = find_index(change.after, member.name);
  if (index == nullptr || index->kind != IndexKind::kGlobal) {
    return validation_error(
        "This operation cannot be performed with given input values. Please contact DynamoDB "
        "service team for more info: Action "
        "Blocked: IndexUpdate");
  }
  const std::string where = str_cat(" for index ", member.name);
  if (member.throughput) {
    if (change.after.billing_mode == BillingMode::kPayPerRequest)
      return check_index_throughput(member, BillingMode::kPayPerRequest);
    if (!change.to_provisioned()) {
      TRY_VOID(check_units_change(index->throughput, *member.throughput,
                                  str_cat("index ", member.name)));
    }
    index->throughput = changed(index->throughput, *member.throughput, change.now);
  }
  if (member.on_demand) {
    TRY_VOID(check_on_demand_fits(change, *member.on_demand, where));
    index->on_demand = merge_on_demand(index->on_demand, member.on_demand);
  }
  if (member.warm) {
    const WarmThroughput floor =
        effective_warm(index->warm, change.after.billing_mode, index->throughput);
    TRY_VOID(check_warm(*member.warm, floor, where));
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
    return invalid_parameter("Index already exists: ", member.name);
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
    return ApiError{ErrorCode::kResourceNotFoundException, "Requested resource not found", {}};
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

Result<void> apply_settings(Change& change) {
  const Input& in = change.in;
  TableSchema& after = change.after;
  if (in.deletion_protection) after.deletion_protection = *in.deletion_protection;
  if (in.table_class) {
    after.table_class = in.table_class;
    after.table_class_updated = change.now;
  }
  if (in.stored_members.contains("DisassociationProtectionEnabled") && after.replicas.empty())
    return invalid_parameter("The table is not a replica of a global table");
  if (in.sse) {
    after.sse_kms_key_arn.reset();
    if (in.sse->enabled) after.sse_kms_key_arn = kms_key_arn(after.name.owner, in.sse->key_id);
  }
  for (const auto& [name, text] : in.stored_members) after.stored_members[name] = text;
  return {};
}

constexpr Result<void> (*kSteps[])(Change&) = {
    apply_billing, apply_index_updates, apply_vector_updates, apply_on_demand,
    apply_warm,    check_stream_state,  apply_settings,
};

// While the stream is being enabled or disabled some settings may be changed, and others have texts
// of their own. (behaviour/streams 2.5)
Result<void> check_idle(const TableSchema& table, const Input& in) {
  if (table.status != TableStatus::kUpdating || !table.transition || !table.transition->of_stream)
    return check_not_in_transition(table);
  if (in.table_class) {
    return resource_in_use(
        str_cat("Can't update table class when stream status is being updated. Table: ",
                table.name.name));
  }
  if (in.on_demand) {
    return resource_in_use(
        str_cat("OnDemandThroughput cannot be updated while stream status update is in progress. "
                "Table: ",
                table.name.name));
  }
  const bool accepted = !in.stream && !in.billing_mode && !in.throughput &&
                        in.index_updates.empty() && (in.deletion_protection || in.sse || in.warm);
  return accepted ? Result<void>() : check_not_in_transition(table);
}

// The table in its state of change: with the old units, and each index in its own state.
TableSchema changing_schema(const Change& change) {
  TableSchema shown = change.after;
  shown.status = TableStatus::kUpdating;
  const auto keep_units = [](Throughput& throughput, const Throughput& before) {
    throughput.read_units = before.read_units;
    throughput.write_units = before.write_units;
  };
  keep_units(shown.throughput, change.before.throughput);
  for (IndexSchema& index : shown.indexes) {
    const IndexSchema* before = change.before.find_index(index.name);
    if (before == nullptr || before->id != index.id) {
      index.status = IndexStatus::kCreating;
      index.backfilling = true;
    } else {
      keep_units(index.throughput, before->throughput);
    }
  }
  for (const IndexUpdate& update : change.in.index_updates) {
    if (update.action == Action::kUpdate)
      find_index(shown, update.index.name)->status = IndexStatus::kUpdating;
    if (update.action == Action::kDelete) {
      shown.indexes.push_back(*change.before.find_index(update.index.name));
      shown.indexes.back().status = IndexStatus::kDeleting;
    }
  }
  for (const VectorIndexUpdate& update : change.in.vector_index_updates) {
    if (update.action != VectorIndexUpdate::Action::kDelete) continue;
    shown.indexes.push_back(*change.before.find_index(update.index.name));
    shown.indexes.back().status = IndexStatus::kDeleting;
  }
  return shown;
}

// A ceiling that was taken away is echoed as -1, once.
void echo_on_demand(const Input& in, TableSchema& shown) {
  if (!in.on_demand) return;
  if (!shown.on_demand) shown.on_demand.emplace();
  if (in.on_demand->max_read == -1) shown.on_demand->max_read_units = -1;
  if (in.on_demand->max_write == -1) shown.on_demand->max_write_units = -1;
}

std::vector<Transition::Units> units_to_come(const TableSchema& after) {
  std::vector<Transition::Units> units;
  const auto add = [&](std::uint32_t index_id, const Throughput& throughput) {
    units.push_back({.index_id = index_id,
                     .read_units = throughput.read_units,
                     .write_units = throughput.write_units});
  };
  add(0, after.throughput);
  for (const IndexSchema& index : after.indexes) add(index.id, index.throughput);
  return units;
}

}  // namespace

Result<ShownTable> execute_update_table(const CallContext& context, Txn& txn, const Input& in) {
  World& world = context.world;
  TRY(const TablePtr table, world.catalog.require_described(in.name));
  TRY_VOID(check_idle(*table, in));
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
  TableSchema changing = changing_schema(change);
  if (!table->transition && world.transitions.visible()) {
    changing.transition = world.transitions.begin(txn);
    changing.transition->of_stream = in.stream.has_value();
    changing.transition->units = units_to_come(change.after);
  }
  follow_in_replicas(world, txn, change.after);
  world.catalog.put(txn, changing.transition ? changing : change.after);
  echo_on_demand(in, changing);
  ShownTable shown = shown_table(world, std::move(changing), ShownTable::Moment::kUpdated);
  shown.warm_changed = in.warm.has_value();
  shown.sse_disabled = in.sse && !in.sse->enabled && table->sse_kms_key_arn;
  return shown;
}

}  // namespace tailrace::ops
