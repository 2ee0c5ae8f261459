// Time and the home thread in a test's hands: nothing moves unless the test says so.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "storage/base/clock.h"

namespace tailrace {

class ManualClock final : public Clock {
 public:
  // 2026-02-03T04:05:06.789Z, as in the examples of the documentation.
  explicit ManualClock(Instant now = from_millis(1770091506789)) : now_(now) {}
  Instant now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void set(Instant now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  Instant now_;
};

// The thread that calls run_posted() or advance() is the home thread.
class ManualScheduler final : public Scheduler {
 public:
  explicit ManualScheduler(ManualClock& clock) : clock_(clock) {}

  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }

  TimerId run_at(Instant when, Task task) override {
    const auto id = static_cast<TimerId>(++last_id_);
    timers_.emplace(std::pair(when, id), std::move(task));
    return id;
  }

  void cancel(TimerId id) override {
    std::erase_if(timers_, [id](const auto& timer) { return timer.first.second == id; });
  }

  // A test has no time but its own.
  void after(Millis delay, Task task) override { run_at(clock_.now() + delay, std::move(task)); }

  // Runs the first of what is posted. False: nothing was.
  bool run_one_posted() {
    Task task;
    {
      const std::lock_guard lock(mutex_);
      if (posted_.empty()) return false;
      task = std::move(posted_.front());
      posted_.pop_front();
    }
    task();
    return true;
  }

  // Runs what is posted, and what that posts. Also the timers that are due already.
  void run_posted() { advance(Millis(0)); }

  // Runs timers in order of time, the clock standing at each one's time, and what is posted
  // meanwhile.
  void advance(Millis by) { set(clock_.now() + by); }

  // As advance(), to a time; a time in the past runs nothing but what is posted.
  void set(Instant target) {
    drain_posts();
    while (step(target)) drain_posts();
    clock_.set(target);
    drain_posts();
  }

  // Runs the next timer that is due by `target`, the clock standing at its time. False: none is,
  // and the clock stands at `target` or where it stood if that is past.
  bool step(Instant target) {
    if (timers_.empty() || timers_.begin()->first.first > target) {
      if (target > clock_.now()) clock_.set(target);
      return false;
    }
    auto timer = timers_.extract(timers_.begin());
    if (timer.key().first > clock_.now()) clock_.set(timer.key().first);
    timer.mapped()();
    return true;
  }

  bool has_posted() const {
    const std::lock_guard lock(mutex_);
    return !posted_.empty();
  }

  std::size_t timer_count() const { return timers_.size(); }

 private:
  void drain_posts() {
    while (run_one_posted()) {
    }
  }

  ManualClock& clock_;
  mutable std::mutex mutex_;
  std::deque<Task> posted_;                             // Guarded by mutex_.
  std::map<std::pair<Instant, TimerId>, Task> timers_;  // By time, then in order of scheduling.
  std::uint64_t last_id_ = 0;
};

}  // namespace tailrace
