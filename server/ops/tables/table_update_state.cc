#include "server/ops/tables/table_update_state.h"

#include <algorithm>
#include <utility>

#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

using Input = UpdateTableInput;
using Action = IndexUpdate::Action;
using enum Transition::Kind;

// --- What is refused.

bool changes_iops(const Input& in, const TableSchema& table) {
  return in.throughput || (in.billing_mode && *in.billing_mode != table.billing_mode);
}
bool asks_for_iops(const Input& in, const TableSchema&, std::string_view) {
  return in.throughput || in.billing_mode;
}
bool asks_for_other_iops(const Input& in, const TableSchema& table, std::string_view) {
  return changes_iops(in, table);
}
bool asks_for_ceilings(const Input& in, const TableSchema&, std::string_view) {
  return in.on_demand.has_value();
}
bool asks_for_stream(const Input& in, const TableSchema&, std::string_view) {
  return in.stream.has_value();
}
bool asks_for_class(const Input& in, const TableSchema&, std::string_view) {
  return in.table_class.has_value();
}
bool asks_for_index(const Input& in, const TableSchema&, std::string_view) {
  return !in.vector_index_updates.empty() ||
         std::ranges::any_of(in.index_updates, [](const IndexUpdate& update) {
           return update.action != Action::kUpdate;
         });
}
bool names_index(const Input& in, const TableSchema&, std::string_view index) {
  return std::ranges::any_of(in.index_updates,
                             [&](const IndexUpdate& each) { return each.index.name == index; }) ||
         std::ranges::any_of(in.vector_index_updates, [&](const VectorIndexUpdate& each) {
           return each.index.name == index;
         });
}
bool deletes_index(const Input& in, const TableSchema&, std::string_view index) {
  return std::ranges::any_of(in.index_updates,
                             [&](const IndexUpdate& each) {
                               return each.action == Action::kDelete && each.index.name == index;
                             }) ||
         std::ranges::any_of(in.vector_index_updates, [&](const VectorIndexUpdate& each) {
           return each.action == VectorIndexUpdate::Action::kDelete && each.index.name == index;
         });
}
bool updates_index(const Input& in, const TableSchema&, std::string_view index) {
  return std::ranges::any_of(in.index_updates, [&](const IndexUpdate& each) {
    return each.action == Action::kUpdate && each.index.name == index;
  });
}

// What a running transition refuses; what no row names it admits. In texts <t> is the table, <i>
// the transition's index and <class> the table class to come.
struct Refusal {
  Transition::Kind running;
  bool (*asks)(const Input& in, const TableSchema& table, std::string_view index);
  std::string_view text;
};
// Where the service's text was not recorded.
constexpr std::string_view kUpdated = "Table is being updated: <t>";
// clang-format off
constexpr Refusal kRefusals[] = {
    {kThroughput, asks_for_iops, "Table IOPS are currently being updated. Table: <t>"},
    {kThroughput, asks_for_ceilings, "OnDemandThroughput cannot be updated while BillingMode update is in progress"},
    {kThroughput, asks_for_stream, "Can't enable or disable stream while table IOPS are being updated. Table: <t>"},
    {kThroughput, asks_for_index, "Can't create or delete indexes while table IOPS are being updated. Table: <t>"},
    {kThroughput, asks_for_class, kUpdated},
    {kStream, asks_for_iops, kUpdated},
    {kStream, asks_for_ceilings, "OnDemandThroughput cannot be updated while stream status update is in progress. Table: <t>"},
    {kStream, asks_for_stream, kUpdated},
    {kStream, asks_for_class, "Can't update table class when stream status is being updated. Table: <t>"},
    {kStream, asks_for_index, "Can't create or delete an index when stream status is being updated."},
    {kTableClass, asks_for_iops, kUpdated},
    {kTableClass, asks_for_ceilings, "OnDemandThroughput cannot be updated while TableClass update is in progress. TableClassUpdateInProgress: <class>"},
    {kTableClass, asks_for_stream, "Can't change stream status when a table class update is in progress. Table: <t> TableClassUpdateInProgress: <class>"},
    {kTableClass, asks_for_class, "Can't update table class when a table class update is in progress. Table: <t> TableClassUpdateInProgress: <class>"},
    {kTableClass, asks_for_index, "Can't create or delete an index when a table class update is in progress."},
    {kIndexAllocation, asks_for_iops, "Can't change table IOPS when an index is being created. Table: <t> Indexes: [<i>]"},
    {kIndexAllocation, asks_for_stream, "Can't change stream status when an index is being created. Table: <t> Indexes: [<i>]"},
    {kIndexAllocation, asks_for_ceilings, "OnDemandThroughput cannot be updated while index creation is in progress for indexes: [<i>]"},
    {kIndexAllocation, deletes_index, "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the index is active. Table: <t> Index: <i>"},
    {kIndexAllocation, updates_index, "Index is being created but is not backfilling yet. Table: <t> Index: <i>"},
    {kIndexAllocation, asks_for_class, kUpdated},
    {kIndexDeletion, names_index, "Index is being deleted. Table: <t> Index: <i>"},
    {kIndexDeletion, asks_for_other_iops, "Can't change table IOPS when an index is being deleted. Table: <t> Indexes: [<i>]"},
    {kIndexDeletion, asks_for_stream, "Can't change stream status when an index is being deleted. Table: <t> Indexes: [<i>]"},
    {kIndexDeletion, asks_for_ceilings, "OnDemandThroughput cannot be updated while index deletion is in progress for indexes: [<i>]"},
    {kIndexDeletion, asks_for_class, kUpdated},
    {kIndexUpdate, names_index, "Index is being updated. Table: <t> Index: <i>"},
};

