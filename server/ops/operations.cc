// Joins the families' tables into one, indexed by name.
#include "server/ops/operations.h"

#include <array>
#include <string>
#include <unordered_map>

#include "server/ops/items/operations.h"
#include "server/ops/partiql/operations.h"
#include "server/ops/reads/operations.h"
#include "server/ops/streams/operations.h"
#include "server/ops/tables/operations.h"
#include "storage/base/check.h"

namespace tailrace::ops {
namespace {

using Family = std::span<const Operation> (*)();

constexpr Family kFamilies[] = {
    item_operations,        query_scan_operations, search_operations,
    batch_operations,       transaction_operations, partiql_operations,
    stream_operations,      table_operations,       ttl_operations,
    tag_operations,         account_operations,
};

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const {
    return std::hash<std::string_view>()(name);
  }
};

// Names are unique over both services.
using Index = std::unordered_map<std::string_view, const Operation*, NameHash, std::equal_to<>>;

const Index& index() {
  static const Index kIndex = [] {
    Index rows;
    for (const Family family : kFamilies)
      for (const Operation& row : family()) CHECK(rows.emplace(row.name, &row).second);
    return rows;
  }();
  return kIndex;
}

}  // namespace

const Operation* find_operation(std::string_view service, std::string_view name) {
  const auto found = index().find(name);
  return found != index().end() && found->second->service == service ? found->second : nullptr;
}

std::vector<const Operation*> all_operations() {
  std::vector<const Operation*> rows;
  for (const Family family : kFamilies)
    for (const Operation& row : family()) rows.push_back(&row);
  return rows;
}

}  // namespace tailrace::ops
