// GET and PUT /_tailrace/clock: the product's clock in the hands of a test. (spec streams 13.8)
//
//   GET -> {"Now":"2026-02-03T04:05:06.789Z","Frozen":false}
//   PUT    {"Freeze":true}, {"Set":"2026-02-03T04:05:06Z"}, {"AdvanceSeconds":86400},
//   {"Resume":true}; also together,
//          in this order -> as GET. What becomes due has run when the answer comes.
#pragma once

#include "server/control/control_api.h"
#include "server/http/runtime.h"

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
  virtual void advance(Millis by, const Task& settle) = 0;
};

class RuntimeTime final : public ControlledTime {
 public:
  explicit RuntimeTime(http::Runtime& runtime) : runtime_(runtime) {}
  Instant now() const override { return runtime_.clock().now(); }
  bool frozen() const override { return runtime_.frozen(); }
  void freeze() override { runtime_.freeze(); }
  void resume() override { runtime_.resume(); }
  void set(Instant now) override { runtime_.set(now); }
  void advance(Millis by, const Task& settle) override { runtime_.advance(by, settle); }

 private:
  http::Runtime& runtime_;
};

// `settle` waits until what timers have started in the queue is done; it may block. `time` must
// outlive `api`.
void add_clock_routes(ControlApi& api, ControlledTime& time, Task settle);

}  // namespace tailrace::control
