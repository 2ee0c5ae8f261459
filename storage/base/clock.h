// The one source of time in the product. Everything that a user can see of time (creation times, trim,
// roll-over, iterator expiry, TTL, idempotency windows, triggers' windows and ages) asks the Clock;
// only signatures, log lines and timeouts of sockets use the machine's time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>

namespace tailrace {

// Wall time, UTC, to the millisecond.
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;

inline std::int64_t to_millis(Instant instant) { return instant.time_since_epoch().count(); }
inline Instant from_millis(std::int64_t millis) { return Instant(Millis(millis)); }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;  // Any thread.
  // Where a command is moving time to, step by step; now() when none is. Never earlier than now().
  // Any thread.
  virtual Instant heading_for() const { return now(); }
};

// The machine's time, whatever the product's clock says: the one place that asks for it.
Instant machine_now();

class MachineClock final : public Clock {
 public:
  Instant now() const override { return machine_now(); }
};

// How long a sweep may wait for the next one, which is `usual` but while time is being moved: then
// a 64th of the way that is left. So a way of any length takes some hundred sweeps, and its end is
// swept as usual: nothing stays that was due.
inline Millis sweep_interval(const Clock& clock, Millis usual) {
  constexpr int kSweepsPerWay = 64;
  return std::max(usual, (clock.heading_for() - clock.now()) / kSweepsPerWay);
}

using Task = std::function<void()>;
enum class TimerId : std::uint64_t { kNone = 0 };

// Runs tasks on the product's home thread (thread 0), where timers, triggers and the control API live,
// so that these need no locks among themselves.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Runs `task` on the home thread soon, in order of posting. Any thread.
  virtual void post(Task task) = 0;
  // Runs `task` on the home thread once Clock::now() >= `when`; in order of time, then of scheduling.
  // Home thread only.
  virtual TimerId run_at(Instant when, Task task) = 0;
  // The task will not run after this returns. Unknown and past ids are ignored. Home thread only.
  virtual void cancel(TimerId id) = 0;
  // Runs `task` on the home thread after a delay of the machine's time, whatever is done with the
  // product's: sockets, processes, a disk that may have room again. Any thread.
  virtual void after(Millis delay, Task task) = 0;
};

}  // namespace tailrace
