// What tables with vector indexes ask of items. (behaviour/dynamodb 4.13)
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "storage/base/result.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace::ops {

// What makes an index refuse an item; nullopt: nothing. The attribute may be missing.
std::optional<std::string> vector_fault(const IndexSchema& index, const AttributeMap& item);
// An update's result: only what it changed is looked at.
Result<void> check_updated_vectors(const TableSchema& table,
                                   const AttributeMap* before,
                                   const AttributeMap& after);
// Bytes that a write of an item counts: vectors of indexes have four bytes a dimension.
std::size_t billed_size(const TableSchema& table, const AttributeMap& item, std::size_t size);

}  // namespace tailrace::ops
