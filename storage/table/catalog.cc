#include "storage/table/catalog.h"

#include <algorithm>

#include "storage/base/check.h"
#include "storage/base/engine_error.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/table/work_rows.h"
#include "storage/value/key_encoding.h"

namespace tailrace {
namespace {

constexpr std::string_view kLastTableId = "last-table-id";

bool has_index(const TableSchema& table, std::uint32_t index_id) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [index_id](const IndexSchema& index) { return index.id == index_id; });
}

bool has_own_work(const TableSchema& table) {
  if (table.filled_from) return true;
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const IndexSchema& index) {
    return index.backfilling ||
           (index.status == IndexStatus::kDeleting && !index_in_transition(table, index.id));
  });
}

void leave_index_to_sweep(Txn& txn, const TableSchema& table, const IndexSchema& index) {
  txn.put(work_rows::sweep(keys::index_prefix(table.id, index.id)), {});
  if (index.backfilling) txn.erase(work_rows::backfill(table.id, index.id));
}

// False: replacing `before` by `after` leaves no row to look after.
bool leave_difference(Txn& txn, const TableSchema& before, const TableSchema& after) {
  bool work = false;
  for (const IndexSchema& index : before.indexes) {
    if (has_index(after, index.id)) continue;
    leave_index_to_sweep(txn, before, index);
    work = true;
  }
  if (before.ttl_attribute != after.ttl_attribute) {
    txn.put(work_rows::expiry(after.id), Bytes(&work_rows::kWipe, 1));
    work = true;
  }
  return work;
}

ApiError not_found(std::string message) {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = std::move(message),
          .extra_members = {}};
}

}  // namespace

void Catalog::load(Txn& txn) {
  const auto [begin, end] = keys::prefix_range(keys::all_tables_prefix());
  for (auto row = txn.scan(begin, end, Order::kAscending); row->valid(); row->next()) {
    const auto table = decode_row(row->key(), [&] {
      return std::make_shared<const TableSchema>(decode_schema(row->value()));
    });
    by_name_[table->name] = table;
    by_id_[table->id] = table;
  }
}

TablePtr Catalog::find(const TableName& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

TablePtr Catalog::find(std::uint64_t table_id) const {
  const auto found = by_id_.find(table_id);
  return found == by_id_.end() ? nullptr : found->second;
}

Result<TablePtr> Catalog::require(const TableName& name) const {
  TablePtr table = find(name);
  if (table == nullptr || table->status == TableStatus::kCreating ||
      table->status == TableStatus::kDeleting) {
    return not_found("Requested resource not found");
  }
  return table;
}

Result<TablePtr> Catalog::require_described(const TableName& name) const {
  TablePtr table = find(name);
  if (table == nullptr)
    return not_found(str_cat("Requested resource not found: Table: ", name.name, " not found"));
  return table;
}

std::vector<TablePtr> Catalog::list(const Owner& owner) const {
  std::vector<TablePtr> tables;
  auto table = by_name_.lower_bound({.owner = owner, .name = {}});
  for (; table != by_name_.end() && table->first.owner == owner; ++table)
    tables.push_back(table->second);
  return tables;
}

std::vector<TablePtr> Catalog::all() const {
  std::vector<TablePtr> tables;
  tables.reserve(by_id_.size());
  for (const auto& [id, table] : by_id_) tables.push_back(table);
  return tables;
}

void Catalog::put(Txn& txn, TableSchema schema) {
  const auto table = std::make_shared<const TableSchema>(std::move(schema));
  const TablePtr before = find(table->name);
  CHECK(before == nullptr || before->id == table->id);
  // A table that is new has no items, so its TTL has nothing to catch up with.
  const bool work = before != nullptr && leave_difference(txn, *before, *table);
  txn.put(keys::table(table->name), encode_schema(*table));
  set(txn, table);
  if (work || has_own_work(*table)) tell_of_work(txn);
}

void Catalog::erase(Txn& txn, const TableName& name) {
  const TablePtr table = find(name);
  CHECK(table != nullptr);
  txn.put(work_rows::sweep(keys::items_prefix(table->id)), {});
  for (const IndexSchema& index : table->indexes) leave_index_to_sweep(txn, *table, index);
  txn.put(work_rows::sweep(keys::expiries_prefix(table->id)), {});
  txn.erase(work_rows::expiry(table->id));
  txn.erase(work_rows::replica(table->id));
  txn.erase(keys::table(name));
  remove(txn, table);
  tell_of_work(txn);
}

std::uint64_t Catalog::next_table_id(Txn& txn) {
  const Buffer key = keys::meta(kLastTableId);
  Buffer value;
  std::uint64_t id = 1;
  if (txn.get(key, value)) {
    Bytes bytes = value;
    id = take_u64(bytes) + 1;
  }
  value.clear();
  append_u64(value, id);
  txn.put(key, value);
  return id;
}

void Catalog::set(Txn& txn, TablePtr table) {
  TablePtr& by_name = by_name_[table->name];
  txn.on_rollback([this, before = by_name, table] {
    if (before) {
      by_name_[table->name] = before;
      by_id_[table->id] = before;
    } else {
      by_name_.erase(table->name);
      by_id_.erase(table->id);
    }
  });
  by_name = table;
  by_id_[table->id] = std::move(table);
}

void Catalog::remove(Txn& txn, const TablePtr& table) {
  txn.on_rollback([this, table] {
    by_name_[table->name] = table;
    by_id_[table->id] = table;
  });
  by_name_.erase(table->name);
  by_id_.erase(table->id);
}

void Catalog::tell_of_work(Txn& txn) {
  if (on_work_) txn.on_commit(on_work_);
}

}  // namespace tailrace
