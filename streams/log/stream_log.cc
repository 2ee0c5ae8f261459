#include "streams/log/stream_log.h"

#include <algorithm>

#include "storage/base/engine_error.h"
#include "storage/base/json_text.h"
#include "storage/base/random.h"
#include "storage/base/time_text.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"
#include "streams/log/record_codec.h"
#include "streams/log/sip_hash.h"
#include "streams/log/stream_log_state.h"

namespace tailrace {
namespace {

constexpr std::string_view kIteratorKeyName = "iterator_key";

// Any fixed key will do; it must stay, or items would change their shards.
constexpr std::array<std::uint64_t, 2> kShardHashKey = {0x7461696c72616365, 0x7368617264206964};

// Where a partition key value lies in the range of a stream's shards. (behaviour/streams 13.4)
std::uint64_t shard_hash(const AttributeValue& partition_key) {
  Buffer bytes;
  bytes.push_back(static_cast<char>(partition_key.type()));
  append_key_value(bytes, partition_key);
  return sip_hash(kShardHashKey, bytes);
}

EventName event_of(const Change& change) {
  if (!change.before) return EventName::kInsert;
  return change.after ? EventName::kModify : EventName::kRemove;
}

// A stream that is being enabled takes every write from then on. (behaviour/streams 2.4)
bool takes_records(StreamStatus status) {
  return status == StreamStatus::kEnabled || status == StreamStatus::kEnabling;
}

bool has_new_image(StreamViewType type) {
  return type == StreamViewType::kNewImage || type == StreamViewType::kNewAndOldImages;
}

bool has_old_image(StreamViewType type) {
  return type == StreamViewType::kOldImage || type == StreamViewType::kNewAndOldImages;
}

// {"pk":{"S":"x"},"sk":{"N":"1"}}, copied out of the item.
void write_keys_json(Buffer& out, const TableSchema& table, const StoredItem& item) {
  out.clear();
  const auto append = [&](const KeyAttribute& attribute) {
    const auto json = item.find_json(attribute.name);
    require_stored(json.has_value(), "item");
    out.push_back(out.empty() ? '{' : ',');
    append_json_string(out, attribute.name);
    out.push_back(':');
    out.append(*json);
  };
  for (const KeyAttribute& attribute : table.keys.hash) append(attribute);
  for (const KeyAttribute& attribute : table.keys.range) append(attribute);
  out.push_back('}');
}

}  // namespace

std::uint64_t Listeners::add(StreamLog::Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.emplace(next_, std::move(listener));
  return next_++;
}

void Listeners::remove(std::uint64_t subscription) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(subscription);
}

void Listeners::call(std::uint64_t stream_id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [subscription, listener] : listeners_) listener(stream_id);
}

StreamLog::StreamLog(StreamOptions options, const Clock& clock)
    : state_(std::make_unique<State>(options, clock)) {}

StreamLog::~StreamLog() = default;

void StreamLog::load(Txn& txn) {
  state_->map.load(txn);
  const Buffer key = keys::meta(kIteratorKeyName);
  Buffer row;
  if (!txn.get(key, row)) {
    append_u64(row, random_u64());
    append_u64(row, random_u64());
    txn.put(key, row);
  }
  Bytes rest = row;
  for (std::uint64_t& word : state_->iterator_key) word = take_u64(rest);
}

TableStream StreamLog::enable(Txn& txn,
                              const TableSchema& table,
                              StreamViewType view_type,
                              Settled settled) {
  const Instant now = state_->clock.now();
  Stream stream;
  stream.id = state_->map.next_stream_id(txn);
  stream.table = table.name;
  stream.table_id = table.id;
  stream.view_type = view_type;
  stream.status =
      settled == Settled::kAtOnce ? StreamStatus::kEnabled : StreamStatus::kEnabling;
  stream.keys = table.keys;
  // A label is unique among all streams that a table of this name has had. (behaviour/streams 2.1)
  for (Instant label = now;; label += Millis(1)) {
    stream.requested = label;
    stream.label = iso_millis(label);
    const bool is_latest = table.stream && table.stream->label == stream.label;
    if (!is_latest && !state_->map.find_stream(stream.table, stream.label)) break;
  }
  state_->map.put_stream(txn, stream);

  StreamState& state = *state_->map.find(stream.id);
  const auto count = static_cast<std::uint64_t>(std::max(1, state_->options.initial_shards));
  const std::uint64_t width = UINT64_MAX / count;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t high = i + 1 == count ? UINT64_MAX : (i + 1) * width - 1;
    state_->open_shard(txn, state, nullptr, i * width, high, now);
  }
  return {.stream_id = stream.id, .label = stream.label, .view_type = view_type, .enabled = true};
}

void StreamLog::disable(Txn& txn, const TableSchema& table, Settled settled) {
  if (!table.stream) return;
  StreamState* stream = state_->map.find(table.stream->stream_id);
  if (!stream || !takes_records(stream->stream->status)) return;
  while (!stream->open.empty()) {
    state_->close(txn, *stream, stream->shards[stream->open.front()]);
  }
  Stream disabled = *stream->stream;
  disabled.status =
      settled == Settled::kAtOnce ? StreamStatus::kDisabled : StreamStatus::kDisabling;
  disabled.disabled = state_->clock.now();
  state_->map.put_stream(txn, disabled);
}

void StreamLog::settle(Txn& txn, std::uint64_t stream_id) {
  StreamState* stream = state_->map.find(stream_id);
  if (!stream) return;
  Stream settled = *stream->stream;
  if (settled.status == StreamStatus::kEnabling) settled.status = StreamStatus::kEnabled;
  if (settled.status == StreamStatus::kDisabling) settled.status = StreamStatus::kDisabled;
  if (settled.status != stream->stream->status) state_->map.put_stream(txn, settled);
}

