// SimulatedRuntime: http::Runtime in one thread, with time, network and the order of everything in
// the hands of a simulation. Two threads of the product are played: the home thread, and one that
// takes requests; while a job of one of them runs, the other one may go on (Disk::meanwhile).
//
// One life of the product: a new one is made for each start.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/http/product_clock.h"
#include "server/http/runtime.h"
#include "tests/simulation/chance.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace::simulation {

// What the product asks others to do. `answer` may be called once, at any later time; false: the
// product has lost interest.
struct Outgoing {
  OutgoingRequest request;
  std::function<bool(OutgoingResponse)> answer;
  std::function<bool()> wanted;  // The product still waits for the answer.
};

class SimulatedRuntime final : public http::Runtime {
 public:
  enum class Thread { kNone, kHome, kRequests };

  struct Options {
    ManualClock& machine;
    Chance& chance;
    std::function<void(Outgoing)> network;  // Where the product's own requests go.
    Task life;                              // What happens while the product serves.
  };
  explicit SimulatedRuntime(Options options);

  // --- What a simulation drives.
  // Lets `task` happen on that thread, once the machine's clock has moved by `delay` and its turn
  // comes.
  void later(Thread thread, Millis delay, Task task);
  // Does one of the things that can be done now, by chance; false: there is none.
  bool step();
  // One step; if there is none to be made, the machine's clock moves to when there is one, but by
  // no more than `at_most`.
  void go_on(Millis at_most);
  // Lets machine's time pass, and everything happen that is due meanwhile.
  void pass(Millis by);
  // Plays the other thread for a moment, if there is one.
  void meanwhile();

  // Nothing answers on that port: nullptr.
  http::Handler* listener(std::uint16_t port) const;
  // Listeners that are there; they must be gone when the product is.
  std::size_t listener_count() const { return listeners_->size(); }
  void request_began() { ++requests_open_; }
  void request_ended() { --requests_open_; }
  // SIGTERM.
  void terminate() { post(on_signal_); }
  bool ended() const;
  // Of the product's clock, by commands.
  int clock_steps() const { return clock_steps_; }

  // --- http::Runtime
  const Clock& clock() const override { return clock_; }
  bool frozen() const override { return clock_.frozen(); }
  void freeze() override { clock_.freeze(); }
  void resume() override { clock_.resume(); }
  void set(Instant now) override { clock_.set(now); }
  bool step_clock(Instant target) override;
  void head_for(Instant target) override { clock_.head_for(target); }
  bool has_posted() const override { return !posted_.empty(); }
  void post(Task task) override { posted_.push_back(std::move(task)); }
  TimerId run_at(Instant when, Task task) override { return timers_.add(when, std::move(task)); }
  void cancel(TimerId id) override { timers_.cancel(id); }
  void after(Millis delay, Task task) override;
  std::unique_ptr<http::Listener> listen(const http::ListenOptions& options,
                                         http::Handler& handler) override;
  std::unique_ptr<HttpClient> make_http_client() override;
  void run(Task on_signal) override;
  void stop(std::chrono::milliseconds grace) override;

 private:
  class Client;
  class PortListener;
  using Listeners = std::map<std::uint16_t, PortListener*>;
  struct Event {
    Instant due{};
    Thread thread = Thread::kHome;
    Task task;
  };

  void run_on(Thread thread, const Task& task);
  bool run_one_posted();
  bool run_due_timers();
  bool step_requests();
  std::vector<std::size_t> due_events(std::optional<Thread> thread) const;
  void run_event(std::size_t place);
  std::optional<Instant> next_due() const;  // By the machine's clock.

  const Options options_;
  http::ProductClock clock_;
  std::deque<Task> posted_;
  http::TimerQueue timers_;       // By the product's clock.
  http::TimerQueue real_timers_;  // By the machine's.
  std::vector<Event> events_;
  // Shared with each: one that outlives the runtime is a fault to be told of, not to crash by.
  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
  Thread thread_ = Thread::kNone;
  bool within_ = false;  // Another thread is being played meanwhile.
  Task on_signal_;
  int requests_open_ = 0;
  std::optional<Instant> end_by_;
  int clock_steps_ = 0;
};

}  // namespace tailrace::simulation
