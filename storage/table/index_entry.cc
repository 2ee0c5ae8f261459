#include "storage/table/index_entry.h"

#include <string_view>
#include <utility>
#include <vector>

#include "storage/schema/key_layout.h"
#include "storage/table/item_writer.h"
#include "storage/table/vector_value.h"

namespace tailrace {
namespace {

// Attributes that key or value of an entry need; some may stand here twice.
std::vector<std::string_view> entry_attributes(const TableSchema& table, const IndexSchema& index) {
  std::vector<std::string_view> names;
  for (const KeySchema* keys : {&table.keys, &index.keys}) {
    for (const KeyAttribute& attribute : keys->hash) names.push_back(attribute.name);
    for (const KeyAttribute& attribute : keys->range) names.push_back(attribute.name);
  }
  if (index.vector) {
    names.push_back(index.vector->attribute);
    for (const SearchElement& element : index.vector->search_schema)
      names.push_back(element.attribute.name);
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

// The packed vector stands where the list of numbers does in the item. nullopt: no vector that the
// index takes, so no entry. (behaviour/dynamodb 4.13)
std::optional<Buffer> encode_vector_entry(const VectorSchema& vector, AttributeMap entry) {
  AttributeValue* value = entry.find(vector.attribute);
  std::optional<Buffer> packed = value ? pack_vector(vector, *value) : std::nullopt;
  if (!packed) return std::nullopt;
  value->value = Binary{*std::move(packed)};
  return encode_item(entry);
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
  if (index.vector) {
    projected = encode_vector_entry(*index.vector, project_for_index(table, index, item));
    if (!projected) return std::nullopt;
  } else if (index.projection != ProjectionType::kAll)
    projected = encode_item(project_for_index(table, index, item));
  return IndexEntry(*std::move(key), stored.bytes(), std::move(projected));
}

std::optional<IndexEntry> IndexEntry::of(const TableSchema& table,
                                         const IndexSchema& index,
                                         const StoredItem& stored) {
  if (index.vector && index.projection == ProjectionType::kAll)
    return of(table, index, stored.parse(), stored);
  AttributeMap parts = pick(stored, entry_attributes(table, index));
  std::optional<Buffer> key = keys::index_entry(table, index, parts);
  if (!key) return std::nullopt;
  std::optional<Buffer> projected;
  if (index.vector) {
    projected = encode_vector_entry(*index.vector, std::move(parts));
    if (!projected) return std::nullopt;
  } else if (index.projection != ProjectionType::kAll) {
    projected = encode_item(parts);
  }
  return IndexEntry(*std::move(key), stored.bytes(), std::move(projected));
}

}  // namespace tailrace
