// The product's clock: the machine's, which a user may freeze, set and advance
// (behaviour/streams 13.8), and the queue of what is to run at a time of that clock. No Asio here:
// IoRuntime arms its alarm by next_due().
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <unordered_map>

#include "storage/base/clock.h"

namespace tailrace::http {

// Changed by one thread (the home thread), read by any.
class ProductClock final : public Clock {
 public:
  explicit ProductClock(const Clock& machine) : machine_(machine) {}

  Instant now() const override;
  Instant heading_for() const override;
  bool frozen() const { return frozen_at_.load(std::memory_order_acquire) != kRunning; }
  void freeze() { frozen_at_.store(to_millis(now()), std::memory_order_release); }
  void resume();           // Runs on from where it stands.
  void set(Instant when);  // Keeps running or frozen.
  void head_for(Instant target) {
    heading_for_.store(to_millis(target), std::memory_order_relaxed);
  }

 private:
  static constexpr std::int64_t kRunning = std::numeric_limits<std::int64_t>::min();

  const Clock& machine_;
  std::atomic<std::int64_t> frozen_at_{kRunning};  // Milliseconds.
  std::atomic<std::int64_t> ahead_{0};             // Of the machine, while running.
  std::atomic<std::int64_t> heading_for_{kRunning};  // Past: nowhere.
};

// Tasks in order of time, then of scheduling. One thread.
class TimerQueue {
 public:
  TimerId add(Instant when, Task task);
  void cancel(TimerId id);
  std::optional<Instant> next_due() const;
  // Runs the tasks that are due at `now`; those they add run next time. False: none was.
  bool run_due(Instant now);

 private:
  using Key = std::pair<Instant, std::uint64_t>;
  std::map<Key, Task> tasks_;
  std::unordered_map<std::uint64_t, Instant> times_;
  std::uint64_t last_id_ = 0;
};

}  // namespace tailrace::http
