#include "storage/table/item_reader.h"

#include "storage/schema/key_layout.h"

namespace tailrace {

std::optional<ItemRow> find_item(Txn& txn, const TableSchema& table, const AttributeMap& key) {
  Buffer bytes;
  if (!txn.get(keys::item(table, key), bytes)) return std::nullopt;
  return ItemRow(std::move(bytes));
}

}  // namespace tailrace
