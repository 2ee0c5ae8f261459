#include "storage/table/replica_fill.h"

#include <algorithm>
#include <utility>

#include "storage/base/check.h"
#include "storage/schema/key_layout.h"
#include "storage/table/row_batch.h"
#include "storage/table/work_rows.h"

namespace tailrace {
namespace {

// An item that Replicator has brought already is newer.
void add_item(Txn& txn, ItemWriter& writer, const TableSchema& replica, const StoredItem& stored) {
  const EncodedItem item(stored.parse());
  const Buffer key = keys::item(replica, key_of(replica, item.attributes()));
  if (Buffer present; txn.get(key, present)) return;
  writer.put(txn, replica, key, item, nullptr, ChangeCause::kReplicaFill);
}

void activate(Txn& txn, Catalog& catalog, const TableSchema& replica, const TableSchema& source) {
  TableSchema filled = replica;
  filled.filled_from.reset();
  filled.status = TableStatus::kActive;
  catalog.put(txn, std::move(filled));
  const bool fills_another = std::ranges::any_of(catalog.all(), [&](const TablePtr& table) {
    return table->filled_from == source.name.owner && table->name.name == source.name.name;
  });
  if (fills_another) return;
  TableSchema done = source;
  done.status = TableStatus::kActive;
  catalog.put(txn, std::move(done));
}

void fill(Txn& txn,
          Catalog& catalog,
          ItemWriter& writer,
          const TableSchema& replica,
          std::size_t rows_max) {
  const TablePtr source =
      catalog.find({.owner = *replica.filled_from, .name = replica.name.name});
  CHECK(source != nullptr);  // It is UPDATING, and cannot be deleted.
  keys::Range items = keys::prefix_range(keys::items_prefix(source->id));
  const Buffer position_key = work_rows::replica(replica.id);
  if (Buffer position; txn.get(position_key, position)) items.begin = key_after(position);
  const RowBatch batch = read_batch(txn, items.begin, items.end, rows_max);
  for (const RowBatch::Row& row : batch.rows)
    add_item(txn, writer, replica, StoredItem(row.value));
  if (!batch.complete) {
    txn.put(position_key, batch.rows.back().key);
    return;
  }
  txn.erase(position_key);
  activate(txn, catalog, replica, *source);
}

}  // namespace

bool replica_slice(Txn& txn, Catalog& catalog, ItemWriter& writer, std::size_t rows_max) {
  for (const TablePtr& table : catalog.all()) {
    if (!table->filled_from) continue;
    fill(txn, catalog, writer, *table, rows_max);
    return true;
  }
  return false;
}

}  // namespace tailrace
