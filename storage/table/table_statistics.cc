#include "storage/table/table_statistics.h"

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/value/stored_item.h"

namespace tailrace {
namespace {

// Counting goes on past a damaged row; whoever reads it is told.
std::int64_t bytes_of(const Cursor& row) {
  try {
    return static_cast<std::int64_t>(StoredItem(row.value()).size());
  } catch (const DamagedRow&) {
    return 0;
  }
}

}  // namespace

void TableStatistics::add(Txn& txn, Bytes row_key, Counts delta) {
  if (counting_ && row_key >= counted_before_) return;  // Will be counted when its turn comes.
  if (delta == Counts()) return;
  const auto holder = keys::counted_holder(row_key);
  if (!holder) return;
  apply(*holder, delta);
  if (group_.empty()) {
    txn.on_commit([this] { group_.clear(); });
    txn.on_rollback([this] {
      for (const auto& [whose, added] : std::exchange(group_, {}))
        apply(whose, {.items = -added.items, .bytes = -added.bytes});
    });
  }
  group_.emplace_back(*holder, delta);
}

Counts TableStatistics::of_table(std::uint64_t table_id) const {
  return of_index(table_id, 0);
}

Counts TableStatistics::of_index(std::uint64_t table_id, std::uint32_t index_id) const {
  const auto it = counts_.find({table_id, index_id});
  return it == counts_.end() ? Counts{} : it->second;
}

void TableStatistics::begin_count() {
  counting_ = true;
  counted_before_.clear();
}

bool TableStatistics::count_slice(Txn& txn, std::size_t rows_max) {
  if (!counting_) return false;
  const Buffer from = counted_before_;
  std::map<Holder, Counts> found;
  for (const keys::Range& range : keys::counted_ranges()) {
    if (from >= range.end) continue;
    const auto cursor = txn.scan(std::max(from, range.begin), range.end, Order::kAscending);
    for (; cursor->valid() && rows_max > 0; cursor->next(), --rows_max) {
      Counts& counts = found[*keys::counted_holder(cursor->key())];
      ++counts.items;
      counts.bytes += bytes_of(*cursor);
    }
    if (cursor->valid()) {
      counted_before_ = cursor->key();
      break;
    }
    counted_before_ = range.end;
  }
  counting_ = rows_max == 0;
  for (const auto& [holder, counts] : found) apply(holder, counts);
  txn.on_rollback([this, from, found] {
    counting_ = true;
    counted_before_ = from;
    for (const auto& [holder, counts] : found) {
      apply(holder, {.items = -counts.items, .bytes = -counts.bytes});
    }
  });
  return counting_;
}

void TableStatistics::apply(Holder holder, Counts delta) {
  const auto it = counts_.try_emplace(holder).first;
  it->second.items += delta.items;
  it->second.bytes += delta.bytes;
  if (it->second.items == 0 && it->second.bytes == 0) counts_.erase(it);
}

}  // namespace tailrace
