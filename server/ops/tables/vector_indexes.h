// Vector indexes in table requests: VectorIndexes of CreateTable, VectorIndexUpdates of UpdateTable.
// What tables with them ask of items: server/ops/items/item_vectors. (behaviour/dynamodb 4.13)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/ops/tables/table_rules.h"

namespace tailrace::ops {

inline constexpr std::size_t kVectorIndexesMax = 5;

struct SearchMember {
  std::string name;
  SearchRole role = SearchRole::kInlineFilter;
};

struct VectorIndexMember {
  std::string name;
  std::string attribute;
  std::vector<SearchMember> search_schema;
  ProjectionMember projection;
  std::int64_t dimensions = 1;
  DistanceFunction distance = DistanceFunction::kCosine;
};

// After validation by shape.
VectorIndexMember decode_vector_index(const json::Value& object);

// `Vector indexes are only supported for PAY_PER_REQUEST tables`
Result<void> check_vector_billing(BillingMode mode);
// The members of one index, against AttributeDefinitions of the same request.
Result<void> check_vector_index(const VectorIndexMember& index, const Definitions& definitions);
// Indexes on one attribute have the same dimensions.
Result<void> check_same_dimensions(std::string_view attribute,
                                   std::int64_t dimensions,
                                   std::int64_t others_dimensions);
// What an index counts toward the projected attributes of its table: names, the vector, filters.
std::size_t projected_names(const VectorIndexMember& index);

IndexSchema vector_index_schema(const VectorIndexMember& index, const Definitions& definitions);

}  // namespace tailrace::ops
