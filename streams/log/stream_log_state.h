// What a StreamLog holds; shared by the files that implement it and by nobody else.
#pragma once

#include <map>
#include <mutex>

#include "streams/log/call_rates.h"
#include "streams/log/shard_map.h"
#include "streams/log/stream_log.h"

namespace tailrace {

// Calls those who subscribed; an unsubscribe waits for a call that is under way.
class Listeners {
 public:
  std::uint64_t add(StreamLog::Listener listener);
  void remove(std::uint64_t subscription);
  void call(std::uint64_t stream_id) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, StreamLog::Listener> listeners_;
};

struct StreamLog::State {
  State(StreamOptions stream_options, const Clock& stream_clock)
      : options(stream_options),
        clock(stream_clock),
        map([this](std::uint64_t stream_id) { listeners.call(stream_id); }) {}

  // --- Shards' life (shard_life.cc).
  Instant monotonic_now(const StreamState& stream) const;  // Never before what the stream has seen.
  bool is_aged(const Shard& shard, Instant now) const;
  bool is_to_be_split(const StreamState& stream, const ShardState& state, Instant now) const;
  Shard open_shard(Txn& txn,
                   StreamState& stream,
                   const Shard* parent,
                   std::uint64_t low,
                   std::uint64_t high,
                   Instant now);
  void close(Txn& txn, StreamState& stream, ShardState& state);
  Shard roll_over(Txn& txn, StreamState& stream, ShardState& state);
  std::vector<Shard> split(Txn& txn, StreamState& stream, ShardState& state);

  // --- Trimming (trimming.cc). Each takes what it did off `rows_left`.
  using IsDue = std::function<bool(std::uint64_t sequence, Instant created)>;
  // True: records that are due may remain.
  bool trim_shard(Txn& txn, ShardState& state, const IsDue& is_due, std::size_t& rows_left);
  bool trim_stream_by_age(Txn& txn, StreamState& stream, Instant through, std::size_t& rows_left);
  void erase_spent_shards(Txn& txn, StreamState& stream, Instant through);

  const StreamOptions options;
  const Clock& clock;
  IteratorKey iterator_key{};
  Listeners listeners;
  ShardMap map;
  CallRates call_rates;
  Buffer keys_scratch;    // Reused by on_change, to save allocations.
  Buffer record_scratch;  // Likewise.
};

}  // namespace tailrace
