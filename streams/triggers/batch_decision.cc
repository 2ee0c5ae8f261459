#include "streams/triggers/batch_decision.h"

#include <algorithm>

namespace tailrace::triggers {

namespace {

Retry retry(BatchState state, const RetryRules& rules, Instant now) {
  const Instant at = now + retry_delay(state.waits, rules);
  ++state.waits;
  return {.at = at, .state = state};
}

Decision after_whole_failure(BatchState state, const RetryRules& rules, Instant now) {
  ++state.failures;
  if (rules.bisect && state.records > 1) return Split{.first_half = (state.records + 1) / 2};
  if (retry_allowed(state, rules)) return retry(state, rules, now);
  return Discard{.state = state};
}

}  // namespace

Decision decide(const BatchState& before,
                const Attempt& attempt,
                const RetryRules& rules,
                Instant now) {
  BatchState state = before;
  if (attempt.result == AttemptResult::kInvocationFailure) return retry(state, rules, now);
  ++state.invocations;
  switch (attempt.result) {
    case AttemptResult::kSuccess:
      return Finish{};
    case AttemptResult::kFunctionError:
      return after_whole_failure(state, rules, now);
    case AttemptResult::kPartialFailure:
      break;
    case AttemptResult::kInvocationFailure:
      break;
  }
  if (attempt.first_failed == 0) return after_whole_failure(state, rules, now);
  const BatchState shortened{
      .records = state.records - attempt.first_failed, .failures = 0, .invocations = 0, .waits = 1};
  return Shorten{
      .first = attempt.first_failed, .at = now + retry_delay(0, rules), .state = shortened};
}

bool retry_allowed(const BatchState& state, const RetryRules& rules) {
  return rules.retry_attempts_max < 0 || state.failures <= rules.retry_attempts_max;
}

Millis retry_delay(int waits, const RetryRules& rules) {
  Millis delay = rules.first_delay;
  for (int i = 0; i < waits && delay < rules.largest_delay; ++i) delay *= 2;
  return std::min(delay, rules.largest_delay);
}

}  // namespace tailrace::triggers