struct DeletionRefusal {
  Transition::Kind running;
  std::string_view text;
};
constexpr DeletionRefusal kDeletionRefusals[] = {
    {kThroughput, "Table: <t> is in the process of being updated."},
    {kStream, "Cannot delete table while stream is being enabled/disabled."},
    {kTableClass, "Table: <t> is in the process of being updated."},
    {kEncryption, "Server-Side Encryption is still being updated"},
    {kWarm, "Table: <t> is in the process of being updated."},
};
// clang-format on

std::string_view index_name(const TableSchema& table, std::uint32_t index_id) {
  const auto index = std::ranges::find(table.indexes, index_id, &IndexSchema::id);
  return index == table.indexes.end() ? std::string_view() : index->name;
}

// Of a member of a global table every conflict reads like this.
ApiError member_in_use() {
  return {.code = ErrorCode::kResourceInUseException,
          .message = "The resource which you are attempting to change is in use.",
          .extra_members = {}};
}

ApiError in_use(const TableSchema& table, const Transition& running, std::string_view text) {
  if (!table.replicas.empty()) return member_in_use();
  const std::pair<std::string_view, std::string_view> values[] = {
      {"<t>", table.name.name},
      {"<i>", index_name(table, running.index_id)},
      {"<class>", running.value}};
  std::string message(text);
  for (const auto& [placeholder, value] : values) {
    const std::size_t at = message.find(placeholder);
    if (at != message.npos) message.replace(at, placeholder.size(), value);
  }
  return resource_in_use(message);
}

// --- How changes begin.

// Takes the place of one of the same kind that runs already.
void begin(TableSchema& table, Transition transition) {
  std::erase_if(table.transitions, [&](const Transition& each) {
    const bool same_target = each.kind != kWarm ||
                             each.units[0].index_id == transition.units[0].index_id;
    return each.kind == transition.kind && each.index_id == transition.index_id && same_target;
  });
  table.transitions.push_back(std::move(transition));
}

Transition::Units units_of(std::uint32_t index_id, const Throughput& throughput) {
  return {.index_id = index_id,
          .read_units = throughput.read_units,
          .write_units = throughput.write_units};
}

void keep_units(Throughput& throughput, const Throughput& before) {
  throughput.read_units = before.read_units;
  throughput.write_units = before.write_units;
}

struct Beginning {
  const Input& in;
  const TableSchema& before;
  TableSchema table;
  Instant ends;

  Transition transition(Transition::Kind kind, std::uint32_t index_id = 0) const {
    return {.kind = kind, .ends = ends, .index_id = index_id, .units = {}, .value = {}};
  }
  // A switch of the mode shows the new units from the first moment.
  bool switches() const { return table.billing_mode != before.billing_mode; }
  IndexSchema& index(std::string_view name) {
    return *std::ranges::find(table.indexes, name, &IndexSchema::name);
  }
};

void begin_throughput(Beginning& change) {
  if (!change.in.throughput && !change.switches()) return;
  Transition transition = change.transition(kThroughput);
  if (!change.switches()) {
    transition.units = {units_of(0, change.table.throughput)};
    keep_units(change.table.throughput, change.before.throughput);
  }
  begin(change.table, std::move(transition));
}

template <class Owning>
void begin_warm(Beginning& change, std::uint32_t index_id, Owning& owning, const Owning& before) {
  Transition transition = change.transition(kWarm);
  transition.units = {{.index_id = index_id,
                       .read_units = owning.warm->read_units,
                       .write_units = owning.warm->write_units}};
  owning.warm = before.warm;
  begin(change.table, std::move(transition));
}

void begin_index_update(Beginning& change, const IndexMember& member) {
  IndexSchema& index = change.index(member.name);
  const IndexSchema& before = *change.before.find_index(member.name);
  if (member.warm) begin_warm(change, index.id, index, before);
  if (!member.throughput && !member.on_demand) return;
  Transition transition = change.transition(kIndexUpdate, index.id);
  if (member.throughput && !change.switches()) {
    transition.units = {units_of(index.id, index.throughput)};
    keep_units(index.throughput, before.throughput);
  }
  index.status = IndexStatus::kUpdating;
  begin(change.table, std::move(transition));
}

