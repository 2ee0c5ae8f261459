// RowBatch: the rows that one slice of background work handles, read before anything is written, as
// writes invalidate cursors.
#pragma once

#include <cstddef>
#include <vector>

#include "storage/engine/engine_queue.h"

namespace tailrace {

struct RowBatch {
  struct Row {
    Buffer key;
    Buffer value;
  };
  std::vector<Row> rows;
  bool complete = true;  // False: there may be more rows in the range.
};

// At most `rows_max` rows of begin <= key < end, and not many more than 256 KiB, but at least one.
RowBatch read_batch(Txn& txn, Bytes begin, Bytes end, std::size_t rows_max);

// The least key after `key`: where to go on.
inline Buffer key_after(Bytes key) {
  Buffer next(key);
  next.push_back('\0');
  return next;
}

}  // namespace tailrace
