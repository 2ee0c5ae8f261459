#include "server/http/io_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <string>
#include <vector>

#include "server/http/product_clock.h"
#include "tests/server/http/raw_client.h"

namespace tailrace::http {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

class SteppedClock final : public Clock {
 public:
  Instant now() const override { return time; }
  Instant time = from_millis(1'000'000);
};

TEST(ProductClock, FollowsTheMachineUntilItIsFrozen) {
  SteppedClock machine;
  ProductClock clock(machine);
  machine.time += Millis(5);
  EXPECT_EQ(clock.now(), machine.time);
  clock.freeze();
  const Instant frozen = clock.now();
  machine.time += Millis(50);
  EXPECT_EQ(clock.now(), frozen);
  clock.resume();
  EXPECT_EQ(clock.now(), frozen);
  machine.time += Millis(7);
  EXPECT_EQ(clock.now(), frozen + Millis(7));
}

TEST(ProductClock, KeepsRunningOrFrozenWhenItIsSet) {
  SteppedClock machine;
  ProductClock clock(machine);
  clock.set(from_millis(42));
  machine.time += Millis(1);
  EXPECT_EQ(to_millis(clock.now()), 43);
  clock.freeze();
  clock.set(from_millis(77));
  machine.time += Millis(1);
  EXPECT_EQ(to_millis(clock.now()), 77);
  EXPECT_TRUE(clock.frozen());
}

TEST(TimerQueue, RunsInOrderOfTimeThenOfScheduling) {
  TimerQueue timers;
  std::string ran;
  timers.add(from_millis(2), [&] { ran += 'c'; });
  timers.add(from_millis(1), [&] { ran += 'a'; });
  timers.add(from_millis(1), [&] { ran += 'b'; });
  timers.add(from_millis(3), [&] { ran += 'd'; });
  EXPECT_EQ(timers.next_due(), from_millis(1));
  EXPECT_TRUE(timers.run_due(from_millis(2)));
  EXPECT_EQ(ran, "abc");
  EXPECT_FALSE(timers.run_due(from_millis(2)));
}

TEST(TimerQueue, ForgetsCancelledTasksAndThoseThatTasksCancel) {
  TimerQueue timers;
  std::string ran;
  const TimerId first = timers.add(from_millis(1), [&] { ran += 'a'; });
  TimerId third{};
  timers.add(from_millis(1), [&] {
    ran += 'b';
    timers.cancel(third);
    timers.add(from_millis(1), [&] { ran += 'd'; });
  });
  third = timers.add(from_millis(1), [&] { ran += 'c'; });
  timers.cancel(first);
  timers.cancel(first);
  timers.run_due(from_millis(1));
  EXPECT_EQ(ran, "b");
  timers.run_due(from_millis(1));
  EXPECT_EQ(ran, "bd");
  EXPECT_EQ(timers.next_due(), std::nullopt);
}

TEST(IoRuntime, RunsPostedTasksInOrderOnTheHomeThread) {
  ServingRuntime serving;
  std::vector<int> ran;
  serving.runtime.post([&] { ran.push_back(1); });
  serving.start();
  const auto home = serving.at_home([] { return std::this_thread::get_id(); });
  EXPECT_NE(home, std::this_thread::get_id());
  for (int i = 2; i < 5; ++i)
    serving.runtime.post([&ran, i, home] {
      EXPECT_EQ(std::this_thread::get_id(), home);
      ran.push_back(i);
    });
  serving.at_home([] {});
  EXPECT_THAT(ran, ElementsAre(1, 2, 3, 4));
}

TEST(IoRuntime, RunsTimersWhenTheirTimeComes) {
  ServingRuntime serving;
  std::promise<void> ran;
  serving.start();
  serving.at_home([&] {
    serving.runtime.run_at(serving.runtime.clock().now() + milliseconds(5),
                           [&] { ran.set_value(); });
  });
  ran.get_future().get();
}

TEST(IoRuntime, HoldsTimersWhileFrozenAndRunsThemWhenTheClockIsSet) {
  ServingRuntime serving;
  IoRuntime& runtime = serving.runtime;
  std::atomic<bool> ran = false;
  serving.start();
  const Instant at = serving.at_home([&] {
    runtime.freeze();
    const Instant when = runtime.clock().now() + milliseconds(1);
    runtime.run_at(when, [&] { ran = true; });
    return when;
  });
  std::promise<void> later;
  runtime.after(milliseconds(30), [&] { later.set_value(); });
  later.get_future().get();
  EXPECT_FALSE(ran);
  serving.at_home([&] {
    runtime.set(at - milliseconds(1));
    EXPECT_FALSE(runtime.step_clock(runtime.clock().now()));
    EXPECT_FALSE(ran);
    runtime.set(at);
    EXPECT_TRUE(runtime.step_clock(at));
    EXPECT_TRUE(ran);
  });
  EXPECT_TRUE(runtime.frozen());
}

TEST(IoRuntime, RunsHeldTimersWhenTheClockRunsOn) {
  ServingRuntime serving;
  std::promise<void> ran;
  serving.start();
  serving.at_home([&] {
    serving.runtime.freeze();
    serving.runtime.run_at(serving.runtime.clock().now() + milliseconds(2),
                           [&] { ran.set_value(); });
    serving.runtime.resume();
  });
  ran.get_future().get();
}

TEST(IoRuntime, StepsFromTimerToTimer) {
  ServingRuntime serving;
  IoRuntime& runtime = serving.runtime;
  serving.start();
  std::vector<std::string> log;
  serving.at_home([&] {
    runtime.freeze();
    const Instant start = runtime.clock().now();
    const auto note = [&](const std::string& what) {
      log.push_back(what + "@" + std::to_string((runtime.clock().now() - start).count()));
    };
    runtime.run_at(start + milliseconds(20), [&, note] { note("second"); });
    runtime.run_at(start + milliseconds(10), [&, note] {
      note("first");
      runtime.run_at(runtime.clock().now() + milliseconds(5), [note] { note("added"); });
    });
    runtime.run_at(start + milliseconds(31), [note] { note("too late"); });
    while (runtime.step_clock(start + milliseconds(30))) {
    }
    EXPECT_EQ(runtime.clock().now(), start + milliseconds(30));
    EXPECT_FALSE(runtime.step_clock(start));
    EXPECT_EQ(runtime.clock().now(), start + milliseconds(30));
  });
  EXPECT_THAT(log, ElementsAre("first@10", "added@15", "second@20"));
}

TEST(IoRuntime, TellsWhereTimeIsHeadedFor) {
  ServingRuntime serving;
  IoRuntime& runtime = serving.runtime;
  serving.start();
  serving.at_home([&] {
    runtime.freeze();
    const Instant start = runtime.clock().now();
    EXPECT_EQ(runtime.clock().heading_for(), start);
    runtime.head_for(start + milliseconds(30));
    EXPECT_EQ(runtime.clock().heading_for(), start + milliseconds(30));
    runtime.step_clock(start + milliseconds(40));
    EXPECT_EQ(runtime.clock().heading_for(), start + milliseconds(40));
  });
}

TEST(IoRuntime, TasksThatPostedTasksPostWaitForOthers) {
  ServingRuntime serving;
  std::string ran;
  serving.runtime.post([&] {
    serving.runtime.post([&] { ran += 'c'; });
    EXPECT_TRUE(serving.runtime.has_posted());
    ran += 'a';
  });
  serving.runtime.post([&] { ran += 'b'; });
  serving.start();
  serving.at_home([] {});
  serving.at_home([] {});
  serving.stop();
  EXPECT_EQ(ran, "abc");
}

TEST(IoRuntime, RunsTheSignalTask) {
  IoRuntime runtime(1);
  runtime.after(milliseconds(0), [] { std::raise(SIGTERM); });
  bool told = false;
  runtime.run([&] {
    told = true;
    runtime.stop(milliseconds(0));
  });
  EXPECT_TRUE(told);
}

TEST(IoRuntime, LetsRunningRequestsFinishWhenItStops) {
  std::optional<Respond> waiting;
  std::atomic<bool> arrived = false;
  TestServer server([&](Request&, Respond respond) {
    waiting.emplace(std::move(respond));
    arrived = true;
  });
  RawClient idle[] = {RawClient(server.port()), RawClient(server.port()), RawClient(server.port()),
                      RawClient(server.port())};
  RawClient busy(server.port());
  busy.send("GET / HTTP/1.1\r\n\r\n");
  while (!arrived) std::this_thread::yield();
  server.runtime().stop(std::chrono::seconds(20));
  // Every thread has closed its idle connections, so the busy one's knows of the stop too.
  for (RawClient& client : idle) EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(RawClient(server.port()).send("GET / HTTP/1.1\r\n\r\n") &&
               RawClient(server.port()).is_connected());
  (*waiting)(text_response("done"));
  const std::string answer = busy.read_to_end();
  EXPECT_EQ(body_of(answer), "done");
  EXPECT_THAT(answer, testing::HasSubstr("Connection: close\r\n"));
  busy.close();
  waiting.reset();
  server.stop();
}

TEST(IoRuntime, EndsWithItsGraceWhenARequestDoesNot) {
  std::optional<Respond> waiting;
  std::atomic<bool> arrived = false;
  TestServer server([&](Request&, Respond respond) {
    waiting.emplace(std::move(respond));
    arrived = true;
  });
  RawClient busy(server.port());
  busy.send("GET / HTTP/1.1\r\n\r\n");
  while (!arrived) std::this_thread::yield();
  server.stop(milliseconds(20));
  EXPECT_EQ(busy.read_to_end(), "");
  waiting.reset();
}

}  // namespace
}  // namespace tailrace::http
