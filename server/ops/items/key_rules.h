// What keys of tables and indexes must be like. (behaviour/dynamodb 2.5; the texts are from there)
// All errors are ValidationExceptions.
#pragma once

#include "storage/base/result.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace::ops {

// A Key of a request: exactly the key attributes, well typed, not empty, not too long.
Result<void> check_key(const TableSchema& table, const AttributeMap& key);
// The first half of it: `The provided key element does not match the schema`.
Result<void> check_key_schema(const TableSchema& table, const AttributeMap& key);
// The second half, over those key attributes that are there with their type.
Result<void> check_key_values(const TableSchema& table, const AttributeMap& attributes);

// Table keys within an Item; a batch has one text for missing and mistyped ones.
enum class ItemKeyTexts : std::uint8_t { kPutItem, kBatch };
Result<void> check_item_keys(const TableSchema& table,
                             const AttributeMap& item,
                             ItemKeyTexts texts = ItemKeyTexts::kPutItem);
// Index keys within an Item; absent ones are fine.
Result<void> check_index_keys(const TableSchema& table, const AttributeMap& item);
// Of an updated item, after Update::check_index_keys: sizes of the index keys that are not as in
// the old one (nullptr: there was none).
Result<void> check_changed_index_key_sizes(const TableSchema& table,
                                           const AttributeMap* old,
                                           const AttributeMap& item);

// Table and index keys that are there and empty: what transactions refuse as a whole.
Result<void> check_no_empty_keys(const TableSchema& table, const AttributeMap& attributes);

}  // namespace tailrace::ops
