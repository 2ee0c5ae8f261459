// Fills indexes that are CREATING and drops those that are DELETING, while the table is read and
// written. A write meanwhile is indexed by ItemWriter, as the index is in the schema already; so an
// item is right whichever comes first. (behaviour/dynamodb 4.6)
#pragma once

#include <cstddef>

#include "storage/engine/engine_queue.h"
#include "storage/table/catalog.h"
#include "storage/table/table_statistics.h"

namespace tailrace {

// Indexes at most `rows_max` items of one index and makes the index ACTIVE after the last, or drops
// one index. Items that cannot be in the index are skipped. False: there was nothing to do.
bool index_slice(Txn& txn, Catalog& catalog, TableStatistics& statistics, std::size_t rows_max);

}  // namespace tailrace
