#include "streams/triggers/mapping_store.h"

#include <algorithm>

#include "storage/base/engine_error.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"
#include "storage/value/key_encoding.h"

namespace tailrace::triggers {

namespace {

constexpr std::string_view kMappings = "event-source-mapping";
constexpr std::string_view kLastStopped = "last-stopped";
constexpr std::string_view kDiscarded = "discarded-batch";
constexpr std::string_view kPayloads = "discarded-payload";
constexpr char kCheckpointVersion = 1;

Buffer encode_checkpoint(const Checkpoint& checkpoint) {
  Buffer out;
  out.push_back(kCheckpointVersion);
  out.push_back(checkpoint.finished ? '\1' : '\0');
  append_u64(out, checkpoint.sequence);
  if (checkpoint.window) {
    append_u64(out, static_cast<std::uint64_t>(to_millis(checkpoint.window->start)));
    append_u64(out, static_cast<std::uint64_t>(to_millis(checkpoint.window->end)));
    out += checkpoint.window->state;
  }
  return out;
}

Checkpoint decode_checkpoint(Bytes row) {
  require_stored(row.size() >= 10 && row.front() == kCheckpointVersion, "checkpoint");
  Checkpoint checkpoint;
  checkpoint.finished = row[1] != '\0';
  row.remove_prefix(2);
  checkpoint.sequence = take_u64(row);
  if (!row.empty()) {
    TumblingWindow& window = checkpoint.window.emplace();
    window.start = from_millis(static_cast<std::int64_t>(take_u64(row)));
    window.end = from_millis(static_cast<std::int64_t>(take_u64(row)));
    window.state.assign(row);
  }
  return checkpoint;
}

// Calls `visit` with what follows the prefix in each key, and the value.
template <class Visit>
void for_each_row(Txn& txn, const Buffer& prefix, Visit visit) {
  const keys::Range range = keys::prefix_range(prefix);
  for (auto row = txn.scan(range.begin, range.end, Order::kAscending); row->valid(); row->next()) {
    decode_row(row->key(), [&] { visit(row->key().substr(prefix.size()), row->value()); });
  }
}

// A cursor does not survive writes: collect first, then erase.
void erase_rows(Txn& txn, const Buffer& prefix) {
  std::vector<Buffer> found;
  const keys::Range range = keys::prefix_range(prefix);
  for (auto row = txn.scan(range.begin, range.end, Order::kAscending); row->valid(); row->next())
    found.emplace_back(row->key());
  for (const Buffer& key : found) txn.erase(key);
}

Buffer mapping_row(const MappingKey& key) {
  return keys::document(kMappings, key.owner, key.uuid);
}

Buffer last_stopped_prefix(const Mapping& mapping) {
  return keys::document(kLastStopped, mapping.owner,
                        str_cat(mapping.stream_arn, " ", arn_of(mapping.options.function), " "));
}

Buffer batch_prefix(std::string_view collection, const MappingKey& mapping) {
  return keys::document(collection, mapping.owner, str_cat(mapping.uuid, "/"));
}
Buffer batch_key(std::string_view collection, const MappingKey& mapping, std::uint64_t id) {
  Buffer key = batch_prefix(collection, mapping);
  append_u64(key, id);
  return key;
}

}  // namespace

std::vector<Mapping> load_mappings(Txn& txn) {
  std::vector<Mapping> mappings;
  for_each_row(txn, keys::documents_prefix(kMappings),
               [&](Bytes, Bytes value) { mappings.push_back(decode_mapping(value)); });
  std::sort(mappings.begin(), mappings.end(),
            [](const Mapping& a, const Mapping& b) { return a.order < b.order; });
  return mappings;
}

std::optional<Mapping> find_mapping(Txn& txn, const MappingKey& key) {
  Buffer row;
  if (!txn.get(mapping_row(key), row)) return std::nullopt;
  return decode_row(mapping_row(key), [&] { return decode_mapping(row); });
}

bool mapping_exists(Txn& txn, const MappingKey& key) {
  Buffer row;
  return txn.get(mapping_row(key), row);
}

void put_mapping(Txn& txn, const Mapping& mapping) {
  txn.put(mapping_row(key_of(mapping)), encode_mapping(mapping));
}

void erase_mapping(Txn& txn, const MappingKey& key) {
  const auto mapping = find_mapping(txn, key);
  if (!mapping) return;
  const Checkpoints checkpoints = load_checkpoints(txn, key.uuid);
  const Buffer stopped = last_stopped_prefix(*mapping);
  erase_rows(txn, stopped);
  for (const auto& [shard_id, checkpoint] : checkpoints) {
    txn.put(str_cat(stopped, shard_id), encode_checkpoint(checkpoint));
    erase_checkpoint(txn, key.uuid, shard_id);
  }
  erase_rows(txn, batch_prefix(kDiscarded, key));
  erase_rows(txn, batch_prefix(kPayloads, key));
  txn.erase(mapping_row(key));
}

Checkpoints load_checkpoints(Txn& txn, std::string_view uuid) {
  Checkpoints checkpoints;
  for_each_row(txn, keys::checkpoints_prefix(uuid), [&](Bytes shard_id, Bytes value) {
    checkpoints.emplace(shard_id, decode_checkpoint(value));
  });
  return checkpoints;
}

void put_checkpoint(Txn& txn,
                    std::string_view uuid,
                    std::string_view shard_id,
                    const Checkpoint& checkpoint) {
  txn.put(keys::checkpoint(uuid, shard_id), encode_checkpoint(checkpoint));
}

void erase_checkpoint(Txn& txn, std::string_view uuid, std::string_view shard_id) {
  txn.erase(keys::checkpoint(uuid, shard_id));
}

Checkpoints load_last_stopped(Txn& txn, const Mapping& mapping) {
  Checkpoints checkpoints;
  for_each_row(txn, last_stopped_prefix(mapping), [&](Bytes shard_id, Bytes value) {
    checkpoints.emplace(shard_id, decode_checkpoint(value));
  });
  return checkpoints;
}

void put_discarded(Txn& txn, const MappingKey& mapping, const DiscardedBatch& batch) {
  txn.put(batch_key(kDiscarded, mapping, batch.id), batch.summary);
  txn.put(batch_key(kPayloads, mapping, batch.id), *batch.payload);
  if (batch.id > kDiscardedKept) erase_discarded(txn, mapping, batch.id - kDiscardedKept);
}

void erase_discarded(Txn& txn, const MappingKey& mapping, std::uint64_t id) {
  txn.erase(batch_key(kDiscarded, mapping, id));
  txn.erase(batch_key(kPayloads, mapping, id));
}

std::uint64_t newest_discarded(Txn& txn, const MappingKey& mapping) {
  const Buffer prefix = batch_prefix(kDiscarded, mapping);
  const keys::Range range = keys::prefix_range(prefix);
  const auto row = txn.scan(range.begin, range.end, Order::kDescending);
  if (!row->valid()) return 0;
  Bytes id = row->key().substr(prefix.size());
  return take_u64(id);
}

std::vector<std::string> list_discarded(Txn& txn, const MappingKey& mapping) {
  std::vector<std::string> summaries;
  for_each_row(txn, batch_prefix(kDiscarded, mapping),
               [&](Bytes, Bytes value) { summaries.emplace_back(value); });
  return summaries;
}

std::optional<std::string> discarded_payload(Txn& txn,
                                             const MappingKey& mapping,
                                             std::uint64_t id) {
  Buffer payload;
  if (!txn.get(batch_key(kPayloads, mapping, id), payload)) return std::nullopt;
  return payload;
}

}  // namespace tailrace::triggers
