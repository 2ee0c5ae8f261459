#include "server/control/clock_routes.h"

#include "tests/server/control/control_fixture.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::control {
namespace {

using ::testing::HasSubstr;

class ManualTime final : public ControlledTime {
 public:
  Instant now() const override { return clock.now(); }
  bool frozen() const override { return frozen_; }
  void freeze() override { frozen_ = true; }
  void resume() override { frozen_ = false; }
  void set(Instant now) override { scheduler.set(now); }
  void advance(Millis by, const Task& settle) override {
    scheduler.advance(by);
    settle();
  }

  ManualClock clock;
  ManualScheduler scheduler{clock};

 private:
  bool frozen_ = false;
};

class ClockRoutes : public ::testing::Test {
 protected:
  ClockRoutes() {
    add_clock_routes(api, time, [this] { ++settled; });
  }

  ManualTime time;
  ControlApi api;
  int settled = 0;
};

TEST_F(ClockRoutes, ShowsTheTime) {
  EXPECT_EQ(call(api, "GET", "clock").body, R"({"Now":"2026-02-03T04:05:06.789Z","Frozen":false})");
}

TEST_F(ClockRoutes, FreezesSetsAdvancesAndResumes) {
  EXPECT_THAT(call(api, "PUT", "clock", R"({"Freeze":true})").body, HasSubstr(R"("Frozen":true)"));
  EXPECT_EQ(call(api, "PUT", "clock", R"({"Set":"2026-01-01T00:00:00Z"})").body,
            R"({"Now":"2026-01-01T00:00:00.000Z","Frozen":true})");
  EXPECT_EQ(call(api, "PUT", "clock", R"({"AdvanceSeconds":86400.5})").body,
            R"({"Now":"2026-01-02T00:00:00.500Z","Frozen":true})");
  EXPECT_THAT(call(api, "PUT", "clock", R"({"Resume":true})").body, HasSubstr(R"("Frozen":false)"));
}

TEST_F(ClockRoutes, RunsWhatBecomesDueBeforeItAnswers) {
  bool ran = false;
  time.scheduler.run_at(time.now() + std::chrono::hours(1), [&] { ran = true; });
  call(api, "PUT", "clock", R"({"AdvanceSeconds":3599})");
  EXPECT_FALSE(ran);
  call(api, "PUT", "clock", R"({"AdvanceSeconds":1})");
  EXPECT_TRUE(ran);
  EXPECT_GT(settled, 0);
}

TEST_F(ClockRoutes, RefusesWhatItDoesNotUnderstand) {
  for (const char* body :
       {"{}", R"({"Freeze":false})", R"({"Set":"yesterday"})", R"({"Set":5})",
        R"({"AdvanceSeconds":-1})", R"({"AdvanceSeconds":1e300})", R"({"Advance":5})"}) {
    const Answer answer = call(api, "PUT", "clock", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("ValidationException")) << body;
  }
  EXPECT_EQ(time.now(), ManualClock().now());
}

}  // namespace
}  // namespace tailrace::control
