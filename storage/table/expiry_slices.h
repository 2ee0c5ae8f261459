// Time to live: expiry rows that follow a change of the TTL attribute, and the deletion of items
// that are due. (behaviour/dynamodb 4.7)
//
// When a table's TTL attribute changes, its expiry rows are first wiped, then written anew from all
// items. ItemWriter keeps them meanwhile for the new attribute; what is wiped of that is written
// again afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/table/catalog.h"
#include "storage/table/item_writer.h"

namespace tailrace {

// Wipes or writes at most `rows_max` expiry rows of one table. False: there was nothing to do.
bool expiry_rows_slice(Txn& txn, const Catalog& catalog, std::size_t rows_max);

// One way through all tables with TTL, in slices.
struct ExpiryPass {
  Instant now{};
  std::uint64_t table_id = 0;       // Go on with this table, or the next one.
  std::size_t expired = 0;          // Items deleted so far.
  std::optional<Instant> next_due;  // The earliest expiry that is yet to come, as far as seen.
  bool complete = false;
};
// Visits at most `rows_max` expiry rows and tables.
ExpiryPass expire_slice(Txn& txn,
                        const Catalog& catalog,
                        ItemWriter& writer,
                        const ExpiryPass& pass,
                        std::size_t rows_max);

}  // namespace tailrace
