// TableStatistics: how many items tables and indexes hold and their bytes (ItemCount,
// TableSizeBytes), exact and in memory. ItemWriter and the sweeping of deleted rows tell it of each
// row; after a start it counts what lies in the store, in slices, while writes go on. All calls
// within the queue's jobs.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "storage/base/bytes.h"
#include "storage/engine/engine_queue.h"

namespace tailrace {

struct Counts {
  std::int64_t items = 0;
  std::int64_t bytes = 0;  // As items count toward 400 KB; index entries as projected.
  bool operator==(const Counts&) const = default;
};

class TableStatistics {
 public:
  TableStatistics() = default;
  TableStatistics(const TableStatistics&) = delete;
  TableStatistics& operator=(const TableStatistics&) = delete;

  // A row of an item or index entry, by its key in the store, appeared (items 1), changed (0) or
  // disappeared (-1). Taken back when the group is rolled back.
  void add(Txn& txn, Bytes row_key, Counts delta);

  Counts of_table(std::uint64_t table_id) const;
  Counts of_index(std::uint64_t table_id, std::uint32_t index_id) const;

  // Once after a start, before the first write: everything in the store is still to be counted.
  void begin_count();
  // Counts at most `rows_max` rows more. True: there may be more to do.
  bool count_slice(Txn& txn, std::size_t rows_max);

 private:
  using Holder =
      std::pair<std::uint64_t, std::uint32_t>;  // Table and index; index 0 is the table itself.

  void apply(Holder holder, Counts delta);

  std::map<Holder, Counts> counts_;
  std::vector<std::pair<Holder, Counts>> group_;  // What the running group has added to them.
  bool counting_ = false;
  Buffer counted_before_;  // While counting: rows with a smaller key are in the counts.
};

}  // namespace tailrace
