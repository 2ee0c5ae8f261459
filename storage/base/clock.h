// The one source of time in the product. Everything that a user can see of time (creation times, trim,
// roll-over, iterator expiry, TTL, idempotency windows, triggers' windows and ages) asks the Clock;
// only signatures, log lines and timeouts of sockets use the machine's time.
#pragma once

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
};

// The machine's time, whatever the product's clock says: the one place that asks for it.
Instant machine_now();

class MachineClock final : public Clock {
 public:
  Instant now() const override { return machine_now(); }
};

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
};

}  // namespace tailrace
