#include "server/ops/tables/vector_indexes.h"

#include <algorithm>
#include <set>

namespace tailrace::ops {
namespace {

constexpr std::int64_t kDimensionsMax = 4096;
constexpr std::size_t kInlineFiltersMax = 18;

const AttributeDefinition* find_definition(const Definitions& definitions, std::string_view name) {
  const auto it = std::ranges::find(definitions, name, &AttributeDefinition::name);
  return it == definitions.end() ? nullptr : &*it;
}

std::size_t count_of_role(const VectorIndexMember& index, SearchRole role) {
  return static_cast<std::size_t>(std::ranges::count(index.search_schema, role, &SearchMember::role));
}

Result<void> check_search_schema(const VectorIndexMember& index, const Definitions& definitions) {
  // The counts first: each element is looked up among all definitions.
  if (count_of_role(index, SearchRole::kHash) > 1)
    return invalid_parameter("SearchSchema can have at most one HASH element");
  if (count_of_role(index, SearchRole::kInlineFilter) > kInlineFiltersMax) {
    return invalid_parameter("SearchSchema can have at most ", kInlineFiltersMax,
                             " INLINE_FILTER elements");
  }
  std::set<std::string_view> names;
  for (const SearchMember& element : index.search_schema) {
    if (find_definition(definitions, element.name) == nullptr) {
      return invalid_parameter(
          "One element in SearchSchema is not defined in attribute definitions");
    }
    if (!names.insert(element.name).second)
      return invalid_parameter("Duplicate attribute in SearchSchema: ", element.name);
  }
  return {};
}

}  // namespace

VectorIndexMember decode_vector_index(const json::Value& object) {
  VectorIndexMember index;
  index.name = std::string(json::string_or(object, "IndexName"));
  if (const json::Value* attribute = json::find(object, "VectorAttribute"))
    index.attribute = std::string(json::string_or(*attribute, "AttributeName"));
  if (const json::Value* list = json::find(object, "SearchSchema")) {
    for (const json::Value& element : list->GetArray()) {
      if (!element.IsObject()) continue;
      const bool hash = json::string_or(element, "SearchSchemaElementType") == "HASH";
      index.search_schema.push_back(
          {.name = std::string(json::string_or(element, "AttributeName")),
           .role = hash ? SearchRole::kHash : SearchRole::kInlineFilter});
    }
  }
  index.projection = decode_projection_member(object);
  index.dimensions = json::optional_int(object, "Dimensions").value_or(0);
  const std::string_view distance = json::string_or(object, "DistanceFunction");
  for (const DistanceFunction function : {DistanceFunction::kDotProduct, DistanceFunction::kEuclidean})
    if (distance == distance_function_name(function)) index.distance = function;
  return index;
}

Result<void> check_vector_billing(BillingMode mode) {
  if (mode == BillingMode::kPayPerRequest) return {};
  return invalid_parameter("Vector indexes are only supported for PAY_PER_REQUEST tables");
}

Result<void> check_vector_index(const VectorIndexMember& index, const Definitions& definitions) {
  if (index.dimensions < 1 || index.dimensions > kDimensionsMax) {
    return invalid_parameter("Number of dimensions must be between 1 and ", kDimensionsMax,
                             " inclusive.");
  }
  TRY_VOID(check_search_schema(index, definitions));
  return check_index_projection(index.projection);
}

Result<void> check_same_dimensions(std::string_view attribute,
                                   std::int64_t dimensions,
                                   std::int64_t others_dimensions) {
  if (dimensions == others_dimensions) return {};
  return invalid_parameter("Conflicting attribute definition for '", attribute,
                           "'. All VectorIndexes on the same vector attribute must use the same "
                           "dimensions.");
}

std::size_t projected_names(const VectorIndexMember& index) {
  const auto& names = index.projection.non_key_attributes;
  return (names ? names->size() : 0) + 1 + count_of_role(index, SearchRole::kInlineFilter);
}

IndexSchema vector_index_schema(const VectorIndexMember& index, const Definitions& definitions) {
  IndexSchema schema;
  schema.name = index.name;
  schema.kind = IndexKind::kVector;
  schema.projection = index.projection.type.value_or(ProjectionType::kAll);
  schema.non_key_attributes =
      index.projection.non_key_attributes.value_or(std::vector<std::string>());
  VectorSchema& vector = schema.vector.emplace();
  vector.attribute = index.attribute;
  vector.dimensions = static_cast<std::size_t>(index.dimensions);
  vector.distance = index.distance;
  for (const SearchMember& element : index.search_schema) {
    const AttributeDefinition* definition = find_definition(definitions, element.name);
    CHECK(definition != nullptr);
    const KeyAttribute attribute{.name = element.name, .type = definition->type};
    vector.search_schema.push_back({.attribute = attribute, .role = element.role});
    if (element.role == SearchRole::kHash) schema.keys.hash.push_back(attribute);
  }
  return schema;
}

}  // namespace tailrace::ops
