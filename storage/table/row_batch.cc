#include "storage/table/row_batch.h"

namespace tailrace {

RowBatch read_batch(Txn& txn, Bytes begin, Bytes end, std::size_t rows_max) {
  constexpr std::size_t kBytesMax = 256 * 1024;
  RowBatch batch;
  std::size_t bytes = 0;
  for (auto row = txn.scan(begin, end, Order::kAscending); row->valid(); row->next()) {
    if (batch.rows.size() == rows_max || bytes > kBytesMax) {
      batch.complete = false;
      break;
    }
    batch.rows.push_back({.key = Buffer(row->key()), .value = Buffer(row->value())});
    bytes += batch.rows.back().key.size() + batch.rows.back().value.size();
  }
  return batch;
}

}  // namespace tailrace
