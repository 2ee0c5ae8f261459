#include "server/ops/items/item_vectors.h"

#include <algorithm>
#include <set>

#include "storage/base/str_cat.h"
#include "storage/table/vector_value.h"

namespace tailrace::ops {
namespace {

// (Observed on the service, 2026-08.) The text has a full stop where others have a colon.
template <class... Parts>
std::string fault(const Parts&... parts) {
  return str_cat("One or more parameter values were invalid. Invalid ", parts...);
}

}  // namespace

std::optional<std::string> vector_fault(const IndexSchema& index, const AttributeMap& item) {
  const VectorSchema& vector = *index.vector;
  for (const SearchElement& element : vector.search_schema) {
    const AttributeValue* value = item.find(element.attribute.name);
    if (element.role == SearchRole::kHash || value == nullptr) continue;
    if (value->type() != element.attribute.type) {
      return str_cat("One or more parameter values were invalid: Type mismatch for Index Key ",
                     element.attribute.name, " Expected: ", type_name(element.attribute.type),
                     " Actual: ", type_name(value->type()), " IndexName: ", index.name);
    }
  }
  const AttributeValue* value = item.find(vector.attribute);
  if (value == nullptr) return std::nullopt;
  const auto* list = value->as<List>();
  if (list == nullptr) {
    return fault("type for parameter ", vector.attribute,
                 ", Expected: 32-bit floating point number list IndexName: ", index.name);
  }
  if (list->values.size() != vector.dimensions) {
    return fault("size for parameter ", vector.attribute, ", Expected: ", vector.dimensions,
                 ", Actual: ", list->values.size(), " IndexName: ", index.name);
  }
  for (std::size_t i = 0; i < list->values.size(); ++i) {
    const AttributeValue& element = list->values[i];
    const auto* number = element.as<Number>();
    if (number != nullptr && to_float(*number)) continue;
    return fault(number == nullptr ? "type" : "value", " for parameter ", vector.attribute, "[", i,
                 "], Expected: 32-bit floating point number, Actual: ",
                 number == nullptr ? std::string(type_name(element.type())) : number->text(),
                 ". IndexName: ", index.name);
  }
  return std::nullopt;
}

Result<void> check_updated_vectors(const TableSchema& table,
                                   const AttributeMap* before,
                                   const AttributeMap& after) {
  const auto changed = [&](const std::string& name) {
    const AttributeValue* old = before ? before->find(name) : nullptr;
    const AttributeValue* now = after.find(name);
    return now != nullptr && (old == nullptr || !(*old == *now));
  };
  const IndexSchema* first = nullptr;
  std::optional<std::string> text;
  for (const IndexSchema& index : table.indexes) {
    if (!index.vector || index.status == IndexStatus::kDeleting) continue;
    if (first != nullptr && first->name < index.name) continue;
    const auto& search = index.vector->search_schema;
    if (!changed(index.vector->attribute) &&
        std::ranges::none_of(
            search, [&](const SearchElement& each) { return changed(each.attribute.name); }))
      continue;
    if (auto found = vector_fault(index, after)) {
      first = &index;
      text = std::move(found);
    }
  }
  if (text) return validation_error(*std::move(text));
  return {};
}

std::size_t billed_size(const TableSchema& table, const AttributeMap& item, std::size_t size) {
  std::set<std::string_view> counted;
  for (const IndexSchema& index : table.indexes) {
    if (!index.vector || !counted.insert(index.vector->attribute).second) continue;
    const AttributeValue* value = item.find(index.vector->attribute);
    if (value != nullptr && pack_vector(*index.vector, *value))
      size = size - value_size(*value) + index.vector->dimensions * sizeof(float);
  }
  return size;
}

}  // namespace tailrace::ops
