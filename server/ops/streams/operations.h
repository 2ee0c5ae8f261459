// The family's operations, for the table of all. (server/ops/operations)
#pragma once

#include <span>

#include "server/call/operation.h"

namespace tailrace::ops {

// ListStreams, DescribeStream, GetShardIterator, GetRecords
std::span<const Operation> stream_operations();

}  // namespace tailrace::ops
