// Birth and end of shards: opening, closing, rolling over and splitting.
// (behaviour/streams 5.2, 13.4)
#include <algorithm>

#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "streams/log/stream_log_state.h"

namespace tailrace {
namespace {

constexpr std::size_t kTimeDigits = 20;
constexpr std::size_t kRandomDigits = 8;

std::string shard_id(Instant created) {
  const std::string millis = str_cat(std::max<std::int64_t>(0, to_millis(created)));
  return str_cat("shardId-", std::string(kTimeDigits - millis.size(), '0'), millis, '-',
                 random_hex(kRandomDigits));
}

Result<std::pair<StreamState*, ShardState*>> require_open_shard(ShardMap& map,
                                                                std::uint64_t stream_id,
                                                                std::string_view shard_id) {
  StreamState* stream = map.find(stream_id);
  ShardState* state = stream ? stream->find(shard_id) : nullptr;
  if (!state) {
    return ApiError{.code = ErrorCode::kResourceNotFoundException,
                    .message = "Requested resource not found: Shard does not exist",
                    .extra_members = {}};
  }
  if (!state->shard.open()) return validation_error(str_cat("Shard is closed: ", shard_id));
  return std::pair(stream, state);
}

}  // namespace

Instant StreamLog::State::monotonic_now(const StreamState& stream) const {
  return std::max(clock.now(), stream.newest_created);
}

bool StreamLog::State::is_aged(const Shard& shard, Instant now) const {
  return options.shard_age_max > Millis(0) && now - shard.created >= options.shard_age_max;
}

bool StreamLog::State::is_to_be_split(const StreamState& stream,
                                      const ShardState& state,
                                      Instant now) const {
  return options.split_rate > 0 && now - state.shard.created >= options.split_age_min &&
         state.shard.hash_low != state.shard.hash_high &&
         stream.open.size() < static_cast<std::size_t>(options.open_shards_max) &&
         state.rate.per_second(now) > options.split_rate;
}

Shard StreamLog::State::open_shard(Txn& txn,
                                   StreamState& stream,
                                   const Shard* parent,
                                   std::uint64_t low,
                                   std::uint64_t high,
                                   Instant now) {
  Shard shard;
  shard.number = map.next_shard_number(txn);
  shard.stream_id = stream.stream->id;
  shard.created = now;
  if (parent) {
    shard.parent_id = parent->id;
    // Children sort behind their parents, whatever the clock says.
    shard.created = std::max(now, parent->created + Millis(1));
  }
  do {
    shard.id = shard_id(shard.created);
  } while (stream.find(shard.id));
  shard.hash_low = low;
  shard.hash_high = high;
  shard.start_sequence = stream.next_sequence++;
  map.put_shard(txn, shard);
  return shard;
}

void StreamLog::State::close(Txn& txn, StreamState& stream, ShardState& state) {
  Shard shard = state.shard;
  shard.end_sequence = state.newest;
  shard.closed = monotonic_now(stream);
  stream.newest_created = *shard.closed;
  map.put_shard(txn, shard);
}

Shard StreamLog::State::roll_over(Txn& txn, StreamState& stream, ShardState& state) {
  const Shard parent = state.shard;
  close(txn, stream, state);
  return open_shard(txn, stream, &parent, parent.hash_low, parent.hash_high, monotonic_now(stream));
}

std::vector<Shard> StreamLog::State::split(Txn& txn, StreamState& stream, ShardState& state) {
  const Shard parent = state.shard;
  CHECK(parent.hash_low < parent.hash_high);
  close(txn, stream, state);
  const std::uint64_t middle = parent.hash_low + (parent.hash_high - parent.hash_low) / 2;
  const Instant now = monotonic_now(stream);
  std::vector<Shard> children;
  children.push_back(open_shard(txn, stream, &parent, parent.hash_low, middle, now));
  children.push_back(open_shard(txn, stream, &parent, middle + 1, parent.hash_high, now));
  return children;
}

Result<Shard> StreamLog::roll_over(Txn& txn, std::uint64_t stream_id, std::string_view shard_id) {
  TRY(const auto found, require_open_shard(state_->map, stream_id, shard_id));
  return state_->roll_over(txn, *found.first, *found.second);
}

Result<std::vector<Shard>> StreamLog::split(Txn& txn,
                                            std::uint64_t stream_id,
                                            std::string_view shard_id) {
  TRY(const auto found, require_open_shard(state_->map, stream_id, shard_id));
  const Shard& shard = found.second->shard;
  if (shard.hash_low == shard.hash_high) {
    return validation_error(str_cat("Shard holds a single key value: ", shard_id));
  }
  return state_->split(txn, *found.first, *found.second);
}

bool StreamLog::roll_over_aged(Txn& txn, std::size_t shards_max) {
  for (const auto& [id, stream] : state_->map.all()) {
    const Instant now = state_->monotonic_now(*stream);
    const auto is_aged = [this, now, &shards = stream->shards](std::size_t place) {
      return state_->is_aged(shards[place].shard, now);
    };
    for (;;) {
      const auto place = std::find_if(stream->open.begin(), stream->open.end(), is_aged);
      if (place == stream->open.end()) break;
      if (shards_max-- == 0) return true;
      state_->roll_over(txn, *stream, stream->shards[*place]);
    }
  }
  return false;
}

}  // namespace tailrace
