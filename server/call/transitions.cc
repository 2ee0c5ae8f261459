#include "server/call/transitions.h"

#include <algorithm>
#include <utility>

#include "storage/base/log.h"

namespace tailrace::ops {
namespace {

// The disk may be full for a while, of the machine's time.
constexpr Millis kRetryAfter = std::chrono::seconds(1);

void apply(const Transition::Units& units, TableSchema& table) {
  const auto set = [&](Throughput& throughput) {
    throughput.read_units = units.read_units;
    throughput.write_units = units.write_units;
  };
  if (units.index_id == 0) return set(table.throughput);
  const auto index = std::ranges::find(table.indexes, units.index_id, &IndexSchema::id);
  if (index != table.indexes.end()) set(index->throughput);
}

// A new index that is not filled yet becomes ACTIVE when it is; one that is DELETING is dropped by
// the background.
void settle(IndexSchema& index) {
  const bool filled = index.status == IndexStatus::kCreating && !index.backfilling;
  if (filled || index.status == IndexStatus::kUpdating) index.status = IndexStatus::kActive;
}

}  // namespace

void Transitions::start() {
  for (const TablePtr& table : catalog_.all()) {
    if (table->transition) arm(table->transition->ends);
  }
}

Transition Transitions::begin(Txn& txn) {
  const Instant ends = clock_.now() + delay_;
  txn.on_commit([this, ends] { scheduler_.post([this, ends] { arm(ends); }); });
  return {.ends = ends, .of_stream = false, .units = {}};
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
    if (table->transition && table->transition->ends <= now) end(txn, *table);
  }
}

void Transitions::end(Txn& txn, const TableSchema& table) {
  if (table.status == TableStatus::kDeleting) return catalog_.erase(txn, table.name);
  TableSchema settled = table;
  const Transition transition = *std::exchange(settled.transition, std::nullopt);
  settled.status = TableStatus::kActive;
  for (const Transition::Units& units : transition.units) apply(units, settled);
  for (IndexSchema& index : settled.indexes) settle(index);
  if (settled.stream) stream_log_.settle(txn, settled.stream->stream_id);
  catalog_.put(txn, std::move(settled));
}

}  // namespace tailrace::ops
