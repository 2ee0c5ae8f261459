// BatchFormer: which records the next batch of a lane takes, and when. Holds the records that were
// read and wait; decides by BatchSize, 6 MB, the batching window, the tumbling window and the
// records' ages, from what its caller tells of the world: it has no timers and asks nobody.
// (behaviour/triggers 3.3, 3.8, 3.12)
#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "streams/triggers/event_builder.h"
#include "streams/triggers/mapping.h"
#include "streams/triggers/mapping_store.h"

namespace tailrace::triggers {

struct TakeRecords {  // A batch of the first `count` records; at least 1.
  std::size_t count = 0;
};
struct EndWindow {                // The last invocation of the tumbling window, without records.
  bool terminated_early = false;  // Its state has grown too large.
};
struct WaitUntil {
  enum class Then : std::uint8_t {
    kAskAgain,  // The batching window is over.
    kRead,      // The tumbling window is over: what belongs to it must be read first.
  };
  Instant when{};
  Then then = Then::kAskAgain;
};
struct ReadFirst {};     // The tumbling window is over, but not all of it has been read.
struct AwaitRecords {};  // Nothing to do before more has been read.
using NextStep = std::variant<TakeRecords, EndWindow, WaitUntil, ReadFirst, AwaitRecords>;

// What the former cannot see. References live as long as the call.
struct Surroundings {
  Instant now{};
  const MappingOptions& options;
  const std::optional<TumblingWindow>& window;  // The one that is open.
  Millis retention{};                           // Of the stream's records.
  bool at_end_of_shard = false;                 // Nothing will ever follow.
  bool nothing_to_wait_for = false;  // All that is there has been read, or no more may be.
  bool window_is_read = false;       // All that was committed before the window's end.
};

// Whether a record is too old to be sent; one that is retried also ends with its life in the
// stream.
bool is_aged(Instant created, bool retrying, const Surroundings& around);

// The tumbling window that a record falls into, with an empty state.
TumblingWindow window_of(const QueuedRecord& record, const MappingOptions& options);

class BatchFormer {
 public:
  void push(QueuedRecord record);
  std::vector<QueuedRecord> take(std::size_t count);
  // The batching window runs from the end of the previous batch, if that was not long ago.
  void on_batch_ended(Instant when) { last_end_ = when; }

  NextStep next(const Surroundings& around);

  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }
  std::size_t bytes() const { return bytes_; }
  const QueuedRecord& front() const { return queue_.front(); }
  const QueuedRecord& back() const { return queue_.back(); }

 private:
  struct Extent {
    std::size_t records = 0;
    bool full = false;  // No further record may join.
  };
  std::optional<NextStep> end_of_window(const Surroundings& around) const;
  Extent extent(const Surroundings& around) const;
  std::size_t aged(const Surroundings& around) const;

  std::deque<QueuedRecord> queue_;
  std::size_t bytes_ = 0;
  std::optional<Instant> collecting_since_;  // Begin of the batching window.
  std::optional<Instant> last_end_;          // When the last batch ended.
};

}  // namespace tailrace::triggers
