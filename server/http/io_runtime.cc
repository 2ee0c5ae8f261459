#include "server/http/io_runtime.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "server/http/asio_http_client.h"
#include "server/http/io_thread.h"
#include "server/http/product_clock.h"
#include "server/http/tcp_listener.h"
#include "storage/base/check.h"

namespace tailrace::http {
namespace {

using ErrorCode = boost::system::error_code;
using WorkGuard = asio::executor_work_guard<Executor>;

// The machine's clock may be set meanwhile, so long waits look at it now and then.
constexpr Millis kAlarmMax = std::chrono::seconds(30);
constexpr std::chrono::milliseconds kDrainCheck{2};

}  // namespace

struct IoRuntime::State {
  explicit State(int thread_count) {
    CHECK(thread_count >= 1);
    for (int i = 0; i < thread_count; ++i) threads.push_back(std::make_unique<IoThread>());
    alarm.emplace(home().context);
  }

  IoThread& home() { return *threads.front(); }

  void arm_alarm();
  void run_posted();
  void drain(std::chrono::milliseconds grace);
  void await_drained();
  void end_run();

  MachineClock machine_clock;
  ProductClock clock{machine_clock};
  std::vector<std::unique_ptr<IoThread>> threads;

  // What follows may hold sockets, so it goes before the threads.
  TimerQueue timers;
  std::optional<Timer> alarm;
  std::optional<Instant> armed_for;

  std::mutex posted_mutex;
  std::deque<Task> posted;      // Guarded by posted_mutex.
  bool wake_up_posted = false;  // Guarded by posted_mutex.

  std::vector<TcpListener*> listeners;
  std::vector<WorkGuard> guards;
  std::optional<Timer> drain_timer;
  SteadyTime drain_deadline{};
  bool ended = false;
};

IoRuntime::IoRuntime(int threads) : state_(std::make_unique<State>(threads)) {}

IoRuntime::~IoRuntime() {
  CHECK(state_->listeners.empty());  // They live in what this destructor takes away.
}

// --- Clock.

const Clock& IoRuntime::clock() const {
  return state_->clock;
}

bool IoRuntime::frozen() const {
  return state_->clock.frozen();
}

void IoRuntime::freeze() {
  state_->clock.freeze();
  state_->arm_alarm();
}

void IoRuntime::resume() {
  state_->clock.resume();
  state_->arm_alarm();
}

void IoRuntime::set(Instant now) {
  state_->clock.set(now);
  state_->arm_alarm();
}

bool IoRuntime::step_clock(Instant target) {
  State& s = *state_;
  CHECK(s.clock.frozen());  // Or time would move on between.
  const auto next = s.timers.next_due();
  const bool due = next && *next <= target;
  const Instant stop = due ? *next : target;
  if (stop > s.clock.now()) s.clock.set(stop);
  if (due) s.timers.run_due(s.clock.now());
  return due;
}

void IoRuntime::head_for(Instant target) {
  state_->clock.head_for(target);
}

bool IoRuntime::has_posted() const {
  const std::lock_guard lock(state_->posted_mutex);
  return !state_->posted.empty();
}

void IoRuntime::State::arm_alarm() {
  std::optional<Instant> due = timers.next_due();
  if (clock.frozen()) due.reset();
  armed_for = due;
  if (!due) {
    alarm->cancel();
    return;
  }
  alarm->expires_after(std::clamp(*due - clock.now(), Millis(0), kAlarmMax));
  alarm->async_wait([this](const ErrorCode& error) {
    if (error || ended) return;
    if (!clock.frozen()) timers.run_due(clock.now());
    arm_alarm();
  });
}

// --- Scheduler.

void IoRuntime::post(Task task) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.posted_mutex);
    s.posted.push_back(std::move(task));
    if (s.wake_up_posted) return;
    s.wake_up_posted = true;
  }
  asio::post(s.home().context, [&s] { s.run_posted(); });
}

// What these post waits for the next time: sockets have their turn between.
void IoRuntime::State::run_posted() {
  std::size_t count = 0;
  {
    const std::lock_guard lock(posted_mutex);
    wake_up_posted = false;
    count = posted.size();
  }
  for (; count > 0; --count) {
    Task task;
    {
      const std::lock_guard lock(posted_mutex);
      task = std::move(posted.front());
      posted.pop_front();
    }
    task();
  }
}

TimerId IoRuntime::run_at(Instant when, Task task) {
  const TimerId id = state_->timers.add(when, std::move(task));
  if (!state_->armed_for || when < *state_->armed_for) state_->arm_alarm();
  return id;
}

void IoRuntime::cancel(TimerId id) {
  state_->timers.cancel(id);
}

void IoRuntime::after(Millis delay, Task task) {
  asio::dispatch(state_->home().context, [this, delay, task = std::move(task)]() mutable {
    auto timer = std::make_shared<Timer>(state_->home().context, delay);
    Timer& waiting = *timer;
    waiting.async_wait([timer = std::move(timer), task = std::move(task)](const ErrorCode& error) {
      if (!error) task();
    });
  });
}

// --- Network.

std::unique_ptr<Listener> IoRuntime::listen(const ListenOptions& options, Handler& handler) {
  auto& listeners = state_->listeners;
  auto listener = std::make_unique<TcpListener>(
      state_->threads, options, handler,
      [&listeners](TcpListener& gone) { std::erase(listeners, &gone); });
  listeners.push_back(listener.get());
  return listener;
}

std::unique_ptr<HttpClient> IoRuntime::make_http_client() {
  return make_asio_http_client(state_->home().context);
}

// --- Life.

void IoRuntime::run(Task on_signal) {
  State& s = *state_;
  CHECK(s.guards.empty() && !s.ended);
  for (const auto& thread : s.threads) s.guards.emplace_back(thread->context.get_executor());
  std::optional<asio::basic_signal_set<Executor>> signals;
  if (on_signal) {
    signals.emplace(s.home().context, SIGTERM, SIGINT);
    signals->async_wait([task = std::move(on_signal)](const ErrorCode& error, int) {
      if (!error) task();
    });
  }
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < s.threads.size(); ++i)
    others.emplace_back([&thread = *s.threads[i]] { thread.run(); });
  s.home().run();
  for (std::thread& thread : others) thread.join();
  for (const auto& thread : s.threads) thread->close_connections(nullptr);
}

void IoRuntime::stop(std::chrono::milliseconds grace) {
  asio::post(state_->home().context, [this, grace] { state_->drain(grace); });
}

void IoRuntime::State::drain(std::chrono::milliseconds grace) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + grace;
  if (drain_timer) {  // Asked again: less grace counts, more does not.
    drain_deadline = std::min(drain_deadline, deadline);
    return;
  }
  for (TcpListener* listener : listeners)
    if (!listener->state().options.home_thread_only) listener->stop_accepting();
  for (const auto& thread : threads) asio::post(thread->context, [&thread] { thread->drain(); });
  drain_timer.emplace(home().context);
  drain_deadline = deadline;
  await_drained();
}

void IoRuntime::State::await_drained() {
  int open = 0;
  for (const TcpListener* listener : listeners)
    if (!listener->state().options.home_thread_only)
      open += listener->state().open_connections.load(std::memory_order_relaxed);
  if (open == 0 || std::chrono::steady_clock::now() >= drain_deadline) return end_run();
  drain_timer->expires_after(kDrainCheck);
  drain_timer->async_wait([this](const ErrorCode& error) {
    if (!error) await_drained();
  });
}

void IoRuntime::State::end_run() {
  ended = true;
  guards.clear();
  for (const auto& thread : threads) thread->context.stop();
}

}  // namespace tailrace::http
