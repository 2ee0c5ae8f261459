#include "storage/schema/table_schema.h"

#include <algorithm>

#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

// One order of names for both enums: index and table go through the same states.
constexpr std::string_view kStatusNames[] = {"CREATING", "UPDATING", "DELETING", "ACTIVE"};
constexpr std::string_view kViewTypeNames[] = {"KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE",
                                               "NEW_AND_OLD_IMAGES"};
constexpr std::string_view kProjectionTypeNames[] = {"ALL", "KEYS_ONLY", "INCLUDE"};
constexpr std::string_view kDistanceFunctionNames[] = {"COSINE", "DOT_PRODUCT", "EUCLIDEAN"};
constexpr std::string_view kSearchRoleNames[] = {"HASH", "INLINE_FILTER"};

const KeyAttribute* find_attribute(const std::vector<KeyAttribute>& attributes,
                                   std::string_view name) {
  const auto it = std::find_if(attributes.begin(), attributes.end(),
                               [&](const KeyAttribute& each) { return each.name == name; });
  return it != attributes.end() ? &*it : nullptr;
}

const KeyAttribute* find_attribute(const KeySchema& keys, std::string_view name) {
  const KeyAttribute* hash = find_attribute(keys.hash, name);
  return hash != nullptr ? hash : find_attribute(keys.range, name);
}

}  // namespace

std::string table_arn(const TableName& table) {
  return str_cat("arn:aws:dynamodb:", table.owner.region, ":", table.owner.account, ":table/",
                 table.name);
}

bool KeySchema::contains(std::string_view attribute) const {
  return find_attribute(*this, attribute) != nullptr;
}

std::string_view status_name(TableStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::string_view status_name(IndexStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::string_view view_type_name(StreamViewType type) {
  return kViewTypeNames[static_cast<std::size_t>(type)];
}

std::optional<StreamViewType> parse_view_type(std::string_view name) {
  const auto it = std::find(std::begin(kViewTypeNames), std::end(kViewTypeNames), name);
  if (it == std::end(kViewTypeNames)) return std::nullopt;
  return static_cast<StreamViewType>(it - std::begin(kViewTypeNames));
}

std::string_view projection_type_name(ProjectionType type) {
  return kProjectionTypeNames[static_cast<std::size_t>(type)];
}

std::string_view distance_function_name(DistanceFunction function) {
  return kDistanceFunctionNames[static_cast<std::size_t>(function)];
}

std::string_view search_role_name(SearchRole role) {
  return kSearchRoleNames[static_cast<std::size_t>(role)];
}

const SearchElement* VectorSchema::find(std::string_view attribute_name) const {
  const auto it =
      std::find_if(search_schema.begin(), search_schema.end(), [&](const SearchElement& each) {
        return each.attribute.name == attribute_name;
      });
  return it != search_schema.end() ? &*it : nullptr;
}

const IndexSchema* TableSchema::find_index(std::string_view index_name) const {
  const auto it = std::find_if(indexes.begin(), indexes.end(),
                               [&](const IndexSchema& each) { return each.name == index_name; });
  return it != indexes.end() ? &*it : nullptr;
}

bool TableSchema::has_local_indexes() const {
  return std::any_of(indexes.begin(), indexes.end(),
                     [](const IndexSchema& each) { return each.kind == IndexKind::kLocal; });
}

std::optional<AttributeType> TableSchema::key_attribute_type(std::string_view attribute) const {
  if (const KeyAttribute* found = find_attribute(keys, attribute)) return found->type;
  for (const IndexSchema& index : indexes) {
    if (const KeyAttribute* found = find_attribute(index.keys, attribute)) return found->type;
    const SearchElement* element = index.vector ? index.vector->find(attribute) : nullptr;
    if (element != nullptr) return element->attribute.type;
  }
  return std::nullopt;
}

bool has_vectors(const TableSchema& table) {
  return std::ranges::any_of(table.indexes,
                             [](const IndexSchema& index) { return index.vector.has_value(); });
}

const Transition* find_transition(const TableSchema& table,
                                  Transition::Kind kind,
                                  std::uint32_t index_id) {
  const auto found = std::ranges::find_if(table.transitions, [&](const Transition& each) {
    return each.kind == kind && each.index_id == index_id;
  });
  return found == table.transitions.end() ? nullptr : &*found;
}

bool index_in_transition(const TableSchema& table, std::uint32_t index_id) {
  return std::ranges::any_of(table.transitions, [&](const Transition& each) {
    return each.kind == Transition::Kind::kWhole || each.index_id == index_id;
  });
}

TableStatus status_by_transitions(const TableSchema& table) {
  using enum Transition::Kind;
  const bool updating = std::ranges::any_of(table.transitions, [](const Transition& each) {
    return each.kind == kThroughput || each.kind == kStream || each.kind == kTableClass ||
           each.kind == kIndexAllocation || each.kind == kIndexDeletion;
  });
  return updating ? TableStatus::kUpdating : TableStatus::kActive;
}

}  // namespace tailrace
