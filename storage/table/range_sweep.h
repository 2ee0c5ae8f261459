// Sweeps what deleted tables and dropped indexes left behind. (ARCHITECTURE.md, "The store's rows")
#pragma once

#include <cstddef>

#include "storage/engine/engine_queue.h"
#include "storage/table/table_statistics.h"

namespace tailrace {

// Erases at most `rows_max` rows of the first range that is to be swept. False: there was nothing
// to do.
bool sweep_slice(Txn& txn, TableStatistics& statistics, std::size_t rows_max);

}  // namespace tailrace
