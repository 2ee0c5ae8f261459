#include "streams/triggers/drain.h"

#include <algorithm>

#include "storage/base/log.h"
#include "streams/log/stream_arn.h"

namespace tailrace::triggers {

void Drain::set_targets(std::vector<DrainTarget> targets) {
  targets_ = std::move(targets);
  ready_ = true;
}

bool Drain::reached(const DrainTarget& target) const {
  const auto runner = runners_(target.uuid);
  if (!runner || !runner->mapping().options.enabled)
    return true;  // Nothing is delivered: nothing to wait for.
  const Checkpoint* checkpoint = runner->checkpoint(target.shard_id);
  return checkpoint && (checkpoint->finished || checkpoint->sequence >= target.sequence);
}

bool Drain::check() {
  if (!done_) return true;
  if (!ready_) return false;
  std::erase_if(targets_, [this](const DrainTarget& target) { return reached(target); });
  if (!targets_.empty()) return false;
  std::exchange(done_, nullptr)();
  return true;
}

std::vector<BehindBatch> Drain::behind() const {
  std::vector<BehindBatch> out;
  for (const DrainTarget& target : targets_) {
    const auto runner = runners_(target.uuid);
    if (!runner || reached(target)) continue;
    BehindBatch batch{.uuid = target.uuid,
                      .function_arn = arn_of(runner->mapping().options.function),
                      .shard_id = target.shard_id,
                      .target = target.sequence,
                      .reason = "the shard waits for its parent to be finished"};
    if (const Checkpoint* checkpoint = runner->checkpoint(target.shard_id)) {
      batch.checkpoint = checkpoint->sequence;
      batch.reason = "records are being read";
    }
    std::vector<Lane::Status> lanes;
    for (const auto& shard : runner->status()) {
      if (shard.shard_id == target.shard_id) lanes = shard.lanes;
    }
    if (runner->at_rest()) {
      batch.reason =
          "STALLED: nothing is under way or due that would deliver these records; disabling and "
          "enabling the mapping begins anew. This is a fault of Tailrace's: please report it";
      log_error("a mapping has stalled", {{"mapping", batch.uuid},
                                          {"shard", batch.shard_id},
                                          {"checkpoint", sequence_number_text(batch.checkpoint)},
                                          {"written", sequence_number_text(batch.target)}});
      lanes.clear();
    }
    if (lanes.empty()) out.push_back(batch);
    for (const Lane::Status& lane : lanes) {
      batch.first_sequence = lane.first_sequence;
      batch.last_sequence = lane.last_sequence;
      batch.records = lane.records;
      batch.attempts = lane.attempts;
      batch.reason = lane.reason;
      out.push_back(batch);
    }
  }
  return out;
}

std::vector<DrainTarget> drain_targets(Txn& txn,
                                       const StreamLog& log,
                                       const std::string& uuid,
                                       const std::string& stream_arn) {
  std::vector<DrainTarget> targets;
  const auto stream = find_stream_by_arn(log, stream_arn);
  if (!stream) return targets;
  for (const Shard& shard : log.shards(stream->id)) {
    const std::uint64_t latest = log.latest(txn, shard);
    const bool has_records = latest > std::max(shard.start_sequence, shard.trimmed_sequence);
    if (has_records) targets.push_back({.uuid = uuid, .shard_id = shard.id, .sequence = latest});
  }
  return targets;
}

}  // namespace tailrace::triggers
