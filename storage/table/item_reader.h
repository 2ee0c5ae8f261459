// ItemReader: reads single items; ranges are read with Txn::scan over storage/schema/key_layout.h.
#pragma once

#include <optional>

#include "storage/engine/engine_queue.h"
#include "storage/schema/table_schema.h"
#include "storage/value/stored_item.h"

namespace tailrace {

// A row that was read, holding its own bytes.
class ItemRow {
 public:
  explicit ItemRow(Buffer bytes)
      : bytes_(std::make_unique<Buffer>(std::move(bytes))), item_(*bytes_) {}
  const StoredItem& operator*() const { return item_; }
  const StoredItem* operator->() const { return &item_; }
  const StoredItem* get() const { return &item_; }

 private:
  std::unique_ptr<Buffer> bytes_;  // On the heap, so that moving the row leaves the view valid.
  StoredItem item_;
};

// `key` holds exactly the key attributes, well typed. nullopt: no such item.
std::optional<ItemRow> find_item(Txn& txn, const TableSchema& table, const AttributeMap& key);
std::optional<ItemRow> find_item(Txn& txn, Bytes item_key);  // As keys::item makes it.
bool holds_items(Txn& txn, const TableSchema& table);        // Any at all.

}  // namespace tailrace
