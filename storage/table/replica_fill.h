// Fills new replicas of global tables with the items that there are, while their source is read and
// written. Replicator brings what is written meanwhile, so an item is right whichever comes first.
// (behaviour/dynamodb 4.11)
#pragma once

#include <cstddef>

#include "storage/engine/engine_queue.h"
#include "storage/table/catalog.h"
#include "storage/table/item_writer.h"

namespace tailrace {

// Copies at most `rows_max` items to one replica that is CREATING; after the last one it and its
// source are ACTIVE. False: there was nothing to do.
bool replica_slice(Txn& txn, Catalog& catalog, ItemWriter& writer, std::size_t rows_max);

}  // namespace tailrace
