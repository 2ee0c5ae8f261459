#include "tests/simulation/runtime.h"

#include <algorithm>
#include <utility>

#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::simulation {

class SimulatedRuntime::PortListener final : public http::Listener {
 public:
  PortListener(std::shared_ptr<Listeners> all, std::uint16_t port, http::Handler& handler)
      : all_(std::move(all)), port_(port), handler_(handler) {
    all_->emplace(port, this);
  }
  ~PortListener() override { all_->erase(port_); }
  std::uint16_t port() const override { return port_; }
  void stop_accepting() override { accepting_ = false; }
  http::Handler* handler() const { return accepting_ ? &handler_ : nullptr; }

 private:
  const std::shared_ptr<Listeners> all_;
  const std::uint16_t port_;
  http::Handler& handler_;
  bool accepting_ = true;
};

class SimulatedRuntime::Client final : public HttpClient {
 public:
  explicit Client(SimulatedRuntime& runtime) : runtime_(runtime) {}
  std::shared_ptr<void> send(OutgoingRequest request, Callback callback) override {
    // The callback's owner may let go of the handle within the call.
    auto handle = std::make_shared<Callback>(std::move(callback));
    const std::weak_ptr<Callback> weak = handle;
    runtime_.options_.network({.request = std::move(request),
                               .answer =
                                   [weak](OutgoingResponse response) {
                                     const auto wanted = weak.lock();
                                     if (!wanted || !*wanted) return false;
                                     std::exchange(*wanted, nullptr)(std::move(response));
                                     return true;
                                   },
                               .wanted =
                                   [weak] {
                                     const auto wanted = weak.lock();
                                     return wanted && *wanted;
                                   }});
    return handle;
  }

 private:
  SimulatedRuntime& runtime_;
};

SimulatedRuntime::SimulatedRuntime(Options options)
    : options_(std::move(options)), clock_(options_.machine) {}

// --- Driving

void SimulatedRuntime::later(Thread thread, Millis delay, Task task) {
  events_.push_back(
      {.due = options_.machine.now() + delay, .thread = thread, .task = std::move(task)});
}

void SimulatedRuntime::run_on(Thread thread, const Task& task) {
  const Thread before = std::exchange(thread_, thread);
  task();
  thread_ = before;
}

bool SimulatedRuntime::run_one_posted() {
  if (posted_.empty()) return false;
  const Task task = std::move(posted_.front());
  posted_.pop_front();
  run_on(Thread::kHome, task);
  return true;
}

bool SimulatedRuntime::run_due_timers() {
  bool ran = false;
  run_on(Thread::kHome, [&] {
    ran = real_timers_.run_due(options_.machine.now());
    if (!clock_.frozen() && timers_.run_due(clock_.now())) ran = true;
  });
  return ran;
}

std::vector<std::size_t> SimulatedRuntime::due_events(std::optional<Thread> thread) const {
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (events_[i].due <= options_.machine.now() && (!thread || events_[i].thread == *thread))
      due.push_back(i);
  }
  return due;
}

void SimulatedRuntime::run_event(std::size_t place) {
  const Event event = std::move(events_[place]);
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(place));
  run_on(event.thread, event.task);
}

bool SimulatedRuntime::step() {
  const auto due = due_events(std::nullopt);
  if (!due.empty() && (posted_.empty() || options_.chance.percent(40))) {
    run_event(options_.chance.one_of(due));
    return true;
  }
  return run_one_posted() || run_due_timers();
}

bool SimulatedRuntime::step_requests() {
  const auto due = due_events(Thread::kRequests);
  if (due.empty()) return false;
  run_event(options_.chance.one_of(due));
  return true;
}

void SimulatedRuntime::meanwhile() {
  if (within_ || thread_ == Thread::kNone) return;
  if (!options_.chance.percent(15)) return;
  within_ = true;
  const Thread other = thread_ == Thread::kHome ? Thread::kRequests : Thread::kHome;
  for (int steps = options_.chance.from(1, 4); steps > 0; --steps) {
    if (other == Thread::kRequests ? !step_requests() : !run_one_posted()) break;
  }
  within_ = false;
}

std::optional<Instant> SimulatedRuntime::next_due() const {
  std::optional<Instant> next = real_timers_.next_due();
  const auto sooner = [&next](Instant due) {
    if (!next || due < *next) next = due;
  };
  if (const auto due = timers_.next_due(); due && !clock_.frozen())
    sooner(options_.machine.now() + (*due - clock_.now()));
  for (const Event& event : events_) sooner(event.due);
  if (end_by_) sooner(*end_by_);
  return next;
}

void SimulatedRuntime::pass(Millis by) {
  const Instant target = options_.machine.now() + by;
  while (!ended()) {
    while (!ended() && step()) {
    }
    const auto next = next_due();
    if (ended() || !next || *next > target) break;
    options_.machine.set(std::max(*next, options_.machine.now()));
  }
  if (!ended()) options_.machine.set(target);
}

void SimulatedRuntime::go_on(Millis at_most) {
  if (step()) return;
  const Instant limit = options_.machine.now() + at_most;
  const Instant next = next_due().value_or(limit);
  options_.machine.set(std::max(std::min(next, limit), options_.machine.now()));
}

http::Handler* SimulatedRuntime::listener(std::uint16_t port) const {
  const auto found = listeners_->find(port);
  return found == listeners_->end() ? nullptr : found->second->handler();
}

bool SimulatedRuntime::ended() const {
  return end_by_ && (requests_open_ == 0 || options_.machine.now() >= *end_by_);
}

// --- The product's clock

// As the real one does.
bool SimulatedRuntime::step_clock(Instant target) {
  CHECK(clock_.frozen());
  ++clock_steps_;
  const auto next = timers_.next_due();
  const bool due = next && *next <= target;
  const Instant stop = due ? *next : target;
  if (stop > clock_.now()) clock_.set(stop);
  if (due) timers_.run_due(clock_.now());
  return due;
}

void SimulatedRuntime::after(Millis delay, Task task) {
  real_timers_.add(options_.machine.now() + delay, std::move(task));
}

// --- Network

std::unique_ptr<http::Listener> SimulatedRuntime::listen(const http::ListenOptions& options,
                                                         http::Handler& handler) {
  std::uint16_t port = options.port;
  if (port == 0) {
    port = 40000;
    while (listeners_->contains(port)) ++port;
  }
  if (listeners_->contains(port))
    throw http::ListenError(str_cat("cannot listen on port ", port, ": address in use"));
  return std::make_unique<PortListener>(listeners_, port, handler);
}

std::unique_ptr<HttpClient> SimulatedRuntime::make_http_client() {
  return std::make_unique<Client>(*this);
}

// --- Life

void SimulatedRuntime::run(Task on_signal) {
  on_signal_ = std::move(on_signal);
  options_.life();
  on_signal_ = nullptr;
}

void SimulatedRuntime::stop(std::chrono::milliseconds grace) {
  const Instant end = options_.machine.now() + grace;
  end_by_ = end_by_ ? std::min(*end_by_, end) : end;
}

}  // namespace tailrace::simulation
