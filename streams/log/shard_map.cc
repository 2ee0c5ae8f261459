#include "streams/log/shard_map.h"

#include <algorithm>

#include "storage/base/engine_error.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "streams/log/record_codec.h"
#include "streams/log/row_codec.h"

namespace tailrace {
namespace {

constexpr std::string_view kNextStreamId = "next_stream_id";
constexpr std::string_view kNextShardNumber = "next_shard_number";

// Takes the next value of a persistent counter that starts at 1.
std::uint64_t take_counter(Txn& txn, std::string_view name) {
  const Buffer key = keys::meta(name);
  Buffer row;
  std::uint64_t value = 1;
  if (txn.get(key, row)) {
    Bytes rest = row;
    value = take_u64(rest);
  }
  row.clear();
  append_u64(row, value + 1);
  txn.put(key, row);
  return value;
}

std::uint64_t last_u64(Bytes key) {
  require_stored(key.size() >= 8, "key");
  key.remove_prefix(key.size() - 8);
  return take_u64(key);
}

// The rows of a prefix by the number that ends their keys.
std::vector<std::pair<std::uint64_t, Buffer>> rows_of(Txn& txn, const Buffer& prefix) {
  std::vector<std::pair<std::uint64_t, Buffer>> rows;
  const keys::Range range = keys::prefix_range(prefix);
  for (auto row = txn.scan(range.begin, range.end, Order::kAscending); row->valid(); row->next()) {
    rows.emplace_back(last_u64(row->key()), row->value());
  }
  return rows;
}

// Where a shard of this id stands in the list, or would stand.
template <class Shards>
auto place_of(Shards& shards, std::string_view shard_id) {
  return std::lower_bound(
      shards.begin(), shards.end(), shard_id,
      [](const ShardState& state, std::string_view id) { return state.shard.id.compare(id) < 0; });
}

void index_open(StreamState& stream) {
  stream.open.clear();
  for (std::size_t i = 0; i < stream.shards.size(); ++i) {
    if (stream.shards[i].shard.open()) stream.open.push_back(i);
  }
  std::sort(stream.open.begin(), stream.open.end(), [&](std::size_t a, std::size_t b) {
    return stream.shards[a].shard.hash_low < stream.shards[b].shard.hash_low;
  });
}

// The open shards of a stream that takes records share out all hashes among them.
void require_whole(const StreamState& state) {
  const StreamStatus status = state.stream->status;
  if (status != StreamStatus::kEnabled && status != StreamStatus::kEnabling) return;
  std::uint64_t next = 0;
  for (const std::size_t place : state.open) {
    const Shard& shard = state.shards[place].shard;
    require_stored(shard.hash_low == next && shard.hash_high >= shard.hash_low, "set of shards");
    next = shard.hash_high + 1;  // 0 after the last.
  }
  require_stored(!state.open.empty() && next == 0, "set of shards");
}

}  // namespace

void WriteRate::add(Instant now) {
  turn(to_millis(now) / 1000);
  ++current_;
}

double WriteRate::per_second(Instant now) const {
  WriteRate then = *this;
  const std::int64_t millis = to_millis(now);
  then.turn(millis / 1000);
  return then.current_ + then.previous_ * (1.0 - static_cast<double>(millis % 1000) / 1000.0);
}

void WriteRate::turn(std::int64_t second) {
  if (second == second_) return;
  previous_ = second == second_ + 1 ? current_ : 0;
  current_ = 0;
  second_ = second;
}

ShardState* StreamState::find(std::string_view shard_id) {
  const auto place = place_of(shards, shard_id);
  return place != shards.end() && place->shard.id == shard_id ? &*place : nullptr;
}

ShardState* StreamState::find(std::uint64_t shard_number) {
  for (ShardState& state : shards) {
    if (state.shard.number == shard_number) return &state;
  }
  return nullptr;
}

ShardState& StreamState::open_shard(std::uint64_t hash) {
  CHECK(!open.empty());
  const auto after = std::upper_bound(
      open.begin(), open.end(), hash,
      [&](std::uint64_t value, std::size_t place) { return value < shards[place].shard.hash_low; });
  CHECK(after != open.begin());
  ShardState& state = shards[*(after - 1)];
  CHECK(hash <= state.shard.hash_high);
  return state;
}

void ShardMap::load(Txn& txn) {
  const std::lock_guard lock(mutex_);
  streams_.clear();
  for (const auto& [id, row] : rows_of(txn, keys::streams_prefix())) {
    auto state = std::make_unique<StreamState>();
    state->stream = decode_row(keys::stream(id), [&] {
      return std::make_shared<const Stream>(decode_stream(id, row));
    });
    decode_row(keys::stream(id), [&] {
      load_shards(txn, *state);
      require_whole(*state);
    });
    streams_.emplace(id, std::move(state));
  }
  index_names();
}

void ShardMap::load_shards(Txn& txn, StreamState& stream) {
  const std::uint64_t stream_id = stream.stream->id;
  for (const auto& [number, row] : rows_of(txn, keys::shards_prefix(stream_id))) {
    ShardState state = decode_row(keys::shard(stream_id, number), [&] {
      return ShardState{.shard = decode_shard(stream_id, number, row)};
    });
    const Shard& shard = state.shard;
    state.newest =
        std::max({shard.start_sequence, shard.trimmed_sequence, shard.end_sequence.value_or(0)});
    if (shard.closed) stream.newest_created = std::max(stream.newest_created, *shard.closed);

    const keys::Range records = keys::prefix_range(keys::records_prefix(number));
    if (const auto last = txn.scan(records.begin, records.end, Order::kDescending); last->valid()) {
      state.newest = std::max(state.newest, last_u64(last->key()));
      stream.newest_created =
          std::max(stream.newest_created, decode_row(last->key(), [&] {
                     return record_created(last->value());
                   }));
    }
    stream.next_sequence = std::max(stream.next_sequence, state.newest + 1);
    stream.shards.push_back(std::move(state));
  }
  std::sort(stream.shards.begin(), stream.shards.end(),
            [](const auto& a, const auto& b) { return a.shard.id < b.shard.id; });
  index_open(stream);
}

std::vector<std::shared_ptr<const Stream>> ShardMap::streams(const Owner& owner) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Stream>> found;
  const StreamName first{.table = {.owner = owner, .name = {}}, .label = {}};
  for (auto name = names_.lower_bound(first);
       name != names_.end() && name->first.table.owner == owner; ++name) {
    found.push_back(streams_.at(name->second)->stream);
  }
  return found;
}

