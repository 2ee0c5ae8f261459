#include "server/ops/items/collection_metrics.h"

#include <utility>

#include "server/ops/items/capacity.h"

namespace tailrace::ops {

void CollectionMetrics::add(std::string_view table_as_sent,
                            const TableSchema& table,
                            const AttributeMap& key_attributes) {
  if (!table.has_local_indexes()) return;
  std::string text;
  JsonWriter json(text);
  append_collection_metrics(json, table, key_attributes);
  texts_[std::string(table_as_sent)].insert(std::move(text));
}

void CollectionMetrics::append(JsonWriter& json) const {
  if (texts_.empty()) return;
  json.key("ItemCollectionMetrics").begin_object();
  for (const auto& [table, collections] : texts_) {
    json.key(table).begin_array();
    for (const std::string& collection : collections) json.raw(collection);
    json.end_array();
  }
  json.end_object();
}

}  // namespace tailrace::ops
