// Catalog: the tables that exist. In memory, loaded at start, changed only inside jobs; a rolled back job
// changes nothing. All calls within the queue's jobs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
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

  TablePtr find(const TableName& name) const;                 // nullptr: no such table, in any status.
  TablePtr find(std::uint64_t table_id) const;
  // For item operations: missing, CREATING and DELETING tables are ResourceNotFoundException
  // `Requested resource not found` (spec dynamodb 2.9).
  Result<TablePtr> require(const TableName& name) const;
  // For table operations: any status will do; `Requested resource not found: Table: <name> not found`.
  Result<TablePtr> require_described(const TableName& name) const;
  std::vector<TablePtr> list(const Owner& owner) const;       // In order of names.
  std::vector<TablePtr> all() const;

  void put(Txn& txn, TableSchema schema);                     // Creates or replaces by name.
  void erase(Txn& txn, const TableName& name);                // The schema row only; items are swept later.
  std::uint64_t next_table_id(Txn& txn);                      // Persistent, never reused.

 private:
  std::map<TableName, TablePtr> by_name_;
  std::map<std::uint64_t, TablePtr> by_id_;
};

}  // namespace tailrace
