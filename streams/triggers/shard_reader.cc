#include "streams/triggers/shard_reader.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "storage/base/check.h"
#include "storage/base/log.h"

namespace tailrace::triggers {

namespace {

// Read-ahead of a shard at most: BatchSize for each lane, or these. (behaviour/triggers 10.3)
constexpr std::size_t kAheadRecordsMax = 10'000;
constexpr std::size_t kAheadBytesMax = 16 * 1024 * 1024;
// One read is one job, which must not hold the queue for long.
constexpr std::size_t kPageRecordsMax = 250;
constexpr std::size_t kPageBytesMax = 1024 * 1024;
// With a filter most records may be refused, so a page does not become smaller than this.
constexpr std::size_t kFilteredPageRecordsMin = 100;

}  // namespace

// What one read found. Made in a job, used on the home thread.
struct ShardReader::Page {
  bool gone = false;  // No such shard any more.
  bool closed = false;
  bool complete = false;  // Nothing was left to read.
  std::uint64_t trimmed = 0;
  Instant begun{};
  std::vector<StreamRecord> records;
};

std::shared_ptr<ShardReader> ShardReader::create(ReaderHost& host,
                                                 std::shared_ptr<const Stream> stream,
                                                 const Shard& shard,
                                                 const Checkpoint& start) {
  std::shared_ptr<ShardReader> reader(new ShardReader(host, std::move(stream), shard, start));
  reader->make_lanes();
  return reader;
}

ShardReader::ShardReader(ReaderHost& host,
                         std::shared_ptr<const Stream> stream,
                         const Shard& shard,
                         const Checkpoint& start)
    : host_(host),
      stream_(std::move(stream)),
      shard_number_(shard.number),
      shard_id_(shard.id),
      window_(start.window),
      read_through_(start.sequence),
      durable_(start) {}

ShardReader::~ShardReader() {
  for (TimerId* timer : {&poll_timer_, &read_retry_, &write_retry_}) cancel(*timer);
}

void ShardReader::cancel(TimerId& timer) {
  if (timer == TimerId::kNone) return;
  host_.context().scheduler.cancel(timer);
  timer = TimerId::kNone;
}

void ShardReader::make_lanes() {
  const MappingOptions& options = host_.mapping().options;
  const int count = options.tumbling_window_s > 0 || window_ ? 1 : options.parallelization_factor;
  for (int i = 0; i < count; ++i) lanes_.push_back(std::make_shared<Lane>(*this));
}

void ShardReader::wake() {
  if (mode_ != LaneMode::kRunning || at_end_) return;
  const Millis interval = host_.context().options.poll_interval;
  if (interval.count() == 0) {
    look_for_records();
    return;
  }
  if (poll_timer_ != TimerId::kNone) return;
  // Polls lie on multiples of the interval, but only those that find something take place.
  const Millis since_epoch = host_.context().clock.now().time_since_epoch();
  const Instant next(since_epoch - since_epoch % interval + interval);
  poll_timer_ = host_.context().scheduler.run_at(next, [this] {
    poll_timer_ = TimerId::kNone;
    look_for_records();
  });
}

// At the end nothing can follow; a wish would never be fulfilled and hold up the shard's end.
void ShardReader::look_for_records() {
  if (at_end_) return;
  wanted_ = true;
  read_more();
}

void ShardReader::set_mode(LaneMode mode) {
  if (mode_ == LaneMode::kStopping) return;  // The stronger one.
  mode_ = mode;
  cancel(poll_timer_);  // Nothing new is read.
  cancel(read_retry_);
  for (const auto& lane : lanes_) lane->set_mode(mode);
  settle();
}

void ShardReader::on_options_changed() {
  for (const auto& lane : lanes_) lane->on_options_changed();
  read_more();
}

bool ShardReader::idle() const {
  return !reading_ && !writing_ && gathered_.then.empty() &&
         std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->idle(); });
}

bool ShardReader::at_rest() const {
  return idle() && poll_timer_ == TimerId::kNone && read_retry_ == TimerId::kNone &&
         std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->at_rest(); });
}

