// What happens to a batch after an attempt: the rules of retries, bisection and discarding, as a
// pure function. (behaviour/triggers 3.6, 3.7, 3.9, 3.10, 3.11)
#pragma once

#include <cstddef>
#include <variant>

#include "storage/base/clock.h"

namespace tailrace::triggers {

struct RetryRules {
  int retry_attempts_max = -1;  // MaximumRetryAttempts; -1: no limit.
  bool bisect = false;          // BisectBatchOnFunctionError
  Millis first_delay{250};
  Millis largest_delay{60'000};
};

// Of one batch; a batch that shrinks or is split begins anew.
struct BatchState {
  std::size_t records = 0;
  int failures = 0;     // Attempts that count against MaximumRetryAttempts.
  int invocations = 0;  // Attempts in which the function ran.
  int waits = 0;        // Retries so far, for the backoff.
  bool operator==(const BatchState&) const = default;
};

enum class AttemptResult : std::uint8_t {
  kSuccess,
  kFunctionError,      // The whole batch failed, by error or by what the response says.
  kPartialFailure,     // The response names the first failed record.
  kInvocationFailure,  // The function was not run.
};

struct Attempt {
  AttemptResult result = AttemptResult::kSuccess;
  std::size_t first_failed = 0;  // Partial failure: index within the batch.
};

struct Finish {};  // Checkpoint past the batch.
struct Retry {     // The same records again.
  Instant at;
  BatchState state;
};
struct Shorten {  // Checkpoint before `first`; the records from there on are a new batch.
  std::size_t first;
  Instant at;
  BatchState state;
};
struct Split {  // First half to its end, then the second; no wait.
  std::size_t first_half;
};
struct Discard {  // RetryAttemptsExhausted: tell the destination, checkpoint past the batch.
  BatchState state;
};
using Decision = std::variant<Finish, Retry, Shorten, Split, Discard>;

Decision decide(const BatchState& state,
                const Attempt& attempt,
                const RetryRules& rules,
                Instant now);

// Whether the batch may be tried again; false after the limit was lowered below what it has used.
bool retry_allowed(const BatchState& state, const RetryRules& rules);

// Pause before retry number `waits` (0 is the first): first_delay doubled each time, up to
// largest_delay.
Millis retry_delay(int waits, const RetryRules& rules);

}  // namespace tailrace::triggers
