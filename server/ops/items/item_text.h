// Stored items as parts of an answer: texts are copied, nothing is parsed unless a projection goes
// into a document.
#pragma once

#include <string>

#include "server/expression/expression.h"
#include "storage/value/stored_item.h"

namespace tailrace::ops {

// The whole item, or what `projection` leaves of it, as DynamoDB JSON.
void append_item_text(std::string& out,
                      const StoredItem& item,
                      const expression::Projection* projection);

// {"a":…,"b":…} of those of `names` that the item has.
void append_attributes_text(std::string& out,
                            const StoredItem& item,
                            const std::vector<std::string_view>& names);

}  // namespace tailrace::ops
