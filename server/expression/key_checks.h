// What expressions may not do with key attributes. (behaviour/dynamodb 2.5, 3.6)
#pragma once

#include <cstdint>
#include <vector>

#include "server/expression/path.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::expression {

// A document path into a key attribute of the table or of one of its indexes:
// `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key:
// <attr>`
// (`IndexKey: <attr>`).
Result<void> check_key_paths(const std::vector<Path>& paths, const TableSchema& table);

enum class FilterParameter : std::uint8_t { kFilterExpression, kQueryFilter };
// Filters of a Query know no key attributes of what is queried (`keys`: of the table or of the
// index): `Filter Expression can only contain non-primary key attributes: Primary key attribute:
// <k>`
Result<void> check_filter_keys(FilterParameter parameter,
                               const std::vector<Path>& paths,
                               const KeySchema& keys);

}  // namespace tailrace::expression
