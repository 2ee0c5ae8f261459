#include "streams/triggers/starting_point.h"

#include <algorithm>

#include "streams/log/stream_log.h"

namespace tailrace::triggers {

namespace {

Checkpoint oldest_of(const Shard& shard) {
  return {.sequence = StreamLog::trim_horizon(shard), .finished = false, .window = std::nullopt};
}

Checkpoint newest_of(Txn& txn, const StreamLog& log, const Shard& shard) {
  return {.sequence = log.latest(txn, shard), .finished = !shard.open(), .window = std::nullopt};
}

}  // namespace

void write_starting_point(Txn& txn,
                          const StreamLog& log,
                          const Mapping& mapping,
                          const Stream& stream,
                          StartingPosition position) {
  const bool newest = position == StartingPosition::kLatest || position == StartingPosition::kNow;
  Checkpoints stopped;
  if (position == StartingPosition::kLastStoppedPoint) stopped = load_last_stopped(txn, mapping);
  for (const Shard& shard : log.shards(stream.id)) {
    Checkpoint checkpoint = newest ? newest_of(txn, log, shard) : oldest_of(shard);
    if (const auto found = stopped.find(shard.id); found != stopped.end())
      checkpoint = found->second;
    put_checkpoint(txn, mapping.uuid, shard.id, checkpoint);
  }
}

bool rewind_to(Txn& txn,
               const StreamLog& log,
               const Mapping& mapping,
               const Stream& stream,
               std::uint64_t sequence,
               const std::optional<std::string>& shard_id) {
  const std::vector<Shard> shards = log.shards(stream.id);
  const auto is_meant = [&](const Shard& shard) { return !shard_id || shard.id == *shard_id; };
  if (std::none_of(shards.begin(), shards.end(), is_meant)) return false;
  const Checkpoints checkpoints = load_checkpoints(txn, mapping.uuid);
  for (const Shard& shard : shards) {
    const auto stored = checkpoints.find(shard.id);
    if (!is_meant(shard) || stored == checkpoints.end() || stored->second.sequence < sequence)
      continue;
    Checkpoint checkpoint = oldest_of(shard);
    checkpoint.sequence = std::max(checkpoint.sequence, sequence - 1);
    put_checkpoint(txn, mapping.uuid, shard.id, checkpoint);
  }
  return true;
}

}  // namespace tailrace::triggers
