#include "server/call/transitions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "storage/base/log.h"

namespace tailrace::ops {
namespace {

// The disk may be full for a while, of the machine's time.
constexpr Millis kRetryAfter = std::chrono::seconds(1);

using enum Transition::Kind;

IndexSchema* find_index(TableSchema& table, std::uint32_t index_id) {
  const auto index = std::ranges::find(table.indexes, index_id, &IndexSchema::id);
  return index == table.indexes.end() ? nullptr : &*index;
}

void apply_throughput(const Transition::Units& units, TableSchema& table) {
  IndexSchema* const index = find_index(table, units.index_id);
  if (units.index_id != 0 && index == nullptr) return;
  Throughput& throughput = index == nullptr ? table.throughput : index->throughput;
  throughput.read_units = units.read_units;
  throughput.write_units = units.write_units;
}

void apply_warm(const Transition::Units& units, TableSchema& table) {
  IndexSchema* const index = find_index(table, units.index_id);
  if (units.index_id != 0 && index == nullptr) return;
  (index == nullptr ? table.warm : index->warm) = {.read_units = units.read_units,
                                                   .write_units = units.write_units};
}

// A new index that is not filled yet becomes ACTIVE when it is; one that is DELETING is dropped by
// the background.
void settle(IndexSchema& index) {
  const bool filled = index.status == IndexStatus::kCreating && !index.backfilling;
  if (filled || index.status == IndexStatus::kUpdating) index.status = IndexStatus::kActive;
}

// What the end of `over`, which the table has no more, means for the table.
void settle(TableSchema& table, const Transition& over, Instant now) {
  for (const Transition::Units& units : over.units)
    over.kind == kWarm ? apply_warm(units, table) : apply_throughput(units, table);
  if (over.kind == kTableClass) {
    table.table_class = over.value;
    table.table_class_updated = now;
  }
  if (over.kind == kEncryption) {
    table.sse_kms_key_arn.reset();
    if (!over.value.empty()) table.sse_kms_key_arn = over.value;
  }
  for (IndexSchema& index : table.indexes) {
    if ((over.kind == kWhole || over.index_id == index.id) &&
        !index_in_transition(table, index.id))
      settle(index);
  }
}

}  // namespace

void Transitions::start() {
  for (const TablePtr& table : catalog_.all()) {
    for (const Transition& transition : table->transitions) arm(transition.ends);
  }
}

Instant Transitions::begin(Txn& txn) {
  const Instant ends = clock_.now() + delay_;
  txn.on_commit([this, ends] { scheduler_.post([this, ends] { arm(ends); }); });
  return ends;
}

void Transitions::arm(Instant ends) {
  scheduler_.run_at(ends, [this] {
    queue_.submit([this](Txn& txn) { end_due(txn); },
                  [this](const EngineError* error) {
                    const bool told = failing_.exchange(error != nullptr);
                    if (error == nullptr) return;
                    if (!told)
                      log_warn("a table could not leave its transition; will try again",
                               {{"error", error->what()}});
                    scheduler_.after(kRetryAfter, [this] { arm(clock_.now()); });
                  });
  });
}

void Transitions::end_due(Txn& txn) {
  const Instant now = clock_.now();
  for (const TablePtr& table : catalog_.all()) {
    const bool due = std::ranges::any_of(
        table->transitions, [now](const Transition& each) { return each.ends <= now; });
    if (due) end(txn, *table, now);
  }
}

void Transitions::end(Txn& txn, const TableSchema& table, Instant now) {
  if (table.status == TableStatus::kDeleting) return catalog_.erase(txn, table.name);
  TableSchema settled = table;
  std::vector<Transition> over;
  std::erase_if(settled.transitions, [&](const Transition& each) {
    if (each.ends <= now) over.push_back(each);
    return each.ends <= now;
  });
  for (const Transition& each : over) {
    if (each.kind != kIndexAllocation) continue;  // What was allocated is filled next.
    settled.transitions.push_back({.kind = kIndexBackfill,
                                   .ends = begin(txn),
                                   .index_id = each.index_id,
                                   .units = {},
                                   .value = {}});
  }
  for (const Transition& each : over) settle(settled, each, now);
  settled.status = status_by_transitions(settled);
  if (settled.stream && !find_transition(settled, kStream))
    stream_log_.settle(txn, settled.stream->stream_id);
  catalog_.put(txn, std::move(settled));
}

}  // namespace tailrace::ops
