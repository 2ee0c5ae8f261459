#include "storage/table/expiry_slices.h"

#include <algorithm>
#include <vector>

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/table/expiry_time.h"
#include "storage/table/item_reader.h"
#include "storage/table/row_batch.h"
#include "storage/table/work_rows.h"
#include "storage/value/key_encoding.h"

namespace tailrace {
namespace {

void wipe(Txn& txn, const TableSchema& table, Bytes work_key, std::size_t rows_max) {
  const keys::Range expiries = keys::prefix_range(keys::expiries_prefix(table.id));
  const RowBatch batch = read_batch(txn, expiries.begin, expiries.end, rows_max);
  for (const RowBatch::Row& row : batch.rows) txn.erase(row.key);
  if (!batch.complete) return;
  if (table.ttl_attribute) {
    txn.put(work_key, Bytes(&work_rows::kFill, 1));
  } else {
    txn.erase(work_key);
  }
}

void fill(
    Txn& txn, const TableSchema& table, Bytes work_key, Bytes position, std::size_t rows_max) {
  keys::Range items = keys::prefix_range(keys::items_prefix(table.id));
  if (!position.empty()) items.begin = key_after(position);
  const RowBatch batch = read_batch(txn, items.begin, items.end, rows_max);
  for (const RowBatch::Row& row : batch.rows) {
    const auto expiry =
        decode_row(row.key, [&] { return expiry_time(table, StoredItem(row.value)); });
    if (expiry) txn.put(keys::expiry(table.id, *expiry, row.key), {});
  }
  if (batch.complete) {
    txn.erase(work_key);
  } else {
    Buffer state(1, work_rows::kFill);
    state += batch.rows.back().key;
    txn.put(work_key, state);
  }
}

// A damaged item stays, and does not keep the others from expiring.
std::optional<ItemRow> find_whole_item(Txn& txn, Bytes item_key) {
  try {
    return find_item(txn, item_key);
  } catch (const DamagedRow& damage) {
    log_store_failure("an item cannot expire", damage);
    return std::nullopt;
  }
}

// An expiry row may be out of date: the item is read again before it is deleted.
bool expire(Txn& txn,
            ItemWriter& writer,
            const TableSchema& table,
            Instant when,
            Bytes expiry_key,
            Bytes item_key) {
  const auto row = find_whole_item(txn, item_key);
  if (row && expiry_time(table, **row) == when) {
    writer.erase(txn, table, item_key, row->get(), ChangeCause::kTimeToLive);
    return true;
  }
  txn.erase(expiry_key);
  return false;
}

struct DueRows {
  struct Row {
    Buffer key;
    Buffer item_key;
    Instant when;
  };
  std::vector<Row> rows;
  bool complete = true;  // False: more are due.
  std::optional<Instant> next_due;
};

DueRows read_due(Txn& txn, const TableSchema& table, Instant now, std::size_t rows_max) {
  const Buffer prefix = keys::expiries_prefix(table.id);
  const Buffer begin = keys::expiry(table.id, now - kExpiryAgeMax, {});
  DueRows due;
  for (auto row = txn.scan(begin, keys::prefix_range(prefix).end, Order::kAscending); row->valid();
       row->next()) {
    Bytes rest = row->key().substr(prefix.size());
    const Instant when = from_millis(static_cast<std::int64_t>(take_u64(rest)));
    if (when > now) {
      due.next_due = when;
      break;
    }
    if (due.rows.size() == rows_max) {
      due.complete = false;
      break;
    }
    due.rows.push_back({.key = Buffer(row->key()), .item_key = Buffer(rest), .when = when});
  }
  return due;
}

}  // namespace

bool expiry_rows_slice(Txn& txn, const Catalog& catalog, std::size_t rows_max) {
  const Buffer prefix = work_rows::expiries_prefix();
  const keys::Range range = keys::prefix_range(prefix);
  const RowBatch work = read_batch(txn, range.begin, range.end, 1);
  if (work.rows.empty()) return false;
  const auto& [key, state] = work.rows.front();
  Bytes rest = Bytes(key).substr(prefix.size());
  const TablePtr table = catalog.find(take_u64(rest));
  require_stored(table != nullptr && !state.empty(), "note of work");
  if (state.front() == work_rows::kWipe) {
    wipe(txn, *table, key, rows_max);
  } else {
    fill(txn, *table, key, Bytes(state).substr(1), rows_max);
  }
  return true;
}

ExpiryPass expire_slice(Txn& txn,
                        const Catalog& catalog,
                        ItemWriter& writer,
                        const ExpiryPass& pass,
                        std::size_t rows_max) {
  ExpiryPass result = pass;
  std::size_t rows_left = rows_max;
  for (const TablePtr& table : catalog.all()) {
    if (table->id < pass.table_id || !table->ttl_attribute) continue;
    result.table_id = table->id;
    if (rows_left == 0) return result;
    const DueRows due = read_due(txn, *table, pass.now, rows_left);
    for (const DueRows::Row& row : due.rows) {
      if (expire(txn, writer, *table, row.when, row.key, row.item_key)) ++result.expired;
    }
    if (!due.complete) return result;
    if (due.next_due)
      result.next_due = std::min(*due.next_due, result.next_due.value_or(*due.next_due));
    rows_left -= std::min(rows_left, due.rows.size() + 1);  // Looking costs as much as a row.
  }
  result.complete = true;
  return result;
}

}  // namespace tailrace
