// One page of a Query, Scan or SELECT: the job copies rows, nothing more; filters and projections
// are applied when the answer is encoded, on the connection's thread, so that they do not hold the
// queue. (behaviour/dynamodb 5.2)
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/ops/reads/item_read.h"
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
  double units = 0;        // Of what was walked, each walk by itself.
  double fetch_units = 0;  // Of the table, for a local index.
  // Where reading stopped before the end.
  struct Stop {
    std::size_t walk = 0;
    Buffer position;       // Of the last row evaluated.
    std::string last_key;  // LastEvaluatedKey
  };
  std::optional<Stop> stop;
};

// Several walks are walked one after the other.
Page read_page(Txn& txn, ReadSource source, std::span<const Walk> walks, const ItemRead& read);

// Completes the list `{"Items":[…]`; how many items have passed the filter.
std::size_t complete_items(const ItemRead& read, Page& page);
// The member ConsumedCapacity with its comma, if it is asked.
void append_read_capacity(std::string& body, const ItemRead& read, const Page& page);
// The answer of Query and Scan.
std::string encode_page(const ItemRead& read, Page& page);

}  // namespace tailrace::ops
