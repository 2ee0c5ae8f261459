#include "server/ops/reads/item_read.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "storage/base/str_cat.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

Select default_select(const json::Value& body) {
  if (json::find(body, "ProjectionExpression") != nullptr ||
      json::find(body, "AttributesToGet") != nullptr)
    return Select::kSpecific;
  return json::find(body, "IndexName") != nullptr ? Select::kAllProjected : Select::kAllAttributes;
}

Result<Select> named_select(std::string_view name) {
  if (name == "ALL_ATTRIBUTES") return Select::kAllAttributes;
  if (name == "ALL_PROJECTED_ATTRIBUTES") return Select::kAllProjected;
  if (name == "COUNT") return Select::kCount;
  if (name == "SPECIFIC_ATTRIBUTES") return Select::kSpecific;
  return validation_error(
      str_cat("Value '", name,
              "' at 'select' failed to satisfy constraint: Member must satisfy enum value set: "
              "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]"));
}

Result<Select> checked_select(const json::Value& body, std::string_view name) {
  TRY(const Select select, named_select(name));
  const bool expression = json::find(body, "ProjectionExpression") != nullptr;
  const bool names = json::find(body, "AttributesToGet") != nullptr;
  if (select == Select::kSpecific && !expression && !names)
    return validation_error(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
        "SPECIFIC_ATTRIBUTES");
  if (select != Select::kSpecific && (expression || names))
    return validation_error(
        str_cat("Cannot specify the ", expression ? "ProjectionExpression" : "AttributesToGet",
                " when choosing to get ", select == Select::kCount ? "only the Count" : name));
  if (select == Select::kAllProjected && json::find(body, "IndexName") == nullptr)
    return validation_error(
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  return select;
}

bool projects_all(const ReadSource& source, const std::vector<expression::Path>& paths) {
  return std::all_of(paths.begin(), paths.end(),
                     [&](const expression::Path& path) { return projects(source, path.root()); });
}

std::string missing_names(const ReadSource& source, const std::vector<expression::Path>& paths) {
  std::string names;
  for (const expression::Path& path : paths)
    if (!projects(source, path.root())) str_append(names, names.empty() ? "" : ", ", path.root());
  return names;
}

}  // namespace

bool projects(const ReadSource& source, std::string_view attribute) {
  const IndexSchema& index = *source.index;
  if (index.projection == ProjectionType::kAll || index.keys.contains(attribute) ||
      source.table->keys.contains(attribute))
    return true;
  const auto& names = index.non_key_attributes;
  return index.projection == ProjectionType::kInclude &&
         std::find(names.begin(), names.end(), attribute) != names.end();
}

Result<ItemRead> begin_read(const CallContext& context, const json::Value& body) {
  const std::string_view table = json::string_or(body, "TableName");
  TRY(TableName name, table_name_of(context, table));
  return ItemRead{.table = std::move(name),
                  .table_as_sent = std::string(table),
                  .index_name = json::optional_string(body, "IndexName"),
                  .consistency = consistency_of(body),
                  .return_capacity = return_capacity_of(body),
                  .limit = json::optional_int(body, "Limit"),
                  .select = Select::kAllAttributes,
                  .filter = std::nullopt,
                  .projection = std::nullopt,
                  .start_key = std::nullopt};
}

Result<Select> decode_select(const json::Value& body) {
  const json::Value* given = json::find(body, "Select");
  if (given == nullptr) return default_select(body);
  auto select = checked_select(body, json::view(*given));
  if (select) return select;
  return validation_error(api::counted(select.error().message));
}

Result<void> check_expressions_not_empty(const json::Value& body) {
  for (const std::string_view member :
       {"FilterExpression", "KeyConditionExpression", "ProjectionExpression"}) {
    const json::Value* text = json::find(body, member);
    if (text != nullptr && text->GetStringLength() == 0)
      return validation_error(str_cat("Invalid ", member, ": The expression can not be empty;"));
  }
  return {};
}

Result<ReadSource> find_source(const CallContext& context, const ItemRead& read) {
  ReadSource source;
  TRY(source.table, context.world.catalog.require(read.table));
  if (!read.index_name) return source;
  source.index = source.table->find_index(*read.index_name);
  if (source.index == nullptr || source.index->status == IndexStatus::kDeleting)
    return validation_error(
        str_cat("The table does not have the specified index: ", *read.index_name));
  if (source.index->vector)
    return validation_error("Query operation not supported on this index type.");
  if (source.index->kind == IndexKind::kGlobal && read.consistency == Consistency::kStrong)
    return validation_error("Consistent reads are not supported on global secondary indexes");
  TRY_VOID(check_index_is_filled(*source.index));
  return source;
}

// (Developer Guide, "Managing Global Secondary Indexes": no reads while an index is created.)
Result<void> check_index_is_filled(const IndexSchema& index) {
  if (index.status != IndexStatus::kCreating) return {};
  return validation_error(
      str_cat("Cannot read from backfilling global secondary index: ", index.name));
}

Result<void> check_select_of_index(const ReadSource& source, Select select) {
  if (select != Select::kAllAttributes || source.index == nullptr ||
      source.index->kind == IndexKind::kLocal || source.index->projection == ProjectionType::kAll)
    return {};
  return validation_error(
      str_cat("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not "
              "supported for global secondary index ",
              source.index->name, " because its projection type is not ALL"));
}

Result<void> check_projected(const ReadSource& source, const ItemRead& read, ReadKind kind) {
  if (source.index == nullptr || source.index->kind == IndexKind::kLocal) return {};
  if (read.projection) {
    const std::string missing = missing_names(source, read.projection->paths());
    if (!missing.empty())
      return validation_error(
          str_cat("One or more parameter values were invalid: Global secondary index ",
                  source.index->name, " does not project [", missing, "]"));
  }
  if (read.filter && kind == ReadKind::kQuery) {
    const std::string missing = missing_names(source, read.filter->paths());
    if (!missing.empty())
      return validation_error(
          str_cat("One or more parameter values were invalid: Secondary index ", source.index->name,
                  " does not project one or more filter attributes: [", missing, "]"));
  }
  return {};
}

TableFetch table_fetch(const ReadSource& source, const ItemRead& read) {
  if (source.index == nullptr || source.index->kind == IndexKind::kGlobal ||
      source.index->projection == ProjectionType::kAll)
    return TableFetch::kNone;
  const bool missing = read.select == Select::kAllAttributes ||
                       (read.projection && !projects_all(source, read.projection->paths())) ||
                       (read.filter && !projects_all(source, read.filter->paths()));
  return missing ? TableFetch::kEachItem : TableFetch::kNone;
}

}  // namespace tailrace::ops
