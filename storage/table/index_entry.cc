#include "storage/table/index_entry.h"

#include <string_view>
#include <utility>
#include <vector>

#include "storage/schema/key_layout.h"
#include "storage/table/item_writer.h"

namespace tailrace {
namespace {

// Attributes that key or value of an entry need; some may stand here twice.
std::vector<std::string_view> entry_attributes(const TableSchema& table, const IndexSchema& index) {
  std::vector<std::string_view> names;
  for (const KeySchema* keys : {&table.keys, &index.keys}) {
    for (const KeyAttribute& attribute : keys->hash) names.push_back(attribute.name);
    for (const KeyAttribute& attribute : keys->range) names.push_back(attribute.name);
  }
  if (index.projection == ProjectionType::kInclude) {
    names.insert(names.end(), index.non_key_attributes.begin(), index.non_key_attributes.end());
  }
  return names;
}

AttributeMap pick(const StoredItem& item, const std::vector<std::string_view>& names) {
  std::vector<AttributeMap::Entry> entries;
  entries.reserve(names.size());
  for (const std::string_view name : names) {
    if (auto value = item.find(name)) entries.emplace_back(name, *std::move(value));
  }
  return AttributeMap::from_entries(std::move(entries));
}

}  // namespace

AttributeMap project_for_index(const TableSchema& table,
                               const IndexSchema& index,
                               const AttributeMap& item) {
  if (index.projection == ProjectionType::kAll) return item;
  std::vector<AttributeMap::Entry> entries;
  for (const std::string_view name : entry_attributes(table, index)) {
    if (const AttributeValue* value = item.find(name)) entries.emplace_back(name, *value);
  }
  return AttributeMap::from_entries(std::move(entries));
}

std::optional<IndexEntry> IndexEntry::of(const TableSchema& table,
                                         const IndexSchema& index,
                                         const AttributeMap& item,
                                         const StoredItem& stored) {
  std::optional<Buffer> key = keys::index_entry(table, index, item);
  if (!key) return std::nullopt;
  std::optional<Buffer> projected;
  if (index.projection != ProjectionType::kAll)
    projected = encode_item(project_for_index(table, index, item));
  return IndexEntry(*std::move(key), stored.bytes(), std::move(projected));
}

std::optional<IndexEntry> IndexEntry::of(const TableSchema& table,
                                         const IndexSchema& index,
                                         const StoredItem& stored) {
  const AttributeMap parts = pick(stored, entry_attributes(table, index));
  std::optional<Buffer> key = keys::index_entry(table, index, parts);
  if (!key) return std::nullopt;
  std::optional<Buffer> projected;
  if (index.projection != ProjectionType::kAll) projected = encode_item(parts);
  return IndexEntry(*std::move(key), stored.bytes(), std::move(projected));
}

}  // namespace tailrace
