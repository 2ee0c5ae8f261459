// How a lane forms its next batch. (behaviour/triggers 3.3, 3.8, 3.12)
#include <algorithm>

#include "storage/base/check.h"
#include "streams/triggers/lane.h"

namespace tailrace::triggers {

namespace {

// A state that is larger ends its window early. (behaviour/triggers 3.12)
constexpr std::size_t kWindowStateBytesMax = 1024 * 1024;

Instant whole_seconds(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant);
}

}  // namespace

std::optional<Instant> Lane::open_window_end() const {
  const auto& window = host_.window();
  if (!window) return std::nullopt;
  return window->end;
}

TumblingWindow Lane::window_of(const QueuedRecord& record) const {
  const auto size = std::chrono::seconds(options().tumbling_window_s);
  const auto since_epoch = whole_seconds(record.created).time_since_epoch();
  const Instant start(since_epoch - since_epoch % std::chrono::duration_cast<Millis>(size));
  return {.start = start, .end = start + size, .state = "{}"};
}

bool Lane::form_batch() {
  if (mode_ != LaneMode::kRunning) return false;
  if (form_window_end()) return true;
  if (queue_.empty()) return false;
  if (const std::size_t aged = aged_in_queue(); aged > 0) {
    take_batch(aged);
    return true;
  }
  const Extent extent = next_extent();
  if (!is_ready(extent)) return false;
  take_batch(extent.records);
  return true;
}

// The last invocation of a window that is over, or whose state has grown too large.
bool Lane::form_window_end() {
  const auto& window = host_.window();
  if (!window) return false;
  if (window->state.size() > kWindowStateBytesMax) {
    work_.push_back({.records = {},
                     .state = {},
                     .purpose = Purpose::kWindowTerminated,
                     .request_id = {},
                     .last_error = {},
                     .payload = {}});
    return true;
  }
  if (queue_.empty()) {
    if (!host_.at_end_of_shard()) {
      const Instant end = window->end;
      if (now() < end) {
        start_timer(end, [this] { host_.look_for_records(); });
        return false;
      }
      if (!host_.all_read(end)) {
        host_.look_for_records();
        return false;
      }
    }
  } else if (whole_seconds(queue_.front().created) < window->end) {
    return false;
  }
  work_.push_back({.records = {},
                   .state = {},
                   .purpose = Purpose::kWindowEnd,
                   .request_id = {},
                   .last_error = {},
                   .payload = {}});
  return true;
}

// How many records the next batch takes, as things stand: BatchSize, 6 MB and the end of a tumbling
// window bound it.
Lane::Extent Lane::next_extent() const {
  const auto records_max = static_cast<std::size_t>(options().batch_size);
  std::optional<Instant> end = open_window_end();
  if (!end && options().tumbling_window_s > 0) end = window_of(queue_.front()).end;
  const auto window = window_event(Purpose::kRecords, {});
  std::size_t bytes =
      event_overhead(window ? &*window : nullptr) + 256;  // The stream's ARN is not in yet.
  Extent extent;
  for (const QueuedRecord& record : queue_) {
    bytes += record.length + 1;
    const bool fits = extent.records == 0 || bytes <= kEventBytesMax;
    if (!fits || extent.records == records_max || (end && whole_seconds(record.created) >= *end)) {
      extent.full = true;
      return extent;
    }
    ++extent.records;
  }
  extent.full = extent.records == records_max;
  return extent;
}

bool Lane::is_ready(const Extent& extent) {
  if (extent.full || host_.at_end_of_shard()) return true;
  const auto batching_window = std::chrono::seconds(options().batching_window_s);
  if (batching_window.count() == 0) return host_.nothing_to_wait_for();
  // The window begins when the previous invocation has ended, on an idle shard with the first
  // record.
  if (!collecting_since_) {
    const bool running_on = last_end_ && *last_end_ + batching_window > now();
    collecting_since_ = running_on ? *last_end_ : now();
  }
  Instant deadline = *collecting_since_ + batching_window;
  if (const auto end = open_window_end()) deadline = std::min(deadline, *end);
  if (now() >= deadline) return true;
  start_timer(deadline, [this] { step(); });
  return false;
}

void Lane::take_batch(std::size_t length) {
  CHECK(length > 0 && length <= queue_.size());
  cancel_timer();
  collecting_since_.reset();
  Batch batch;
  batch.records.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    queued_bytes_ -= queue_.front().length;
    batch.records.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  work_.push_back(std::move(batch));
  host_.on_lane_changed();
}

// Records that are being retried also end with their life in the stream.
bool Lane::is_aged(Instant created, bool retrying) const {
  const Millis age = now() - whole_seconds(created);
  const int age_max_s = options().record_age_max_s;
  if (age_max_s >= 0 && age > std::chrono::seconds(age_max_s)) return true;
  return retrying && age > context().log.options().retention;
}

std::size_t Lane::aged_in_queue() const {
  std::size_t aged = 0;
  while (aged < queue_.size() && is_aged(queue_[aged].created, false)) ++aged;
  return aged;
}

std::size_t Lane::aged_in_batch(const Batch& batch) const {
  const bool retrying = batch.state.waits > 0;
  std::size_t aged = 0;
  while (aged < batch.records.size() && is_aged(batch.records[aged].created, retrying)) ++aged;
  return aged;
}

std::optional<WindowEvent> Lane::window_event(Purpose purpose, const std::string& stream) const {
  const auto& window = host_.window();
  if (!window) return std::nullopt;
  return WindowEvent{.start = window->start,
                     .end = window->end,
                     .state = window->state,
                     .shard_id = host_.shard_id(),
                     .stream_arn = stream,
                     .is_final = purpose != Purpose::kRecords,
                     .terminated_early = purpose == Purpose::kWindowTerminated};
}

std::shared_ptr<const std::string> Lane::event_of(std::span<const QueuedRecord> records,
                                                  Purpose purpose) const {
  const std::string& stream = host_.mapping_host().mapping().stream_arn;
  const auto window = window_event(purpose, stream);
  return build_event(records, window ? &*window : nullptr);
}

}  // namespace tailrace::triggers
