#include "storage/base/clock.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

class HeadedClock final : public Clock {
 public:
  Instant now() const override { return time; }
  Instant heading_for() const override { return target; }
  Instant time = from_millis(1'000'000);
  Instant target = time;
};

TEST(SweepInterval, IsTheUsualOneWhileTimeGoesItsWay) {
  HeadedClock clock;
  EXPECT_EQ(sweep_interval(clock, Millis(1000)), Millis(1000));
  clock.target += Millis(64'000);
  EXPECT_EQ(sweep_interval(clock, Millis(1000)), Millis(1000));
}

TEST(SweepInterval, MakesAnyWayAFewHundredSweepsOfWhichTheLastAreTheUsualOnes) {
  HeadedClock clock;
  clock.target += std::chrono::hours(24 * 365 * 68);
  int sweeps = 0;
  Millis interval{};
  while (clock.time < clock.target) {
    interval = sweep_interval(clock, Millis(1000));
    clock.time += interval;
    ++sweeps;
  }
  EXPECT_LT(sweeps, 1500);
  EXPECT_EQ(interval, Millis(1000));
}

}  // namespace
}  // namespace tailrace