void begin_index_creation(Beginning& change, std::string_view name) {
  IndexSchema& index = change.index(name);
  index.status = IndexStatus::kCreating;
  index.backfilling = true;
  begin(change.table, change.transition(kIndexAllocation, index.id));
}

void begin_index_deletion(Beginning& change, std::string_view name) {
  const IndexSchema& index = *change.before.find_index(name);
  const auto position = std::min(&index - change.before.indexes.data(),
                                 std::ssize(change.table.indexes));
  change.table.indexes.insert(change.table.indexes.begin() + position, index)->status =
      IndexStatus::kDeleting;
  std::erase_if(change.table.transitions,
                [&](const Transition& each) { return each.index_id == index.id; });
  begin(change.table, change.transition(kIndexDeletion, index.id));
}

void begin_index_changes(Beginning& change) {
  for (const IndexUpdate& update : change.in.index_updates) {
    if (update.action == Action::kCreate) begin_index_creation(change, update.index.name);
    if (update.action == Action::kUpdate) begin_index_update(change, update.index);
    if (update.action == Action::kDelete) begin_index_deletion(change, update.index.name);
  }
  for (const VectorIndexUpdate& update : change.in.vector_index_updates) {
    update.action == VectorIndexUpdate::Action::kCreate
        ? begin_index_creation(change, update.index.name)
        : begin_index_deletion(change, update.index.name);
  }
}

void begin_settings(Beginning& change) {
  TableSchema& table = change.table;
  if (change.in.stream) begin(table, change.transition(kStream));
  if (table.table_class != change.before.table_class) {
    Transition transition = change.transition(kTableClass);
    transition.value = *std::exchange(table.table_class, change.before.table_class);
    table.table_class_updated = change.before.table_class_updated;
    begin(table, std::move(transition));
  }
  if (change.in.sse) {
    Transition transition = change.transition(kEncryption);
    transition.value =
        std::exchange(table.sse_kms_key_arn, change.before.sse_kms_key_arn).value_or("");
    begin(table, std::move(transition));
  }
  if (change.in.warm) begin_warm(change, 0, table, change.before);
}

// A ceiling that was taken away is echoed as -1, once.
void echo_ceilings(const Input& in, TableSchema& shown) {
  if (!in.on_demand) return;
  if (!shown.on_demand) shown.on_demand.emplace();
  if (in.on_demand->max_read == -1) shown.on_demand->max_read_units = -1;
  if (in.on_demand->max_write == -1) shown.on_demand->max_write_units = -1;
}

}  // namespace

Result<void> check_admitted(const TableSchema& table, const Input& in) {
  if (table.status == TableStatus::kCreating || table.status == TableStatus::kDeleting ||
      (table.status == TableStatus::kUpdating && table.transitions.empty()))
    return table.replicas.empty() ? check_not_in_transition(table) : member_in_use();
  for (const Transition& running : table.transitions) {
    for (const Refusal& refusal : kRefusals) {
      if (refusal.running == running.kind &&
          refusal.asks(in, table, index_name(table, running.index_id)))
        return in_use(table, running, refusal.text);
    }
  }
  return {};
}

Result<void> check_deletion_admitted(const TableSchema& table) {
  if (table.transitions.empty() || table.status == TableStatus::kCreating ||
      table.status == TableStatus::kDeleting)
    TRY_VOID(check_not_in_transition(table));
  for (const Transition& running : table.transitions) {
    for (const DeletionRefusal& refusal : kDeletionRefusals) {
      if (refusal.running == running.kind) return in_use(table, running, refusal.text);
    }
  }
  const bool idle = std::ranges::all_of(table.indexes, [](const IndexSchema& index) {
    return index.status == IndexStatus::kActive;
  });
  if (idle) return {};
  return resource_in_use(
      "Cannot delete table while indexes are being created, updated, or deleted.");
}

TableSchema changing_schema(const Input& in,
                            const TableSchema& before,
                            const TableSchema& after,
                            Instant ends) {
  Beginning change{.in = in, .before = before, .table = after, .ends = ends};
  begin_throughput(change);
  begin_index_changes(change);
  begin_settings(change);
  change.table.status = status_by_transitions(change.table);
  return std::move(change.table);
}

TableSchema answered_schema(const Input& in,
                            const TableSchema& before,
                            TableSchema changing,
                            Instant now) {
  const bool updating = in.billing_mode || in.table_class || !in.stored_members.empty() ||
                        (in.deletion_protection && !before.replicas.empty());
  if (updating) changing.status = TableStatus::kUpdating;
  if (in.sse) changing.status = TableStatus::kActive;
  if (in.billing_mode) changing.last_update_to_pay_per_request.reset();
  changing.throughput.decreases_today = decreases_on_day_of(before.throughput, now);
  for (IndexSchema& index : changing.indexes) {
    const IndexSchema* same = before.find_index(index.name);
    if (same != nullptr && same->id == index.id)
      index.throughput.decreases_today = decreases_on_day_of(same->throughput, now);
  }
  echo_ceilings(in, changing);
  return changing;
}

}  // namespace tailrace::ops
