// The family's operations, for the table of all. (server/ops/operations)
#pragma once

#include <span>

#include "server/call/operation.h"

namespace tailrace::ops {

// ExecuteStatement, BatchExecuteStatement, ExecuteTransaction
std::span<const Operation> partiql_operations();

}  // namespace tailrace::ops