std::shared_ptr<const Stream> ShardMap::find_stream(const TableName& table,
                                                    std::string_view label) const {
  const std::lock_guard lock(mutex_);
  const auto name = names_.find({.table = table, .label = std::string(label)});
  return name == names_.end() ? nullptr : streams_.at(name->second)->stream;
}

std::shared_ptr<const Stream> ShardMap::find_stream(std::uint64_t stream_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream_id);
  return found == streams_.end() ? nullptr : found->second->stream;
}

std::vector<Shard> ShardMap::shards(std::uint64_t stream_id) const {
  const std::lock_guard lock(mutex_);
  std::vector<Shard> shards;
  const auto found = streams_.find(stream_id);
  if (found == streams_.end()) return shards;
  shards.reserve(found->second->shards.size());
  for (const ShardState& state : found->second->shards) shards.push_back(state.shard);
  return shards;
}

std::optional<Shard> ShardMap::find_shard(std::uint64_t stream_id,
                                          std::string_view shard_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream_id);
  if (found == streams_.end()) return std::nullopt;
  const ShardState* state = found->second->find(shard_id);
  return state ? std::optional(state->shard) : std::nullopt;
}

StreamState* ShardMap::find(std::uint64_t stream_id) {
  const auto found = streams_.find(stream_id);
  return found == streams_.end() ? nullptr : found->second.get();
}

std::uint64_t ShardMap::next_stream_id(Txn& txn) {
  return take_counter(txn, kNextStreamId);
}

std::uint64_t ShardMap::next_shard_number(Txn& txn) {
  return take_counter(txn, kNextShardNumber);
}

