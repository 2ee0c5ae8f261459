// Asynchronous events wait in memory: no more of them than there is room for.
#include "server/lambda/async_events.h"
#include "storage/base/str_cat.h"
#include "tests/server/lambda/lambda_fixture.h"

namespace tailrace::lambda {
namespace {

class EventMemory : public LambdaTest {
 protected:
  InvokeRequest event(std::size_t bytes) const {
    return {.owner = {.account = "000000000000", .region = "us-east-1"},
            .function_name = "f",
            .qualifier = {},
            .request_id = "r",
            .payload =
                std::make_shared<const std::string>(str_cat("\"", std::string(bytes, 'x'), "\""))};
  }
};

TEST_F(EventMemory, EventsThatWaitAreTakenOutOfTheBudgetAndRefusedBeyondIt) {
  bind("f");
  for (int i = 0; i < 500; ++i) script_.outcomes.push_back(invocation_failure("Throttled", "429"));
  MemoryBudget budget(100'000);
  AsyncEvents events(*functions_, *registry_, destinations_, scheduler_, clock_, &budget);
  EXPECT_TRUE(events.enqueue(event(60'000)).has_value());
  EXPECT_GT(budget.used(), 60'000U);
  const auto refused = events.enqueue(event(60'000));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kTooManyRequestsException);
  EXPECT_EQ(events.size(), 1U);
  scheduler_.advance(std::chrono::hours(7));
  EXPECT_EQ(events.size(), 0U);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace tailrace::lambda
