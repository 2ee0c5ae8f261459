#include "streams/triggers/batch_decision.h"

#include <gtest/gtest.h>

namespace tailrace::triggers {
namespace {

const Instant kNow = from_millis(1'000'000);
constexpr Attempt kFunctionError{.result = AttemptResult::kFunctionError};
constexpr Attempt kInvocationFailure{.result = AttemptResult::kInvocationFailure};

Attempt partial(std::size_t first_failed) {
  return {.result = AttemptResult::kPartialFailure, .first_failed = first_failed};
}

TEST(BatchDecision, FinishesAfterSuccess) {
  EXPECT_TRUE(std::holds_alternative<Finish>(decide({.records = 3}, {}, {}, kNow)));
}

TEST(BatchDecision, RetriesWithoutLimitByDefault) {
  const auto decision = decide({.records = 3, .failures = 9999}, kFunctionError, {}, kNow);
  EXPECT_TRUE(std::holds_alternative<Retry>(decision));
}

TEST(BatchDecision, CountsTheFirstInvocationBesideTheRetries) {
  const RetryRules rules{.retry_attempts_max = 1};
  const auto first = decide({.records = 1}, kFunctionError, rules, kNow);
  ASSERT_TRUE(std::holds_alternative<Retry>(first));
  const auto second = decide(std::get<Retry>(first).state, kFunctionError, rules, kNow);
  ASSERT_TRUE(std::holds_alternative<Discard>(second));
  EXPECT_EQ(std::get<Discard>(second).state.invocations, 2);
}

TEST(BatchDecision, DiscardsAtOnceWithoutRetries) {
  EXPECT_TRUE(std::holds_alternative<Discard>(
      decide({.records = 5}, kFunctionError, {.retry_attempts_max = 0}, kNow)));
}

TEST(BatchDecision, DoublesThePauseUpToTheLargest) {
  BatchState state{.records = 1};
  const int expected_ms[] = {250, 500, 1000, 2000, 4000, 8000, 16'000, 32'000, 60'000, 60'000};
  for (const int pause : expected_ms) {
    const auto decision = decide(state, kFunctionError, {}, kNow);
    ASSERT_TRUE(std::holds_alternative<Retry>(decision));
    EXPECT_EQ(std::get<Retry>(decision).at, kNow + Millis(pause));
    state = std::get<Retry>(decision).state;
  }
}

TEST(BatchDecision, NeverCountsInvocationFailures) {
  BatchState state{.records = 2};
  for (int i = 0; i < 100; ++i) {
    const auto decision =
        decide(state, kInvocationFailure, {.retry_attempts_max = 0, .bisect = true}, kNow);
    ASSERT_TRUE(std::holds_alternative<Retry>(decision));
    state = std::get<Retry>(decision).state;
  }
  EXPECT_EQ(state.failures, 0);
  EXPECT_EQ(state.invocations, 0);
}

TEST(BatchDecision, GivesTheFirstHalfTheOddRecord) {
  const auto decision =
      decide({.records = 7}, kFunctionError, {.retry_attempts_max = 0, .bisect = true}, kNow);
  ASSERT_TRUE(std::holds_alternative<Split>(decision));
  EXPECT_EQ(std::get<Split>(decision).first_half, 4u);
}

TEST(BatchDecision, RetriesASingleRecordInsteadOfSplitting) {
  EXPECT_TRUE(std::holds_alternative<Retry>(
      decide({.records = 1}, kFunctionError, {.bisect = true}, kNow)));
}

TEST(BatchDecision, StartsTheCountAgainWhenTheBatchShrinks) {
  const BatchState before{.records = 3, .failures = 2, .invocations = 2, .waits = 5};
  const auto decision = decide(before, partial(2), {.retry_attempts_max = 2, .bisect = true}, kNow);
  ASSERT_TRUE(std::holds_alternative<Shorten>(decision));
  const auto& shorten = std::get<Shorten>(decision);
  EXPECT_EQ(shorten.first, 2u);
  EXPECT_EQ(shorten.at, kNow + Millis(250));
  EXPECT_EQ(shorten.state, (BatchState{.records = 1, .failures = 0, .invocations = 0, .waits = 1}));
}

TEST(BatchDecision, TakesAFailureOfTheFirstRecordAsOneOfTheWholeBatch) {
  EXPECT_TRUE(
      std::holds_alternative<Split>(decide({.records = 4}, partial(0), {.bisect = true}, kNow)));
  EXPECT_TRUE(std::holds_alternative<Retry>(decide({.records = 4}, partial(0), {}, kNow)));
  EXPECT_TRUE(std::holds_alternative<Discard>(
      decide({.records = 4}, partial(0), {.retry_attempts_max = 0}, kNow)));
}

TEST(BatchDecision, SeesALimitThatWasLowered) {
  const BatchState state{.records = 1, .failures = 3};
  EXPECT_TRUE(retry_allowed(state, {.retry_attempts_max = 3}));
  EXPECT_FALSE(retry_allowed(state, {.retry_attempts_max = 2}));
  EXPECT_TRUE(retry_allowed(state, {.retry_attempts_max = -1}));
}

}  // namespace
}  // namespace tailrace::triggers
