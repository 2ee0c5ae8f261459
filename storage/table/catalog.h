// Catalog: the tables that exist. In memory, loaded at start, changed only inside jobs; a rolled
// back job changes nothing. All calls within the queue's jobs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/base/result.h"
#include "storage/engine/engine_queue.h"
#include "storage/schema/table_schema.h"

namespace tailrace {

class Catalog {
 public:
  Catalog() = default;
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  void load(Txn& txn);

  TablePtr find(const TableName& name) const;  // nullptr: no such table, in any status.
  TablePtr find(std::uint64_t table_id) const;
  // For item operations: missing, CREATING and DELETING tables are ResourceNotFoundException
  // `Requested resource not found` (behaviour/dynamodb 2.9).
  Result<TablePtr> require(const TableName& name) const;
  // For table operations: any status will do; `Requested resource not found: Table: <name> not
  // found`.
  Result<TablePtr> require_described(const TableName& name) const;
  std::vector<TablePtr> list(const Owner& owner) const;  // In order of names.
  std::vector<TablePtr> all() const;                     // In order of ids.

  // Creates or replaces by name. What follows from the difference is left to BackgroundWork, in the
  // same transaction: an index that is CREATING and backfilling is filled and becomes ACTIVE; one
  // that is DELETING is dropped (both not before the transition of the index has ended); rows of one
  // that is gone are swept; expiry rows follow ttl_attribute; a table with filled_from gets that
  // replica's items and becomes ACTIVE.
  void put(Txn& txn, TableSchema schema);
  // The schema row; its items, index entries and expiry rows are swept later by BackgroundWork.
  void erase(Txn& txn, const TableName& name);
  std::uint64_t next_table_id(Txn& txn);  // Persistent, never reused.

  // Called after the commit of a change that leaves work behind, on the committing thread; must
  // only post. Set once, before the first change.
  void on_work(std::function<void()> listener) { on_work_ = std::move(listener); }

 private:
  void set(Txn& txn, TablePtr table);  // In memory; undone when rolled back.
  void remove(Txn& txn, const TablePtr& table);
  void tell_of_work(Txn& txn);

  std::map<TableName, TablePtr> by_name_;
  std::map<std::uint64_t, TablePtr> by_id_;
  std::function<void()> on_work_;
};

}  // namespace tailrace