std::vector<Lane::Status> ShardReader::status() const {
  std::vector<Lane::Status> out;
  for (const auto& lane : lanes_) {
    if (auto status = lane->status()) out.push_back(*std::move(status));
  }
  return out;
}

std::uint64_t ShardReader::position() const {
  std::uint64_t position = read_through_;
  for (const auto& lane : lanes_) {
    if (const std::uint64_t oldest = lane->oldest_unfinished(); oldest != 0)
      position = std::min(position, oldest - 1);
  }
  return position;
}

bool ShardReader::nothing_to_wait_for() const {
  return caught_up_ || budget().records == 0;
}

bool ShardReader::all_read(Instant committed) const {
  return !wanted_ && !reading_ && caught_up_at_ && *caught_up_at_ >= committed;
}

// --- Reading

ShardReader::Budget ShardReader::budget() const {
  std::size_t records = 0;
  std::size_t bytes = 0;
  for (const auto& lane : lanes_) {
    records += lane->queued();
    bytes += lane->queued_bytes();
  }
  const std::size_t batch =
      static_cast<std::size_t>(host_.mapping().options.batch_size) * lanes_.size();
  const std::size_t records_max = std::min(batch, kAheadRecordsMax);
  if (records >= records_max || bytes >= kAheadBytesMax) return {};
  return {.records = records_max - records, .bytes = kAheadBytesMax - bytes};
}

void ShardReader::read_more() {
  if (reading_ || !wanted_ || mode_ != LaneMode::kRunning) return;
  if (read_retry_ != TimerId::kNone) return;
  const Budget left = budget();
  if (left.records == 0) return;
  reading_ = true;
  wanted_ = false;
  std::size_t limit = std::min(left.records, kPageRecordsMax);
  if (!host_.filter().empty()) limit = std::max(limit, kFilteredPageRecordsMin);
  auto page = std::make_shared<Page>();
  const auto run = [page, &log = host_.context().log, stream_id = stream_->id, shard_id = shard_id_,
                    after = read_through_, limit, bytes = std::min(left.bytes, kPageBytesMax),
                    &clock = host_.context().clock](Txn& txn) {
    *page = Page();
    page->begun = clock.now();
    const auto shard = log.find_shard(stream_id, shard_id);
    page->gone = !shard.has_value();
    if (page->gone) return;
    page->closed = !shard->open();
    page->trimmed = shard->trimmed_sequence;
    page->records = log.read(txn, *shard, after, limit, bytes);
    const std::uint64_t last = page->records.empty() ? after : page->records.back().sequence;
    page->complete = page->records.empty() || last >= log.latest(txn, *shard);
  };
  host_.context().submit(run, [weak = weak_from_this(), page](bool committed) {
    const auto reader = weak.lock();
    if (!reader) return;
    reader->reading_ = false;
    if (committed) {
      reader->on_page(*page);
      return;
    }
    reader->wanted_ = true;
    if (reader->mode_ == LaneMode::kRunning) {
      const TriggerContext& context = reader->host_.context();
      reader->read_retry_ =
          context.scheduler.run_at(context.store_retry_time(), [again = reader.get()] {
            again->read_retry_ = TimerId::kNone;
            again->read_more();
          });
    }
    reader->settle();
  });
}

void ShardReader::on_page(const Page& page) {
  if (mode_ != LaneMode::kRunning) {
    settle();  // Will be read again by the reader that follows.
    return;
  }
  if (page.trimmed > read_through_) {
    log_warn("records were trimmed before the mapping read them",
             {{"mapping", host_.mapping().uuid},
              {"shard", shard_id_},
              {"after", sequence_number_text(read_through_)},
              {"through", sequence_number_text(page.trimmed)}});
    read_through_ = page.trimmed;
  }
  deal(page.records);
  caught_up_ = page.gone || page.complete;
  if (caught_up_) {
    caught_up_at_ = page.begun;
    at_end_ = page.gone || page.closed;
  }
  // A wake-up meanwhile is answered by another read; but behind the end there is nothing, and the
  // read that found it saw all that the wake-up was for.
  wanted_ = !at_end_ && (wanted_ || !caught_up_);
  for (const auto& lane : lanes_) lane->step();
  read_more();
  settle();
}

