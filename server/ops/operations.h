// The one table of all operations of the JSON protocol.
#pragma once

#include <string_view>
#include <vector>

#include "server/call/operation.h"

namespace tailrace::ops {

// nullptr: unknown operation.
const Operation* find_operation(std::string_view service, std::string_view name);
std::vector<const Operation*> all_operations();

}  // namespace tailrace::ops
