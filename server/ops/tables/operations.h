// The family's operations, for the table of all. (server/ops/operations)
#pragma once

#include <span>

#include "server/call/operation.h"

namespace tailrace::ops {

// CreateTable, DescribeTable, ListTables, UpdateTable, DeleteTable
std::span<const Operation> table_operations();
// UpdateTimeToLive, DescribeTimeToLive
std::span<const Operation> ttl_operations();
// TagResource, UntagResource, ListTagsOfResource
std::span<const Operation> tag_operations();
// DescribeLimits, DescribeEndpoints
std::span<const Operation> account_operations();

}  // namespace tailrace::ops
