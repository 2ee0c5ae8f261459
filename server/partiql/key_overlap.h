// SELECT … WHERE a OR b: whether both mean the same rows, which the service refuses.
// (behaviour/validation 14.3)
#pragma once

#include "server/expression/tree.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::partiql {

// Of a part of WHERE; anything but an OR whose every branch names the partition passes. Error:
// `Overlapping conditions with range keys are not supported in where clause`.
Result<void> check_alternatives_are_apart(const expression::Tree& tree,
                                          expression::NodeIndex part,
                                          const KeySchema& keys);

}  // namespace tailrace::partiql
