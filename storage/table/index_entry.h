// IndexEntry: the row of one item in one index, as it is or would be. Shared by ItemWriter and the
// backfill, so that both write the same bytes.
#pragma once

#include <optional>

#include "storage/schema/table_schema.h"
#include "storage/value/stored_item.h"

namespace tailrace {

class IndexEntry {
 public:
  // nullopt: the item is not in the index. `stored` is the same item's stored form and must outlive
  // the entry: an index that projects everything holds the very same bytes.
  static std::optional<IndexEntry> of(const TableSchema& table,
                                      const IndexSchema& index,
                                      const AttributeMap& item,
                                      const StoredItem& stored);
  static std::optional<IndexEntry> of(const TableSchema& table,
                                      const IndexSchema& index,
                                      const StoredItem& stored);

  Bytes key() const { return key_; }
  Bytes value() const { return projected_ ? Bytes(*projected_) : whole_; }
  std::size_t size() const { return StoredItem(value()).size(); }  // As item_size().

 private:
  IndexEntry(Buffer key, Bytes whole, std::optional<Buffer> projected)
      : key_(std::move(key)), whole_(whole), projected_(std::move(projected)) {}

  Buffer key_;
  Bytes whole_;
  std::optional<Buffer> projected_;  // Absent: the index projects everything.
};

}  // namespace tailrace
