// The family's operations, for the table of all. (server/ops/operations)
#pragma once

#include <span>

#include "server/call/operation.h"

namespace tailrace::ops {

// Query, Scan
std::span<const Operation> query_scan_operations();
// SearchVectors
std::span<const Operation> search_operations();

}  // namespace tailrace::ops
