#include "storage/table/range_sweep.h"

#include "storage/schema/key_layout.h"
#include "storage/table/row_batch.h"
#include "storage/table/work_rows.h"
#include "storage/value/stored_item.h"

namespace tailrace {

namespace {

void erase_row(Txn& txn, TableStatistics& statistics, const RowBatch::Row& row) {
  txn.erase(row.key);
  if (!keys::counted_holder(row.key)) return;
  statistics.add(txn, row.key,
                 {.items = -1, .bytes = -static_cast<std::int64_t>(StoredItem(row.value).size())});
}

}  // namespace

bool sweep_slice(Txn& txn, TableStatistics& statistics, std::size_t rows_max) {
  const Buffer marks = work_rows::sweeps_prefix();
  const keys::Range marks_range = keys::prefix_range(marks);
  const RowBatch mark = read_batch(txn, marks_range.begin, marks_range.end, 1);
  if (mark.rows.empty()) return false;
  const Bytes mark_key = mark.rows.front().key;
  const keys::Range garbage = keys::prefix_range(mark_key.substr(marks.size()));
  const RowBatch batch = read_batch(txn, garbage.begin, garbage.end, rows_max);
  for (const RowBatch::Row& row : batch.rows) erase_row(txn, statistics, row);
  if (batch.complete) txn.erase(mark_key);
  return true;
}

}  // namespace tailrace
