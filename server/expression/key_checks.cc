#include "server/expression/key_checks.h"

#include <algorithm>

#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

bool is_index_key(const TableSchema& table, std::string_view attribute) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const IndexSchema& index) { return index.keys.contains(attribute); });
}

}  // namespace

Result<void> check_key_paths(const std::vector<Path>& paths, const TableSchema& table) {
  for (const Path& path : paths) {
    if (path.is_top_level()) continue;
    std::string_view key;
    if (table.keys.contains(path.root())) {
      key = "Key: ";
    } else if (is_index_key(table, path.root())) {
      key = "IndexKey: ";
    } else {
      continue;
    }
    return validation_error(
        str_cat("Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                "not allowed: ",
                key, path.root()));
  }
  return {};
}

Result<void> check_filter_keys(FilterParameter parameter,
                               const std::vector<Path>& paths,
                               const KeySchema& keys) {
  for (const Path& path : paths) {
    if (!keys.contains(path.root())) continue;
    return validation_error(str_cat(
        parameter == FilterParameter::kFilterExpression ? "Filter Expression" : "QueryFilter",
        " can only contain non-primary key attributes: Primary key attribute: ", path.root()));
  }
  return {};
}

}  // namespace tailrace::expression
