// GET and PUT /_tailrace/clock: the product's clock in the hands of a test.
// (behaviour/streams 13.8)
//
//   GET -> {"Now":"2026-02-03T04:05:06.789Z","Frozen":false}
//   PUT    {"Freeze":true}, {"Set":"2026-02-03T04:05:06Z"}, {"AdvanceSeconds":86400},
//   {"Resume":true}; also together,
//          in this order -> as GET. What becomes due has run when the answer comes.
//
// Time is moved from timer to timer, in tasks of its own: everybody else is served meanwhile.
#pragma once

#include <memory>

#include "server/control/control_api.h"
#include "server/http/runtime.h"
#include "streams/log/store.h"

namespace tailrace::control {

// The clock as commands see it. Home thread.
class ControlledTime {
 public:
  virtual ~ControlledTime() = default;
  virtual Instant now() const = 0;
  virtual bool frozen() const = 0;
  virtual void freeze() = 0;
  virtual void resume() = 0;
  virtual void set(Instant now) = 0;
  // As the runtime's.
  virtual bool step_clock(Instant target) = 0;
  virtual void head_for(Instant target) = 0;
  virtual bool has_posted() const = 0;
};

class RuntimeTime final : public ControlledTime {
 public:
  explicit RuntimeTime(http::Runtime& runtime) : runtime_(runtime) {}
  Instant now() const override { return runtime_.clock().now(); }
  bool frozen() const override { return runtime_.frozen(); }
  void freeze() override { runtime_.freeze(); }
  void resume() override { runtime_.resume(); }
  void set(Instant now) override { runtime_.set(now); }
  bool step_clock(Instant target) override { return runtime_.step_clock(target); }
  void head_for(Instant target) override { runtime_.head_for(target); }
  bool has_posted() const override { return runtime_.has_posted(); }

 private:
  http::Runtime& runtime_;
};

// As Store::settle.
using Settle = std::function<void(std::function<void(Settled)> done)>;

// Carries commands out one after the other. A command whose client has gone ends where it stands.
class ClockCommands {
 public:
  // Must outlive what `settle` calls back.
  ClockCommands(ControlledTime& time, Settle settle);
  ~ClockCommands();
  ClockCommands(const ClockCommands&) = delete;
  ClockCommands& operator=(const ClockCommands&) = delete;

  // `api` must not outlive this.
  void add_routes(ControlApi& api);
  // Ends the running command and refuses those that wait: the server stops.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailrace::control
