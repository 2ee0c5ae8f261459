// What leaves the log: records past retention, then the empty closed shards and the disabled
// streams. (behaviour/streams 5.4, 13.7)
#include <algorithm>

#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "streams/log/record_codec.h"
#include "streams/log/stream_log_state.h"

namespace tailrace {

bool StreamLog::State::trim_shard(Txn& txn,
                                  ShardState& state,
                                  const IsDue& is_due,
                                  std::size_t& rows_left) {
  const keys::Range range = keys::prefix_range(keys::records_prefix(state.shard.number));
  std::vector<Buffer> due;
  std::uint64_t newest_due = 0;
  Instant oldest = Instant::max();  // Of what stays.
  bool more = false;
  for (auto row = txn.scan(range.begin, range.end, Order::kAscending); row->valid(); row->next()) {
    Bytes number = row->key().substr(row->key().size() - sizeof(std::uint64_t));
    const std::uint64_t sequence = take_u64(number);
    oldest = record_created(row->value());
    if (!is_due(sequence, oldest)) break;
    if (rows_left == 0) {
      more = true;
      break;
    }
    --rows_left;
    newest_due = sequence;
    due.emplace_back(row->key());
    oldest = Instant::max();
  }
  if (!due.empty()) {
    Shard shard = state.shard;
    shard.trimmed_sequence = newest_due;
    map.put_shard(txn, shard);
    for (const Buffer& key : due) txn.erase(key);
  }
  state.oldest = oldest;
  return more;
}

bool StreamLog::State::trim_stream_by_age(Txn& txn,
                                          StreamState& stream,
                                          Instant through,
                                          std::size_t& rows_left) {
  const auto is_due = [through](std::uint64_t, Instant created) { return created <= through; };
  for (ShardState& state : stream.shards) {
    if (state.oldest > through) continue;
    if (rows_left == 0) return true;
    --rows_left;  // Looking costs as much as a row.
    if (trim_shard(txn, state, is_due, rows_left)) return true;
  }
  return false;
}

void StreamLog::State::erase_spent_shards(Txn& txn, StreamState& stream, Instant through) {
  // In order of ids, so that no child goes while its parent is still listed.
  // (behaviour/streams 5.2)
  for (std::size_t i = 0; i < stream.shards.size();) {
    const ShardState& state = stream.shards[i];
    const Shard shard = state.shard;
    const bool has_parent = shard.parent_id && stream.find(*shard.parent_id) != nullptr;
    const bool is_spent =
        shard.closed && *shard.closed <= through && state.oldest == Instant::max();
    if (is_spent && !has_parent) {
      map.erase_shard(txn, shard);
    } else {
      ++i;
    }
  }
}

bool StreamLog::trim_slice(Txn& txn, std::size_t rows_max) {
  const Instant through = state_->clock.now() - state_->options.retention;
  std::vector<std::uint64_t> spent;
  bool more = false;
  for (const auto& [id, stream] : state_->map.all()) {
    more = state_->trim_stream_by_age(txn, *stream, through, rows_max);
    if (more) break;
    state_->erase_spent_shards(txn, *stream, through);
    const auto& disabled = stream->stream->disabled;
    if (disabled && *disabled <= through && stream->shards.empty()) spent.push_back(id);
  }
  for (const std::uint64_t id : spent) state_->map.erase_stream(txn, id);
  return more;
}

bool StreamLog::trim_slice(Txn& txn,
                           std::uint64_t stream_id,
                           std::optional<std::string_view> shard_id,
                           std::uint64_t through,
                           std::size_t rows_max) {
  StreamState* stream = state_->map.find(stream_id);
  if (!stream) return false;
  const auto is_due = [through](std::uint64_t sequence, Instant) { return sequence <= through; };
  for (ShardState& state : stream->shards) {
    if (shard_id && state.shard.id != *shard_id) continue;
    if (state_->trim_shard(txn, state, is_due, rows_max)) return true;
  }
  return false;
}

}  // namespace tailrace
