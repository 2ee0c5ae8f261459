// The family's operations, for the table of all. (server/ops/operations)
#pragma once

#include <span>

#include "server/call/operation.h"

namespace tailrace::ops {

// PutItem, GetItem, UpdateItem, DeleteItem
std::span<const Operation> item_operations();
// BatchGetItem, BatchWriteItem
std::span<const Operation> batch_operations();
// TransactGetItems, TransactWriteItems
std::span<const Operation> transaction_operations();

}  // namespace tailrace::ops
