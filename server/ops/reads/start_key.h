// ExclusiveStartKey and LastEvaluatedKey of Query and Scan. (behaviour/dynamodb 5.2)
#pragma once

#include <string>

#include "server/ops/reads/item_read.h"
#include "storage/base/bytes.h"
#include "storage/value/stored_item.h"

namespace tailrace::ops {

// Its attributes are those of the index and the table, with their types.
Result<void> check_start_key(const ReadSource& source,
                             const AttributeMap& start_key,
                             ReadKind kind);
// The row that it names, whether or not there is one. After check_start_key.
Result<Buffer> start_position(const ReadSource& source, const AttributeMap& start_key);
// It lies in what the Query walks. After check_start_key.
Result<void> check_within_query(const ReadSource& source,
                                const expression::KeyBinding& binding,
                                const AttributeMap& start_key);

// LastEvaluatedKey: the key attributes of index and table, as JSON.
void append_last_key(std::string& out, const ReadSource& source, const StoredItem& last);

}  // namespace tailrace::ops