void ShardMap::put_stream(Txn& txn, const Stream& stream) {
  save(txn, stream.id);
  txn.put(keys::stream(stream.id), encode_stream(stream));
  auto shared = std::make_shared<const Stream>(stream);
  const std::lock_guard lock(mutex_);
  auto& state = streams_[stream.id];
  if (!state) state = std::make_unique<StreamState>();
  state->stream = std::move(shared);
  names_[{.table = stream.table, .label = stream.label}] = stream.id;
}

void ShardMap::erase_stream(Txn& txn, std::uint64_t stream_id) {
  save(txn, stream_id);
  txn.erase(keys::stream(stream_id));
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(stream_id);
  CHECK(found != streams_.end() && found->second->shards.empty());
  const Stream& stream = *found->second->stream;
  names_.erase({.table = stream.table, .label = stream.label});
  streams_.erase(found);
}

void ShardMap::put_shard(Txn& txn, const Shard& shard) {
  save(txn, shard.stream_id);
  txn.put(keys::shard(shard.stream_id, shard.number), encode_shard(shard));
  const std::lock_guard lock(mutex_);
  StreamState& stream = *streams_.at(shard.stream_id);
  const auto place = place_of(stream.shards, shard.id);
  if (place != stream.shards.end() && place->shard.id == shard.id) {
    place->shard = shard;
  } else {
    stream.shards.insert(
        place,
        ShardState{.shard = shard, .newest = shard.start_sequence, .oldest = Instant::max()});
  }
  index_open(stream);
}

void ShardMap::erase_shard(Txn& txn, const Shard& shard) {
  save(txn, shard.stream_id);
  txn.erase(keys::shard(shard.stream_id, shard.number));
  const std::lock_guard lock(mutex_);
  StreamState& stream = *streams_.at(shard.stream_id);
  const auto place = place_of(stream.shards, shard.id);
  CHECK(place != stream.shards.end() && place->shard.id == shard.id);
  stream.shards.erase(place);
  index_open(stream);
}

void ShardMap::appended(
    Txn& txn, StreamState& stream, ShardState& shard, std::uint64_t sequence, Instant created) {
  touch(txn, stream.stream->id);
  if (shard.saved_in_group != group_) {
    shard.saved_in_group = group_;
    saved_newest_.push_back({.stream_id = stream.stream->id,
                             .shard_number = shard.shard.number,
                             .newest = shard.newest});
  }
  shard.newest = sequence;
  shard.oldest = std::min(shard.oldest, created);
  stream.newest_created = created;
}

void ShardMap::touch(Txn& txn, std::uint64_t stream_id) {
  if (!group_open_) {
    group_open_ = true;
    txn.on_commit([this] { commit(); });
    txn.on_rollback([this] { roll_back(); });
  }
  if (std::find(touched_.begin(), touched_.end(), stream_id) == touched_.end()) {
    touched_.push_back(stream_id);
  }
}

void ShardMap::save(Txn& txn, std::uint64_t stream_id) {
  touch(txn, stream_id);
  if (saved_.contains(stream_id)) return;
  const StreamState* state = find(stream_id);
  saved_.emplace(stream_id, state ? std::make_unique<StreamState>(*state) : nullptr);
}

void ShardMap::index_names() {
  names_.clear();
  for (const auto& [id, state] : streams_) {
    names_[{.table = state->stream->table, .label = state->stream->label}] = id;
  }
}

void ShardMap::commit() {
  saved_.clear();
  saved_newest_.clear();
  group_open_ = false;
  ++group_;
  std::vector<std::uint64_t> touched;
  touched.swap(touched_);
  for (const std::uint64_t stream_id : touched) news_(stream_id);
}

void ShardMap::roll_back() {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [stream_id, before] : saved_) {
      if (before) {
        streams_[stream_id] = std::move(before);
      } else {
        streams_.erase(stream_id);
      }
    }
    if (!saved_.empty()) index_names();
  }
  // A saved stream may hold what the group appended before it was saved.
  for (const SavedNewest& saved : saved_newest_) {
    StreamState* stream = find(saved.stream_id);
    ShardState* shard = stream ? stream->find(saved.shard_number) : nullptr;
    if (shard) shard->newest = saved.newest;
  }
  saved_.clear();
  saved_newest_.clear();
  touched_.clear();
  group_open_ = false;
  ++group_;
}

}  // namespace tailrace
