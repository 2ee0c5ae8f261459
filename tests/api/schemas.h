// Schemas that tests use.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/schema/table_schema.h"

namespace tailrace {

inline KeyAttribute string_key(std::string name) {
  return {std::move(name), AttributeType::kS};
}
inline KeyAttribute number_key(std::string name) {
  return {std::move(name), AttributeType::kN};
}
inline KeyAttribute binary_key(std::string name) {
  return {std::move(name), AttributeType::kB};
}

inline TableSchema table_of(std::string name,
                            KeySchema keys,
                            std::vector<IndexSchema> indexes = {}) {
  TableSchema schema;
  schema.name.name = std::move(name);
  schema.keys = std::move(keys);
  schema.indexes = std::move(indexes);
  return schema;
}

// pk (S).
inline TableSchema hash_table(std::string name = "hash") {
  return table_of(std::move(name), {.hash = {string_key("pk")}, .range = {}});
}

// pk (S), sk (N).
inline TableSchema range_table(std::string name = "range", std::vector<IndexSchema> indexes = {}) {
  return table_of(std::move(name), {.hash = {string_key("pk")}, .range = {number_key("sk")}},
                  std::move(indexes));
}

inline IndexSchema index_of(std::string name,
                            IndexKind kind,
                            KeySchema keys,
                            ProjectionType projection = ProjectionType::kAll,
                            std::vector<std::string> non_key_attributes = {}) {
  IndexSchema index;
  index.name = std::move(name);
  index.kind = kind;
  index.keys = std::move(keys);
  index.projection = projection;
  index.non_key_attributes = std::move(non_key_attributes);
  return index;
}

}  // namespace tailrace
