#include "streams/triggers/mapping_runner.h"

#include <algorithm>

#include "storage/base/check.h"
#include "storage/base/log.h"
#include "streams/log/stream_arn.h"
#include "streams/triggers/mapping_errors.h"

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
      announced_result_(mapping_.last_result),
      invocations_(context.options.invocations_kept, context.options.invocation_bytes_kept),
      newest_discarded_(newest_discarded),
      on_progress_(std::move(on_progress)) {}

MappingRunner::~MappingRunner() {
  if (look_retry_ != TimerId::kNone) context_.scheduler.cancel(look_retry_);
}

void MappingRunner::start() {
  go_on();
}

void MappingRunner::wake() {
  for (const auto& [shard_id, reader] : readers_) reader->wake();
}

// --- Changes

void MappingRunner::change(Change change, Changed done) {
  struct Outcome {
    std::optional<Mapping> stored;
    Result<void> result;
  };
  auto outcome = std::make_shared<Outcome>();
  const auto run = [outcome, change = std::move(change), key = key_of(mapping_)](Txn& txn) {
    outcome->result = {};
    outcome->stored = find_mapping(txn, key);
    if (!outcome->stored) {
      outcome->result = mapping_not_found();
      return;
    }
    outcome->result = change(*outcome->stored);
    if (outcome->result) put_mapping(txn, *outcome->stored);
  };
  // Outcomes come in the order of the commits, so the last one is the row as it is.
  context_.submit(run, [weak = weak_from_this(), outcome, done = std::move(done)](bool committed) {
    const auto runner = weak.lock();
    if (!runner) return done(mapping_not_found());
    if (!committed) return done(mapping_not_stored());
    if (outcome->result) runner->follow(*std::move(outcome->stored));
    done(outcome->result);
  });
}

void MappingRunner::follow(Mapping stored) {
  const MappingOptions before = std::exchange(mapping_, std::move(stored)).options;
  const MappingOptions& after = mapping_.options;
  if (before.filters != after.filters) {
    auto filter = RecordFilter::compile(after.filters);
    CHECK(filter.has_value());  // Checked before it was stored.
    next_filter_ = *std::move(filter);
  }
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

void MappingRunner::set_last_result(std::string_view text) {
  if (announced_result_ == text) return;
  announced_result_ = text;
  change(
      [text = std::string(text)](Mapping& mapping) -> Result<void> {
        mapping.last_result = text;
        return {};
      },
      [weak = weak_from_this()](const Result<void>& stored) {
        const auto runner = weak.lock();
        if (runner && !stored) runner->announced_result_ = runner->mapping_.last_result;
      });
}

// --- Stopping and going on

void MappingRunner::stop(Task then) {
  stopped_ = true;
  quiesce(LaneMode::kStopping, std::move(then));
}

void MappingRunner::reposition(std::function<void(Task done)> change) {
  ++repositioning_;
  quiesce(LaneMode::kStopping, [weak = weak_from_this(), change = std::move(change)] {
    change([weak] {
      const auto runner = weak.lock();
      if (!runner) return;
      runner->finished_.clear();  // Positions have moved.
      --runner->repositioning_;
      runner->go_on();
    });
  });
}

bool MappingRunner::busy() const {
  return looking_ || std::any_of(readers_.begin(), readers_.end(),
                                 [](const auto& reader) { return !reader.second->idle(); });
}

bool MappingRunner::at_rest() const {
  return !busy() && !quiescing_ && repositioning_ == 0 && look_retry_ == TimerId::kNone &&
         std::all_of(readers_.begin(), readers_.end(),
                     [](const auto& reader) { return reader.second->at_rest(); });
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

bool MappingRunner::may_read() const {
  return !stopped_ && repositioning_ == 0 && mapping_.options.enabled && !quiescing_;
}

void MappingRunner::go_on() {
  if (!may_read()) return;
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
    if (!committed) return runner->look_later();
    runner->on_shards(*shards);
    if (std::exchange(runner->look_again_, false)) runner->look_at_shards();
  });
}

void MappingRunner::look_later() {
  if (look_retry_ != TimerId::kNone) return;
  look_retry_ = context_.scheduler.run_at(context_.store_retry_time(), [this] {
    look_retry_ = TimerId::kNone;
    go_on();
  });
}

// Starts a reader for every unfinished shard whose parent is finished or gone.
void MappingRunner::on_shards(const Shards& found) {
  if (!may_read()) return;
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
