#include "storage/table/item_reader.h"

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"

namespace tailrace {

std::optional<ItemRow> find_item(Txn& txn, const TableSchema& table, const AttributeMap& key) {
  return find_item(txn, keys::item(table, key));
}

std::optional<ItemRow> find_item(Txn& txn, Bytes item_key) {
  Buffer bytes;
  if (!txn.get(item_key, bytes)) return std::nullopt;
  return decode_row(item_key, [&] { return ItemRow(std::move(bytes)); });
}

bool holds_items(Txn& txn, const TableSchema& table) {
  const keys::Range range = keys::prefix_range(keys::items_prefix(table.id));
  return txn.scan(range.begin, range.end, Order::kAscending)->valid();
}

}  // namespace tailrace