void StreamLog::on_change(Txn& txn, const Change& change) {
  if (!change.table.stream || !change.table.stream->enabled) return;
  if (change.cause == ChangeCause::kReplicaFill) return;
  StreamState* stream = state_->map.find(change.table.stream->stream_id);
  if (!stream || !takes_records(stream->stream->status)) return;

  const Instant now = state_->monotonic_now(*stream);
  const AttributeMap key = change.key();
  std::uint64_t hash = 0;
  if (stream->open.size() > 1 || state_->options.split_rate > 0) {
    hash = shard_hash(*key.find(change.table.keys.hash.front().name));
  }
  ShardState* shard = &stream->open_shard(hash);
  if (state_->options.split_rate > 0) shard->rate.add(now);
  if (state_->is_to_be_split(*stream, *shard, now)) {
    state_->split(txn, *stream, *shard);
    shard = &stream->open_shard(hash);
  } else if (state_->is_aged(shard->shard, now)) {
    state_->roll_over(txn, *stream, *shard);
    shard = &stream->open_shard(hash);
  }

  const StoredItem& present = change.after ? *change.after : *change.before;
  const StreamViewType view = stream->stream->view_type;
  RecordInput record;
  record.created = now;
  record.event = event_of(change);
  record.cause = change.cause;
  record.size_bytes = item_size(key);
  record.event_id = {random_u64(), random_u64()};
  if (has_new_image(view)) record.new_image = change.after;
  if (has_old_image(view)) record.old_image = change.before;
  if (record.new_image) record.size_bytes += record.new_image->size();
  if (record.old_image) record.size_bytes += record.old_image->size();
  write_keys_json(state_->keys_scratch, change.table, present);
  record.keys_json = state_->keys_scratch;
  encode_record(state_->record_scratch, record);

  const std::uint64_t sequence = stream->next_sequence++;
  txn.put(keys::record(shard->shard.number, sequence), state_->record_scratch);
  state_->map.appended(txn, *stream, *shard, sequence, now);
}

std::vector<std::shared_ptr<const Stream>> StreamLog::streams(const Owner& owner) const {
  return state_->map.streams(owner);
}

std::shared_ptr<const Stream> StreamLog::find_stream(const Owner& owner,
                                                     std::string_view table,
                                                     std::string_view label) const {
  return state_->map.find_stream({.owner = owner, .name = std::string(table)}, label);
}

std::shared_ptr<const Stream> StreamLog::find_stream(std::uint64_t stream_id) const {
  return state_->map.find_stream(stream_id);
}

std::vector<Shard> StreamLog::shards(std::uint64_t stream_id) const {
  return state_->map.shards(stream_id);
}

std::optional<Shard> StreamLog::find_shard(std::uint64_t stream_id,
                                           std::string_view shard_id) const {
  return state_->map.find_shard(stream_id, shard_id);
}

std::vector<StreamRecord> StreamLog::read(Txn& txn,
                                          const Shard& shard,
                                          std::uint64_t after,
                                          std::size_t limit,
                                          std::size_t bytes_max) const {
  std::vector<StreamRecord> records;
  if (after == UINT64_MAX) return records;
  const Buffer begin = keys::record(shard.number, after + 1);
  const Buffer end = keys::prefix_range(keys::records_prefix(shard.number)).end;
  std::uint64_t bytes = 0;
  for (auto row = txn.scan(begin, end, Order::kAscending); row->valid() && records.size() < limit;
       row->next()) {
    const Bytes key = row->key();
    const Bytes value = row->value();
    bytes += decode_row(key, [&] { return record_size_bytes(value); });
    if (bytes > bytes_max && !records.empty()) break;
    Bytes sequence = key.substr(key.size() - sizeof(std::uint64_t));
    records.push_back(decode_row(key, [&] { return decode_record(take_u64(sequence), value); }));
  }
  return records;
}

std::uint64_t StreamLog::latest(Txn&, const Shard& shard) const {
  StreamState* stream = state_->map.find(shard.stream_id);
  const ShardState* state = stream ? stream->find(shard.number) : nullptr;
  return state ? state->newest : shard.end_sequence.value_or(shard.start_sequence);
}

std::uint64_t StreamLog::trim_horizon(const Shard& shard) {
  return std::max(shard.trimmed_sequence, shard.start_sequence - 1);
}

std::uint64_t StreamLog::newest_sequence(Txn&, std::uint64_t stream_id) const {
  const StreamState* stream = state_->map.find(stream_id);
  return stream ? stream->next_sequence - 1 : 0;
}

IteratorKey StreamLog::iterator_key() const {
  return state_->iterator_key;
}

Result<void> StreamLog::expire_iterators(Txn& txn, std::uint64_t stream_id) {
  const StreamState* state = state_->map.find(stream_id);
  if (!state) {
    return ApiError{.code = ErrorCode::kResourceNotFoundException,
                    .message = "Requested resource not found: Stream not found",
                    .extra_members = {}};
  }
  Stream stream = *state->stream;
  ++stream.iterator_epoch;
  state_->map.put_stream(txn, stream);
  return {};
}

std::uint64_t StreamLog::subscribe(Listener listener) {
  return state_->listeners.add(std::move(listener));
}

void StreamLog::unsubscribe(std::uint64_t subscription) {
  state_->listeners.remove(subscription);
}

bool StreamLog::take_call(Txn&,
                          const Owner& owner,
                          MeteredCall call,
                          std::uint64_t shard_number) {
  return !state_->options.enforce_rates ||
         state_->call_rates.take({owner, call, shard_number}, state_->clock.now());
}

const StreamOptions& StreamLog::options() const {
  return state_->options;
}

}  // namespace tailrace
