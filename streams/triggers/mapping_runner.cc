#include "streams/triggers/mapping_runner.h"

#include <algorithm>

#include "storage/base/log.h"
#include "streams/log/stream_arn.h"

namespace tailrace::triggers {

// What a job saw of the stream and of this mapping's positions in it.
struct MappingRunner::Shards {
  std::shared_ptr<const Stream> stream;
  std::vector<Shard> shards;
  Checkpoints checkpoints;
};

std::shared_ptr<MappingRunner> MappingRunner::create(const TriggerContext& context,
                                                     Mapping mapping,
                                                     std::shared_ptr<RecordFilter> filter,
                                                     std::uint64_t newest_discarded,
                                                     Task on_progress) {
  return std::shared_ptr<MappingRunner>(new MappingRunner(
      context, std::move(mapping), std::move(filter), newest_discarded, std::move(on_progress)));
}

MappingRunner::MappingRunner(const TriggerContext& context,
                             Mapping mapping,
                             std::shared_ptr<RecordFilter> filter,
                             std::uint64_t newest_discarded,
                             Task on_progress)
    : context_(context),
      mapping_(std::move(mapping)),
      filter_(std::move(filter)),
      invocations_(context.options.invocations_kept, context.options.invocation_bytes_kept),
      newest_discarded_(newest_discarded),
      on_progress_(std::move(on_progress)) {}

void MappingRunner::start() {
  go_on();
}

void MappingRunner::wake() {
  for (const auto& [shard_id, reader] : readers_) reader->wake();
}

void MappingRunner::update(MappingOptions options, std::shared_ptr<RecordFilter> filter) {
  const MappingOptions before = std::exchange(mapping_.options, std::move(options));
  const MappingOptions& after = mapping_.options;
  if (before.filters != after.filters) next_filter_ = std::move(filter);
  if (before.enabled && !after.enabled) {
    quiesce(LaneMode::kStopping, {});
  } else if (!before.enabled && after.enabled) {
    go_on();
  } else if (before.filters != after.filters ||
             before.parallelization_factor != after.parallelization_factor ||
             before.tumbling_window_s != after.tumbling_window_s) {
    quiesce(LaneMode::kFinishing, {});
  }
  for (const auto& [shard_id, reader] : readers_) reader->on_options_changed();
}

void MappingRunner::stop(Task then) {
  stopped_ = true;
  quiesce(LaneMode::kStopping, std::move(then));
}

void MappingRunner::stop_deleted(Task then) {
  deleted_ = true;
  stop(std::move(then));
}

void MappingRunner::reposition(std::function<void(Task done)> change) {
  const bool was_stopped = std::exchange(stopped_, true);
  quiesce(LaneMode::kStopping, [weak = weak_from_this(), change = std::move(change), was_stopped] {
    change([weak, was_stopped] {
      const auto runner = weak.lock();
      if (!runner || was_stopped) return;
      runner->stopped_ = false;
      runner->finished_.clear();  // Positions have moved.
      runner->go_on();
    });
  });
}

bool MappingRunner::busy() const {
  return looking_ || std::any_of(readers_.begin(), readers_.end(),
                                 [](const auto& reader) { return !reader.second->idle(); });
}

const Checkpoint* MappingRunner::checkpoint(std::string_view shard_id) const {
  if (const auto reader = readers_.find(shard_id); reader != readers_.end())
    return &reader->second->checkpoint();
  const auto finished = finished_.find(shard_id);
  return finished == finished_.end() ? nullptr : &finished->second;
}

std::vector<MappingRunner::ShardStatus> MappingRunner::status() const {
  std::vector<ShardStatus> out;
  for (const auto& [shard_id, checkpoint] : finished_) {
    if (!readers_.contains(shard_id))
      out.push_back({.shard_id = shard_id, .checkpoint = checkpoint, .lanes = {}});
  }
  for (const auto& [shard_id, reader] : readers_) {
    out.push_back(
        {.shard_id = shard_id, .checkpoint = reader->checkpoint(), .lanes = reader->status()});
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.shard_id < b.shard_id; });
  return out;
}

void MappingRunner::set_last_result(std::string_view text) {
  if (mapping_.last_result == text) return;
  mapping_.last_result = text;
  if (deleted_) return;
  context_.submit([mapping = mapping_](Txn& txn) { put_mapping(txn, mapping); }, [](bool) {});
}

// --- Stopping and going on

