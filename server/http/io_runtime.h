// IoRuntime: all that needs Asio. Threads (each with an io_context of its own), timers by the
// product's clock, listening sockets with their connections, and outgoing connections. Beast and
// Asio stay in this room's .cc files.
//
// Thread 0 is the home thread: Scheduler tasks, HttpClient callbacks and secondary listeners'
// requests run there.
#pragma once

#include <memory>

#include "server/http/runtime.h"

namespace tailrace::http {

class IoRuntime final : public Runtime {
 public:
  // `threads` >= 1.
  explicit IoRuntime(int threads);
  ~IoRuntime() override;
  IoRuntime(const IoRuntime&) = delete;
  IoRuntime& operator=(const IoRuntime&) = delete;

  const Clock& clock() const override;
  bool frozen() const override;
  void freeze() override;
  void resume() override;
  void set(Instant now) override;
  bool step_clock(Instant target) override;
  void head_for(Instant target) override;
  bool has_posted() const override;

  void post(Task task) override;
  TimerId run_at(Instant when, Task task) override;
  void cancel(TimerId id) override;
  void after(Millis delay, Task task) override;

  std::unique_ptr<Listener> listen(const ListenOptions& options, Handler& handler) override;
  std::unique_ptr<HttpClient> make_http_client() override;

  void run(Task on_signal) override;
  void stop(std::chrono::milliseconds grace) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailrace::http
