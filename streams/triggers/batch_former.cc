#include "streams/triggers/batch_former.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "storage/base/check.h"

namespace tailrace::triggers {

namespace {

// A state that is larger ends its window early. (behaviour/triggers 3.12)
constexpr std::size_t kWindowStateBytesMax = 1024 * 1024;
// For the members of a tumbling window's event that are not known here: ARN and shard.
constexpr std::size_t kWindowNamesBytes = 256;

Instant whole_seconds(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant);
}

}  // namespace

bool is_aged(Instant created, bool retrying, const Surroundings& around) {
  const Millis age = around.now - whole_seconds(created);
  const int age_max_s = around.options.record_age_max_s;
  if (age_max_s >= 0 && age > std::chrono::seconds(age_max_s)) return true;
  return retrying && age > around.retention;
}

TumblingWindow window_of(const QueuedRecord& record, const MappingOptions& options) {
  const auto size = std::chrono::seconds(options.tumbling_window_s);
  const auto since_epoch = whole_seconds(record.created).time_since_epoch();
  const Instant start(since_epoch - since_epoch % std::chrono::duration_cast<Millis>(size));
  return {.start = start, .end = start + size, .state = "{}"};
}

void BatchFormer::push(QueuedRecord record) {
  bytes_ += record.length;
  queue_.push_back(std::move(record));
}

std::vector<QueuedRecord> BatchFormer::take(std::size_t count) {
  CHECK(count > 0 && count <= queue_.size());
  collecting_since_.reset();
  std::vector<QueuedRecord> taken;
  taken.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes_ -= queue_.front().length;
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return taken;
}

NextStep BatchFormer::next(const Surroundings& around) {
  if (auto step = end_of_window(around)) return *step;
  if (queue_.empty()) return AwaitRecords{};
  if (const std::size_t count = aged(around); count > 0) return TakeRecords{.count = count};
  const Extent extent = this->extent(around);
  if (extent.full || around.at_end_of_shard) return TakeRecords{.count = extent.records};
  const auto batching_window = std::chrono::seconds(around.options.batching_window_s);
  if (batching_window.count() == 0) {
    if (around.nothing_to_wait_for) return TakeRecords{.count = extent.records};
    return AwaitRecords{};
  }
  // The window begins when the previous invocation has ended, on an idle shard with the first
  // record.
  if (!collecting_since_) {
    const bool running_on = last_end_ && *last_end_ + batching_window > around.now;
    collecting_since_ = running_on ? *last_end_ : around.now;
  }
  Instant deadline = *collecting_since_ + batching_window;
  if (around.window) deadline = std::min(deadline, around.window->end);
  if (around.now >= deadline) return TakeRecords{.count = extent.records};
  return WaitUntil{.when = deadline, .then = WaitUntil::Then::kAskAgain};
}

// The last invocation of a window that is over, or whose state has grown too large. nullopt: the
// window goes on with the records that wait, or there is none.
std::optional<NextStep> BatchFormer::end_of_window(const Surroundings& around) const {
  const auto& window = around.window;
  if (!window) return std::nullopt;
  if (window->state.size() > kWindowStateBytesMax) return EndWindow{.terminated_early = true};
  if (!queue_.empty()) {
    if (whole_seconds(queue_.front().created) < window->end) return std::nullopt;
    return EndWindow{};
  }
  if (around.at_end_of_shard) return EndWindow{};
  if (around.now < window->end)
    return WaitUntil{.when = window->end, .then = WaitUntil::Then::kRead};
  if (!around.window_is_read) return ReadFirst{};
  return EndWindow{};
}

// How many records the next batch takes, as things stand: BatchSize, 6 MB and the end of a tumbling
// window bound it.
BatchFormer::Extent BatchFormer::extent(const Surroundings& around) const {
  const auto records_max = static_cast<std::size_t>(around.options.batch_size);
  std::optional<Instant> end;
  std::optional<WindowEvent> event;
  if (around.window) {
    end = around.window->end;
    event = {.start = around.window->start,
             .end = around.window->end,
             .state = around.window->state,
             .shard_id = {},
             .stream_arn = {}};
  } else if (around.options.tumbling_window_s > 0) {
    end = window_of(queue_.front(), around.options).end;
  }
  std::size_t bytes = event_overhead(event ? &*event : nullptr) + kWindowNamesBytes;
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

std::size_t BatchFormer::aged(const Surroundings& around) const {
  std::size_t count = 0;
  while (count < queue_.size() && is_aged(queue_[count].created, false, around)) ++count;
  return count;
}

}  // namespace tailrace::triggers
