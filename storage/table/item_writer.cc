#include "storage/table/item_writer.h"

#include <algorithm>

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/table/expiry_time.h"
#include "storage/table/index_entry.h"

namespace tailrace {
namespace {

constexpr std::size_t kWriteUnitBytes = 1024;

// Units of 1 KB; of a vector index VectorWriteRequestBytes: the entry's bytes, at least 1,024.
std::int64_t write_units(const IndexSchema& index, std::size_t bytes) {
  if (index.vector) return static_cast<std::int64_t>(std::max(bytes, kWriteUnitBytes));
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>((bytes + kWriteUnitBytes - 1) / kWriteUnitBytes));
}

// What one row adds to its holder's figures; nullopt: no row.
Counts difference(std::optional<std::size_t> before, std::optional<std::size_t> after) {
  return {.items = std::int64_t{after.has_value()} - std::int64_t{before.has_value()},
          .bytes = static_cast<std::int64_t>(after.value_or(0)) -
                   static_cast<std::int64_t>(before.value_or(0))};
}

std::optional<std::size_t> size_of(const StoredItem* item) {
  return item == nullptr ? std::nullopt : std::optional(item->size());
}

bool has_row(Txn& txn, Bytes key) {
  Buffer value;
  return txn.get(key, value);
}

// Capacity by behaviour/dynamodb 5.6: an entry that moves is deleted and written; one that stays
// costs the larger of its images; one that does not change costs nothing and is not written.
std::int64_t replace_entry(Txn& txn,
                           TableStatistics& statistics,
                           const IndexSchema& index,
                           const std::optional<IndexEntry>& before,
                           const std::optional<IndexEntry>& after) {
  if (before && after && before->key() == after->key()) {
    if (before->value() == after->value()) return 0;
    txn.put(after->key(), after->value());
    statistics.add(txn, after->key(), difference(before->size(), after->size()));
    return write_units(index, std::max(before->size(), after->size()));
  }
  std::int64_t units = 0;
  if (before) {
    txn.erase(before->key());
    statistics.add(txn, before->key(), difference(before->size(), std::nullopt));
    units += write_units(index, before->size());
  }
  if (after) {
    txn.put(after->key(), after->value());
    statistics.add(txn, after->key(), difference(std::nullopt, after->size()));
    units += write_units(index, after->size());
  }
  return units;
}

// `after` is the stored form of `item`.
WriteEffect replace_entries(Txn& txn,
                            TableStatistics& statistics,
                            const TableSchema& table,
                            const StoredItem* before,
                            const EncodedItem* item,
                            const StoredItem* after) {
  WriteEffect effect;
  for (const IndexSchema& index : table.indexes) {
    if (index.status == IndexStatus::kDeleting) continue;
    auto entry_before = before ? IndexEntry::of(table, index, *before) : std::nullopt;
    // The backfill has not come to this item yet.
    if (entry_before && index.backfilling && !has_row(txn, entry_before->key()))
      entry_before.reset();
    const auto entry_after = after ? IndexEntry::of(table, index, item->attributes(), *after) : std::nullopt;
    const std::int64_t units = replace_entry(txn, statistics, index, entry_before, entry_after);
    if (units > 0) effect.index_writes.push_back({.index = &index, .write_units = units});
  }
  return effect;
}

template <class ItemType>
AttributeMap pick_key(const TableSchema& table, const ItemType& item) {
  std::vector<AttributeMap::Entry> entries;
  for (const auto* attributes : {&table.keys.hash, &table.keys.range}) {
    for (const KeyAttribute& attribute : *attributes) {
      auto value = item.find(attribute.name);
      require_stored(static_cast<bool>(value), "item");
      entries.emplace_back(attribute.name, *std::move(value));
    }
  }
  return AttributeMap::from_entries(std::move(entries));
}

}  // namespace

AttributeMap key_of(const TableSchema& table, const AttributeMap& item) {
  return pick_key(table, item);
}
AttributeMap key_of(const TableSchema& table, const StoredItem& item) {
  return pick_key(table, item);
}

AttributeMap Change::key() const {
  return key_of(table, after != nullptr ? *after : *before);
}

WriteEffect ItemWriter::put(Txn& txn,
                            const TableSchema& table,
                            Bytes item_key,
                            const EncodedItem& item,
                            const StoredItem* before,
                            ChangeCause cause) {
  const StoredItem after = item.stored();
  if (before && *before == after) return {};
  txn.require_room();
  txn.put(item_key, after.bytes());
  statistics_.add(txn, item_key, difference(size_of(before), after.size()));
  WriteEffect effect = replace_entries(txn, statistics_, table, before, &item, &after);
  move_expiry(txn, table, item_key, before ? expiry_time(table, *before) : std::nullopt,
              expiry_time(table, after));
  tell_sinks(txn, {.table = table,
                   .before = before,
                   .after = &after,
                   .cause = cause,
                   .item = &item});
  return effect;
}

WriteEffect ItemWriter::erase(Txn& txn,
                              const TableSchema& table,
                              Bytes item_key,
                              const StoredItem* before,
                              ChangeCause cause) {
  if (before == nullptr) return {};
  txn.erase(item_key);
  statistics_.add(txn, item_key, difference(before->size(), std::nullopt));
  WriteEffect effect = replace_entries(txn, statistics_, table, before, nullptr, nullptr);
  move_expiry(txn, table, item_key, expiry_time(table, *before), std::nullopt);
  tell_sinks(txn, {.table = table, .before = before, .after = nullptr, .cause = cause});
  return effect;
}

void ItemWriter::move_expiry(Txn& txn,
                             const TableSchema& table,
                             Bytes item_key,
                             std::optional<Instant> before,
                             std::optional<Instant> after) {
  if (before == after) return;
  if (before) txn.erase(keys::expiry(table.id, *before, item_key));
  if (!after) return;
  txn.put(keys::expiry(table.id, *after, item_key), {});
  if (on_expiry_) on_expiry_(txn, *after);
}

void ItemWriter::tell_sinks(Txn& txn, const Change& change) {
  for (ChangeSink* sink : sinks_) sink->on_change(txn, change);
}

}  // namespace tailrace
