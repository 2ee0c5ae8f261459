// ItemWriter: the one place that changes items. Index rows and the stream record are written here,
// in the same transaction, so no kind of write can forget them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/schema/table_schema.h"
#include "storage/table/table_statistics.h"
#include "storage/value/stored_item.h"

namespace tailrace {

enum class ChangeCause : std::uint8_t {
  kUser,
  kTimeToLive,
  kReplication,  // Another replica's change, whatever was its cause there.
  kReplicaFill,  // An item that was there before the replica: its streams do not tell of it.
};

// One item before and after; equal images never get here.
struct Change {
  const TableSchema& table;
  const StoredItem* before;  // nullptr: there was no item.
  const StoredItem* after;   // nullptr: there is no item.
  ChangeCause cause = ChangeCause::kUser;
  const EncodedItem* item = nullptr;  // What `after` is the stored form of.

  AttributeMap key() const;  // The primary key attributes.
};

// Told of every change inside its transaction. streams/log implements it; server/app connects it.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void on_change(Txn& txn, const Change& change) = 0;
};

// Index entries that a write touched, for capacity figures (behaviour/dynamodb 5.6).
struct IndexWrite {
  const IndexSchema* index = nullptr;  // Of the table handed in.
  std::int64_t write_units = 0;  // Of a vector index: bytes.
};
struct WriteEffect {
  std::vector<IndexWrite> index_writes;
};

class ItemWriter {
 public:
  explicit ItemWriter(std::vector<ChangeSink*> sinks) : sinks_(std::move(sinks)) {}

  // Writes `item`, which must have passed every check, over `before` (nullptr: no item was there).
  // `item_key` is keys::item of it. A write that changes nothing leaves no trace. Throws StoreFull.
  WriteEffect put(Txn& txn,
                  const TableSchema& table,
                  Bytes item_key,
                  const EncodedItem& item,
                  const StoredItem* before,
                  ChangeCause cause = ChangeCause::kUser);
  // Removes the item; nullptr: nothing happens.
  WriteEffect erase(Txn& txn,
                    const TableSchema& table,
                    Bytes item_key,
                    const StoredItem* before,
                    ChangeCause cause = ChangeCause::kUser);

  // Is told of every change after those that came before it. Before the first write.
  void add_sink(ChangeSink& sink) { sinks_.push_back(&sink); }

  // Called when an item with that expiry time is written, inside the job. Set once, before the
  // first write.
  using ExpiryListener = std::function<void(Txn& txn, Instant expiry)>;
  void on_expiry(ExpiryListener listener) { on_expiry_ = std::move(listener); }

  // Told of every item and index row that is written or removed.
  TableStatistics& statistics() { return statistics_; }

 private:
  void move_expiry(Txn& txn,
                   const TableSchema& table,
                   Bytes item_key,
                   std::optional<Instant> before,
                   std::optional<Instant> after);
  void tell_sinks(Txn& txn, const Change& change);

  TableStatistics statistics_;
  std::vector<ChangeSink*> sinks_;
  ExpiryListener on_expiry_;
};

// The primary key attributes of an item.
AttributeMap key_of(const TableSchema& table, const AttributeMap& item);
AttributeMap key_of(const TableSchema& table, const StoredItem& item);
// What an index holds of an item: keys of table and index, and the projected attributes.
AttributeMap project_for_index(const TableSchema& table,
                               const IndexSchema& index,
                               const AttributeMap& item);

}  // namespace tailrace
