// ShardMap: every stream and shard in memory, always equal to its row. Jobs change both together; a
// rollback puts the map back as it was before the group. After a commit it tells which streams have
// news.
//
// Only jobs change the map, one at a time, so jobs read it without a lock; what other threads may
// ask takes the lock, and so does every change of what they can see.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streams/log/stream_log.h"

namespace tailrace {

// Writes a second, estimated over a sliding window of one second.
class WriteRate {
 public:
  void add(Instant now);
  double per_second(Instant now) const;

 private:
  void turn(std::int64_t second);

  std::int64_t second_ = 0;
  int current_ = 0;   // In second_.
  int previous_ = 0;  // In the second before.
};

struct ShardState {
  Shard shard;
  std::uint64_t newest =
      0;  // Greatest sequence that was ever in the shard; its start while there was none.
  // No record that is left was created before; Instant::max() if none is left. May be too early,
  // never too late.
  Instant oldest = Instant::min();
  WriteRate rate{};
  std::uint64_t saved_in_group = 0;  // The group whose undo knows `newest`.
};

struct StreamState {
  std::shared_ptr<const Stream> stream;
  std::vector<ShardState> shards;  // In order of ids.
  std::vector<std::size_t>
      open;  // Places in `shards` of the open ones, in order of their hash ranges.
  std::uint64_t next_sequence = 1;
  Instant newest_created = Instant::min();  // Neither records nor shards go back behind it.

  ShardState* find(std::string_view shard_id);
  ShardState* find(std::uint64_t shard_number);
  ShardState& open_shard(std::uint64_t hash);
};

class ShardMap {
 public:
  // `news` is called after the commit, once for each stream that the group touched.
  explicit ShardMap(std::function<void(std::uint64_t stream_id)> news) : news_(std::move(news)) {}
  ShardMap(const ShardMap&) = delete;
  ShardMap& operator=(const ShardMap&) = delete;

  void load(Txn& txn);

  // --- Any thread.
  std::vector<std::shared_ptr<const Stream>> streams(const Owner& owner) const;
  std::shared_ptr<const Stream> find_stream(const TableName& table, std::string_view label) const;
  std::shared_ptr<const Stream> find_stream(std::uint64_t stream_id) const;
  std::vector<Shard> shards(std::uint64_t stream_id) const;
  std::optional<Shard> find_shard(std::uint64_t stream_id, std::string_view shard_id) const;

  // --- Jobs. References to shards end when one is inserted or erased.
  StreamState* find(std::uint64_t stream_id);
  const std::map<std::uint64_t, std::unique_ptr<StreamState>>& all() const { return streams_; }

  std::uint64_t next_stream_id(Txn& txn);
  std::uint64_t next_shard_number(Txn& txn);
  void put_stream(Txn& txn, const Stream& stream);  // Inserts or replaces.
  void erase_stream(Txn& txn, std::uint64_t stream_id);
  void put_shard(Txn& txn, const Shard& shard);  // Inserts or replaces.
  void erase_shard(Txn& txn, const Shard& shard);
  // A record was written to the shard.
  void appended(
      Txn& txn, StreamState& stream, ShardState& shard, std::uint64_t sequence, Instant created);

 private:
  // By owner and name of the table, then the newest label first.
  struct StreamName {
    TableName table;
    std::string label;
    bool operator<(const StreamName& other) const {
      return table != other.table ? table < other.table : label > other.label;
    }
  };

  static void load_shards(Txn& txn, StreamState& stream);
  void touch(Txn& txn, std::uint64_t stream_id);
  void save(Txn& txn, std::uint64_t stream_id);  // touch(), and undo restores the whole stream.
  void index_names();
  void commit();
  void roll_back();

  struct SavedNewest {
    std::uint64_t stream_id;
    std::uint64_t shard_number;
    std::uint64_t newest;
  };

  const std::function<void(std::uint64_t)> news_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<StreamState>> streams_;
  std::map<StreamName, std::uint64_t> names_;

  // What the group that runs has done. Jobs only.
  std::uint64_t group_ = 1;
  bool group_open_ = false;
  std::vector<std::uint64_t> touched_;
  std::map<std::uint64_t, std::unique_ptr<StreamState>>
      saved_;  // nullptr: there was no such stream.
  std::vector<SavedNewest> saved_newest_;
};

}  // namespace tailrace
