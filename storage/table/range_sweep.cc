#include "storage/table/range_sweep.h"

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/table/row_batch.h"
#include "storage/table/work_rows.h"
#include "storage/value/stored_item.h"

namespace tailrace {
namespace {

constexpr std::size_t kSliceBytesMax = std::size_t{256} << 10;

// What is swept is read for its size only, and a damaged row goes like all others: deleting its table
// is a way out.
std::size_t item_bytes(Txn& txn, Bytes key) {
  try {
    Buffer value;
    return txn.get(key, value) ? StoredItem(value).size() : 0;
  } catch (const DamagedRow&) {
    return 0;
  }
}

// Bytes of the item that the row was of.
std::size_t erase_row(Txn& txn, TableStatistics& statistics, Bytes key) {
  std::size_t bytes = 0;
  if (keys::counted_holder(key)) {
    bytes = item_bytes(txn, key);
    statistics.add(txn, key, {.items = -1, .bytes = -static_cast<std::int64_t>(bytes)});
  }
  txn.erase(key);
  return bytes;
}

std::vector<Buffer> read_keys(Txn& txn, const keys::Range& range, std::size_t rows_max) {
  std::vector<Buffer> keys;
  for (auto row = txn.scan(range.begin, range.end, Order::kAscending);
       row->valid() && keys.size() < rows_max; row->next())
    keys.emplace_back(row->key());
  return keys;
}

}  // namespace

bool sweep_slice(Txn& txn, TableStatistics& statistics, std::size_t rows_max) {
  const Buffer marks = work_rows::sweeps_prefix();
  const keys::Range marks_range = keys::prefix_range(marks);
  const RowBatch mark = read_batch(txn, marks_range.begin, marks_range.end, 1);
  if (mark.rows.empty()) return false;
  const Bytes mark_key = mark.rows.front().key;
  const keys::Range garbage = keys::prefix_range(mark_key.substr(marks.size()));
  const std::vector<Buffer> keys = read_keys(txn, garbage, rows_max);
  std::size_t erased = 0;
  for (std::size_t bytes = 0; erased < keys.size() && bytes <= kSliceBytesMax; ++erased)
    bytes += erase_row(txn, statistics, keys[erased]);
  if (erased < rows_max && erased == keys.size()) txn.erase(mark_key);
  return true;
}

}  // namespace tailrace
