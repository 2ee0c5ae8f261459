// The event that a function receives, and the message about a discarded batch.
// (behaviour/triggers 3.12, 3.13, 5)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/base/clock.h"

namespace tailrace::triggers {

// AWS's limit of an invocation payload. (behaviour/triggers 3.3)
inline constexpr std::size_t kEventBytesMax = 6 * 1024 * 1024;

// A record that waits for delivery: a slice of the page of JSON texts that was read with it.
struct QueuedRecord {
  std::uint64_t sequence = 0;
  Instant created{};
  std::shared_ptr<const std::string> page;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string_view json() const { return std::string_view(*page).substr(offset, length); }
};

// The members that a tumbling window adds to the event.
struct WindowEvent {
  Instant start{};
  Instant end{};
  std::string_view state;  // JSON
  std::string_view shard_id;
  std::string_view stream_arn;
  bool is_final = false;
  bool terminated_early = false;
};

// Bytes of an event beside its records' texts and the commas between them.
std::size_t event_overhead(const WindowEvent* window);

// `window` may be null.
std::shared_ptr<const std::string> build_event(std::span<const QueuedRecord> records,
                                               const WindowEvent* window);

enum class DiscardCondition : std::uint8_t { kRetryAttemptsExhausted, kRecordAgeExceeded };
std::string_view condition_name(DiscardCondition condition);

struct DiscardedRecords {
  std::string request_id;
  std::string function_arn;
  DiscardCondition condition = DiscardCondition::kRetryAttemptsExhausted;
  int invocations = 1;  // At least 1 is shown.
  std::string executed_version = "$LATEST";
  bool unhandled = false;  // functionError "Unhandled", not null.
  Instant at{};
  std::string shard_id;
  std::string stream_arn;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  Instant first_arrival{};
  Instant last_arrival{};
  std::size_t records = 0;
};
// What SQS and SNS get.
std::string failure_document(const DiscardedRecords& discarded);

}  // namespace tailrace::triggers
