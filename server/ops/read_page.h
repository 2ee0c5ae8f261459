// One page of a Query or Scan: the job copies rows, nothing more; filters and projections are
// applied when the answer is encoded, on the connection's thread, so that they do not hold the
// queue. (spec dynamodb 5.2)
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "server/ops/item_read.h"
#include "storage/base/bytes.h"
#include "storage/engine/storage_engine.h"
#include "storage/schema/key_layout.h"

namespace tailrace::ops {

inline constexpr std::size_t kPageBytesMax = 1'048'576;

// Rows of a table or an index, in this order.
struct Walk {
  keys::Range range;
  Order order = Order::kAscending;
};
// Goes on after the row at `position`, whether or not there is one.
void begin_after(Walk& walk, Bytes position);

struct Page {
  ReadSource source;
  // The answer as far as it is written: `{"Items":[…` of a read without filter and projection.
  std::string body;
  // Else: stored forms that the filter and projection are yet to see, one after the other.
  std::string rows;
  std::vector<std::size_t> row_ends;
  std::size_t scanned = 0;
  std::size_t bytes = 0;                // Evaluated, as the items count.
  double fetch_units = 0;               // Of the table, for a local index.
  std::optional<std::string> last_key;  // LastEvaluatedKey; absent: the walk is complete.
};

Page read_page(Txn& txn, ReadSource source, const Walk& walk, const ItemRead& read);

// The answer of Query and Scan.
std::string encode_page(const ItemRead& read, Page& page);

}  // namespace tailrace::ops
