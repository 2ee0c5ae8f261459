// Update against the table's schema. (behaviour/dynamodb 2.5, 3.5)
#include <algorithm>

#include "server/expression/key_checks.h"
#include "server/expression/update.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

bool is_empty(const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) return text->empty();
  if (const auto* binary = value.as<Binary>()) return binary->bytes.empty();
  return false;
}

ApiError empty_index_key(const AttributeValue& value) {
  return validation_error(
      str_cat("One or more parameter values are not valid. The update expression attempted to "
              "update a secondary "
              "index key to a value that is not supported. The AttributeValue for a key attribute "
              "cannot contain an "
              "empty ",
              value.type() == AttributeType::kB ? "binary" : "string", " value."));
}

// Of several violations the one of the index with the first name is reported.
std::vector<const IndexSchema*> indexes_by_name(const TableSchema& table) {
  std::vector<const IndexSchema*> indexes;
  for (const IndexSchema& index : table.indexes) indexes.push_back(&index);
  std::sort(indexes.begin(), indexes.end(),
            [](const IndexSchema* a, const IndexSchema* b) { return a->name < b->name; });
  return indexes;
}

// Calls check(index, attribute, position of the action) for every index key attribute that is the
// target of an action, until one gives an error.
template <class Check>
Result<void> for_each_index_key(const TableSchema& table,
                                const std::vector<Path>& targets,
                                Check check) {
  if (table.indexes.empty()) return {};
  for (const IndexSchema* index : indexes_by_name(table)) {
    for (const auto* attributes : {&index->keys.hash, &index->keys.range}) {
      for (const KeyAttribute& attribute : *attributes) {
        for (std::size_t i = 0; i < targets.size(); ++i) {
          if (targets[i].root() == attribute.name) TRY_VOID(check(*index, attribute, i));
        }
      }
    }
  }
  return {};
}

}  // namespace

Result<void> Update::check_against(const TableSchema& table) const {
  TRY_VOID(check_key_paths(targets_, table));
  TRY_VOID(check_key_paths(values_.paths, table));
  for (const Path& target : targets_) {
    if (!table.keys.contains(target.root())) continue;
    return validation_error(
        str_cat("One or more parameter values were invalid: Cannot update attribute ",
                target.root(), ". This attribute is part of the key"));
  }
  return for_each_index_key(
      table, targets_,
      [&](const IndexSchema& index, const KeyAttribute& attribute, std::size_t i) -> Result<void> {
        const Action& action = actions_[i];
        if (action.kind != ActionKind::kSet && action.kind != ActionKind::kAdd) return {};
        const Node& value = values_[action.value];
        const auto type = static_type(value);
        if (type && *type != attribute.type) {
          return validation_error(
              str_cat("One or more parameter values were invalid: Type mismatch for Index Key ",
                      attribute.name, " Expected: ", type_name(attribute.type),
                      " Actual: ", type_name(*type), " IndexName: ", index.name));
        }
        if (value.kind == NodeKind::kValue && is_empty(value.value->second)) {
          return empty_index_key(value.value->second);
        }
        return {};
      });
}

Result<void> Update::check_index_keys(const TableSchema& table,
                                      const AttributeMap* old,
                                      const AttributeMap& item) const {
  return for_each_index_key(
      table, targets_,
      [&](const IndexSchema&, const KeyAttribute& attribute, std::size_t) -> Result<void> {
        const AttributeValue* value = item.find(attribute.name);
        if (!value) return {};
        const AttributeValue* before = old ? old->find(attribute.name) : nullptr;
        if (before && *before == *value) return {};
        if (value->type() != attribute.type) {
          return validation_error(
              "The update expression attempted to update the secondary index key to unsupported "
              "type");
        }
        if (is_empty(*value)) return empty_index_key(*value);
        return {};
      });
}

}  // namespace tailrace::expression