void ShardReader::deal(const std::vector<StreamRecord>& records) {
  if (records.empty()) return;
  TriggerCounters& counters = host_.counters();
  counters.records_read += records.size();
  read_through_ = records.back().sequence;
  RecordFilter& filter = host_.filter();
  auto text = std::make_shared<std::string>();
  std::vector<QueuedRecord> accepted;
  std::vector<std::size_t> lane_of;
  for (const StreamRecord& record : records) {
    const std::size_t offset = text->size();
    append_record_json(*text, *stream_, record, RecordForm::kLambdaEvent);
    if (!filter.passes(std::string_view(*text).substr(offset))) {
      ++counters.records_filtered;
      text->resize(offset);
      continue;
    }
    accepted.push_back({.sequence = record.sequence,
                        .created = record.created,
                        .page = nullptr,
                        .offset = offset,
                        .length = text->size() - offset});
    lane_of.push_back(
        lanes_.size() == 1 ? 0 : std::hash<std::string>()(record.keys_json) % lanes_.size());
  }
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    accepted[i].page = text;
    lanes_[lane_of[i]]->push(std::move(accepted[i]));
  }
}

// --- Writing

void ShardReader::commit(std::shared_ptr<DiscardedBatch> discarded, Task then) {
  if (discarded) gathered_.discarded.push_back(std::move(discarded));
  gathered_.then.push_back(std::move(then));
  write();
}

void ShardReader::write() {
  if (writing_ || write_retry_ != TimerId::kNone || gathered_.then.empty()) return;
  writing_ = true;
  Write write = std::exchange(gathered_, {});
  const Checkpoint next{.sequence = position(), .finished = finished_, .window = window_};
  if (write.discarded.empty() && next == durable_) {  // An older batch of another lane holds it.
    on_written(next, std::move(write), true);
    return;
  }
  const auto run = [key = key_of(host_.mapping()), shard_id = shard_id_, next,
                    discarded = write.discarded](Txn& txn) {
    if (!mapping_exists(txn, key)) return;  // Deleted meanwhile, its rows with it.
    put_checkpoint(txn, key.uuid, shard_id, next);
    for (const auto& batch : discarded) put_discarded(txn, key, *batch);
  };
  host_.context().submit(
      run, [weak = weak_from_this(), next, write = std::move(write)](bool committed) mutable {
        if (const auto reader = weak.lock()) reader->on_written(next, std::move(write), committed);
      });
}

void ShardReader::on_written(const Checkpoint& next, Write written, bool committed) {
  writing_ = false;
  if (committed) {
    durable_ = next;
    for (const Task& task : written.then) task();
    write();
    host_.on_progress();
    return;
  }
  // Once more, with all that has come meanwhile.
  std::swap(written, gathered_);
  std::ranges::move(written.discarded, std::back_inserter(gathered_.discarded));
  std::ranges::move(written.then, std::back_inserter(gathered_.then));
  const TriggerContext& context = host_.context();
  write_retry_ = context.scheduler.run_at(context.store_retry_time(), [this] {
    write_retry_ = TimerId::kNone;
    write();
  });
}

void ShardReader::on_lane_changed() {
  read_more();
  settle();
}

// Notices that nothing is left to do: for now, of the shard, or before stopping.
void ShardReader::settle() {
  if (!idle()) return;
  if (mode_ != LaneMode::kRunning) {
    host_.on_reader_idle();
    return;
  }
  advance();
}

// Lanes are idle: what was read since has been filtered out, and the checkpoint passes it; at the
// shard's end it says so.
void ShardReader::advance() {
  if (finished_ || wanted_) return;
  const bool queued = std::any_of(lanes_.begin(), lanes_.end(),
                                  [](const auto& lane) { return lane->queued() > 0; });
  if (queued) return;
  if (at_end_ && !window_) {
    finished_ = true;
    commit(nullptr, [weak = weak_from_this()] {
      const auto reader = weak.lock();
      if (!reader) return;
      reader->host_.on_shard_finished();
      reader->settle();
    });
  } else if (position() != durable_.sequence) {
    commit(nullptr, [weak = weak_from_this()] {
      if (const auto reader = weak.lock()) reader->settle();
    });
  }
}

}  // namespace tailrace::triggers
