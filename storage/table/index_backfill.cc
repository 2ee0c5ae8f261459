#include "storage/table/index_backfill.h"

#include <utility>

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/table/index_entry.h"
#include "storage/table/row_batch.h"
#include "storage/table/work_rows.h"

namespace tailrace {
namespace {

void drop(Txn& txn, Catalog& catalog, const TableSchema& table, std::uint32_t index_id) {
  TableSchema without = table;
  std::erase_if(without.indexes,
                [index_id](const IndexSchema& each) { return each.id == index_id; });
  catalog.put(txn, std::move(without));
}

void activate(Txn& txn, Catalog& catalog, const TableSchema& table, std::uint32_t index_id) {
  TableSchema with = table;
  for (IndexSchema& each : with.indexes) {
    if (each.id != index_id) continue;
    if (!index_in_transition(table, index_id)) each.status = IndexStatus::kActive;
    each.backfilling = false;
  }
  catalog.put(txn, std::move(with));
}

// ItemWriter may have been here already.
void add_entry(Txn& txn, TableStatistics& statistics, const IndexEntry& entry) {
  if (Buffer present; txn.get(entry.key(), present)) return;
  txn.put(entry.key(), entry.value());
  statistics.add(txn, entry.key(), {.items = 1, .bytes = static_cast<std::int64_t>(entry.size())});
}

void fill(Txn& txn,
          Catalog& catalog,
          TableStatistics& statistics,
          const TableSchema& table,
          const IndexSchema& index,
          std::size_t rows_max) {
  keys::Range items = keys::prefix_range(keys::items_prefix(table.id));
  const Buffer position_key = work_rows::backfill(table.id, index.id);
  if (Buffer position; txn.get(position_key, position)) items.begin = key_after(position);
  const RowBatch batch = read_batch(txn, items.begin, items.end, rows_max);
  for (const RowBatch::Row& row : batch.rows) {
    const auto entry =
        decode_row(row.key, [&] { return IndexEntry::of(table, index, StoredItem(row.value)); });
    if (entry) add_entry(txn, statistics, *entry);
  }
  if (!batch.complete) {
    txn.put(position_key, batch.rows.back().key);
    return;
  }
  txn.erase(position_key);
  activate(txn, catalog, table, index.id);
}

}  // namespace

bool index_slice(Txn& txn, Catalog& catalog, TableStatistics& statistics, std::size_t rows_max) {
  for (const TablePtr& table : catalog.all()) {
    for (const IndexSchema& index : table->indexes) {
      if (index.status == IndexStatus::kDeleting && !index_in_transition(*table, index.id)) {
        drop(txn, catalog, *table, index.id);
        return true;
      }
      if (index.backfilling) {
        fill(txn, catalog, statistics, *table, index, rows_max);
        return true;
      }
    }
  }
  return false;
}

}  // namespace tailrace