void MappingRunner::quiesce(LaneMode mode, Task then) {
  quiescing_ = true;
  if (then) after_quiescing_.push_back(std::move(then));
  for (const auto& [shard_id, reader] : readers_) reader->set_mode(mode);
  on_reader_idle();
}

// Never from within a reader: it may be destroyed then.
void MappingRunner::on_reader_idle() {
  context_.scheduler.post([weak = weak_from_this()] {
    if (const auto runner = weak.lock()) runner->finish_quiescing();
  });
}

void MappingRunner::finish_quiescing() {
  if (!quiescing_ || busy()) return;
  quiescing_ = false;
  for (const auto& [shard_id, reader] : readers_) finished_[shard_id] = reader->checkpoint();
  readers_.clear();
  for (const Task& task : std::exchange(after_quiescing_, {})) task();
  on_progress_();
  go_on();
}

void MappingRunner::go_on() {
  if (stopped_ || !mapping_.options.enabled || quiescing_) return;
  if (next_filter_) filter_ = std::exchange(next_filter_, nullptr);
  look_at_shards();
}

// --- Shards

// Always walks the whole list: a shard may have appeared and been closed since the last look.
void MappingRunner::look_at_shards() {
  if (looking_) {
    look_again_ = true;
    return;
  }
  looking_ = true;
  auto shards = std::make_shared<Shards>();
  const auto run = [shards, &log = context_.log, arn = mapping_.stream_arn,
                    uuid = mapping_.uuid](Txn& txn) {
    *shards = Shards();
    shards->stream = find_stream_by_arn(log, arn);
    shards->checkpoints = load_checkpoints(txn, uuid);
    if (!shards->stream) return;
    shards->shards = log.shards(shards->stream->id);
    std::vector<std::string> gone;
    for (const auto& stored : shards->checkpoints) {
      const bool there = std::ranges::any_of(
          shards->shards, [&](const Shard& shard) { return shard.id == stored.first; });
      if (!there) gone.push_back(stored.first);
    }
    for (const std::string& shard_id : gone) erase_checkpoint(txn, uuid, shard_id);
  };
  context_.submit(run, [weak = weak_from_this(), shards](bool committed) {
    const auto runner = weak.lock();
    if (!runner) return;
    runner->looking_ = false;
    if (runner->quiescing_) {
      runner->finish_quiescing();
      return;
    }
    if (committed) {
      runner->on_shards(*shards);
    } else {
      runner->context_.scheduler.run_at(runner->context_.clock.now() + kStoreRetryDelay, [weak] {
        if (const auto again = weak.lock(); again && !again->stopped_ && !again->quiescing_)
          again->look_at_shards();
      });
    }
    if (std::exchange(runner->look_again_, false)) runner->look_at_shards();
  });
}

// Starts a reader for every unfinished shard whose parent is finished or gone.
void MappingRunner::on_shards(const Shards& found) {
  if (stopped_ || !mapping_.options.enabled) return;
  if (!found.stream) {
    log_warn("the stream of a mapping does not exist; the mapping waits",
             {{"mapping", mapping_.uuid}, {"stream", mapping_.stream_arn}});
    return;
  }
  std::map<std::string_view, const Shard*> by_id;
  for (const Shard& shard : found.shards) by_id.emplace(shard.id, &shard);
  const auto is_finished = [&](const std::string& shard_id) {
    const auto checkpoint = found.checkpoints.find(shard_id);
    return checkpoint != found.checkpoints.end() && checkpoint->second.finished;
  };
  std::erase_if(readers_, [&](const auto& reader) {
    return is_finished(reader.first) && reader.second->idle();
  });
  finished_.clear();
  for (const Shard& shard : found.shards) {
    const auto stored = found.checkpoints.find(shard.id);
    if (is_finished(shard.id)) {
      finished_.emplace(shard.id, stored->second);
      continue;
    }
    const bool parent_pending =
        shard.parent_id && by_id.contains(*shard.parent_id) && !is_finished(*shard.parent_id);
    if (parent_pending || readers_.contains(shard.id)) continue;
    Checkpoint start{
        .sequence = StreamLog::trim_horizon(shard), .finished = false, .window = std::nullopt};
    if (stored != found.checkpoints.end()) start = stored->second;
    auto reader = ShardReader::create(*this, found.stream, shard, start);
    readers_.emplace(shard.id, reader);
    reader->look_for_records();
  }
  on_progress_();
}

}  // namespace tailrace::triggers
