#include "server/lambda/runtime_endpoint.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "server/lambda/output_log.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "streams/handlers/http_endpoint.h"

namespace tailrace::lambda {
namespace {

// A response of more than 6 MB is refused by the Runtime API itself; far larger ones by the
// listener.
constexpr std::size_t kRuntimeBodyBytesMax = 32 * 1024 * 1024;

std::string task_root_of(const Binding& binding) {
  const auto given = binding.environment.find("LAMBDA_TASK_ROOT");
  if (given != binding.environment.end()) return given->second;
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

InvokeOutcome exit_outcome(std::string_view request_id, const ProcessEnd& end) {
  const std::string how = end_text(end);
  const std::string reason = how.empty() ? "Runtime exited without providing a reason"
                                         : str_cat("Runtime exited with error: ", how);
  return function_error("Runtime.ExitError", request_id.empty() ? str_cat("Error: ", reason)
                                                                : str_cat("RequestId: ", request_id,
                                                                          " Error: ", reason));
}

http::ListenOptions listen_options(const Binding& binding) {
  http::ListenOptions options;
  options.port = 0;
  if (binding.target.kind == TargetKind::kRuntime)
    options.port = static_cast<std::uint16_t>(std::stoi(binding.target.text));
  options.body_bytes_max = kRuntimeBodyBytesMax;
  options.header_bytes_max = 64 * 1024;  // Error causes for tracing travel in headers.
  // A runtime may be stopped in a debugger for as long as its user likes.
  options.idle_timeout = std::chrono::hours(24 * 365);
  options.request_timeout = std::chrono::hours(24 * 365);
  options.home_thread_only = true;
  return options;
}

}  // namespace

// An invocation on its way: waiting for an environment, or handed out to one.
struct RuntimeEndpoint::Pending {
  Invocation invocation;
  Callback callback;  // Empty: cancelled or answered.
  void finish(InvokeOutcome outcome) {
    if (const Callback call = std::exchange(callback, nullptr)) call(std::move(outcome));
  }
};

// One execution environment: its Runtime API, and for exec: targets its process.
class RuntimeEndpoint::Environment {
 public:
  explicit Environment(RuntimeEndpoint& owner)
      : owner_(owner),
        api_({.waiting = [this] { client_waits(); },
              .finished = [this](InvokeOutcome outcome) { finished(std::move(outcome)); },
              .failed_to_initialize =
                  [this](InvokeOutcome outcome) { initialization_failed(std::move(outcome)); }}),
        log_({.line =
                  [this](std::string_view line) {
                    log_info(line, {{"function", name()}});
                  },
              .leaving_out =
                  [this] {
                    log_warn("function prints more than the log takes; what follows is left out",
                             {{"function", name()}});
                  },
              .left_out =
                  [this](std::uint64_t lines, std::uint64_t bytes) {
                    log_warn("output of a function was left out of the log",
                             {{"function", name()},
                              {"lines", str_cat(lines)},
                              {"bytes", str_cat(bytes)}});
                  }},
             std::chrono::steady_clock::now()) {}

  // Once, before anything else.
  Result<void> listen() {
    try {
      listener_ = owner_.runtime_.listen(listen_options(owner_.binding_), api_);
      return {};
    } catch (const http::ListenError& error) {
      return ApiError{.code = ErrorCode::kInvalidParameterValueException, .message = error.what()};
    }
  }

  // Of no use once it is being ended: it may still ask for work.
  bool waiting() const {
    return running_ == nullptr && state_ != State::kStopping && api_.waiting();
  }
  bool running() const { return running_ != nullptr; }
  bool starting() const { return state_ == State::kStarting || state_ == State::kPausing; }
  bool between() const { return api_.between(); }

  // exec: targets. Starts a process unless one is there or is about to be.
  void start() {
    if (state_ != State::kStopped) return;
    state_ = State::kStarting;
    served_ = false;
    failure_reported_ = false;
    api_.reset();
    const std::string root = task_root_of(owner_.binding_);
    auto process = owner_.processes_.start(
        {.command = owner_.binding_.target.text,
         .directory = root,
         .environment = process_environment(owner_.binding_, owner_.options_, listener_->port(),
                                            root, machine_now())},
        {.output =
             [this](std::string_view lines) { log_.take(lines, std::chrono::steady_clock::now()); },
         .ended = [this](ProcessEnd end) { ended(end); }});
    if (!process) {
      state_ = State::kStopped;
      return owner_.fail_pending(invocation_failure("ProcessNotStarted", process.error().message),
                                 owner_.pending_.size());
    }
    process_ = *std::move(process);
    after(owner_.options_.start_limit, [this] {
      if (state_ != State::kStarting) return;
      log_warn("runtime did not ask for work in time; it is stopped", {{"function", name()}});
      state_ = State::kStopping;
      process_->terminate();
    });
  }

  void run(std::shared_ptr<Pending> pending) {
    running_ = std::move(pending);
    log_.forget_tail();
    const Millis timeout = running_->invocation.timeout;
    api_.hand_out(running_->invocation, machine_now());
    if (timeout.count() > 0)
      after(timeout, [this, id = running_->invocation.request.request_id] { timed_out_at(id); });
  }

  // A runtime that was started by hand has not come back since its last result.
  void expect_client() {
    after(owner_.options_.reconnect_limit, [this] {
      if (!api_.waiting() && running_ == nullptr) {
        api_.reset();
        owner_.serve_pending();
      }
    });
  }

 private:
  enum class State : std::uint8_t { kStopped, kStarting, kServing, kStopping, kPausing };

  // Real time; the task is dropped when the environment is gone or has a new process.
  void after(std::chrono::milliseconds delay, Task task) {
    owner_.runtime_.after(delay, [alive = std::weak_ptr(alive_), generation = generation_, this,
                                  task = std::move(task)] {
      if (!alive.expired() && generation == generation_) task();
    });
  }

  void client_waits() {
    if (state_ == State::kStopping) return;
    state_ = State::kServing;
    served_ = true;
    deaths_ = 0;
    owner_.serve_pending();
  }

  void finished(InvokeOutcome outcome) {
    const std::shared_ptr<Pending> pending = std::exchange(running_, nullptr);
    if (pending == nullptr) return;
    if (process_ != nullptr) process_->flush_output();
    outcome.log_tail = log_.tail();
    if (owner_.binding_.target.kind == TargetKind::kRuntime) expect_client();
    pending->finish(std::move(outcome));
  }

  void initialization_failed(InvokeOutcome outcome) {
    if (process_ != nullptr) process_->flush_output();
    outcome.log_tail = log_.tail();
    failure_reported_ = true;
    owner_.fail_pending(outcome, 1);
  }

  void timed_out_at(const std::string& request_id) {
    if (running_ == nullptr || running_->invocation.request.request_id != request_id) return;
    api_.reset();
    if (process_ != nullptr) {
      state_ = State::kStopping;
      process_->terminate();
    }
    finished(timed_out(request_id, running_->invocation.timeout));
  }

  void ended(ProcessEnd end) {
    const bool served = served_;
    ++generation_;
    api_.reset();
    log_.tell();
    log_warn(str_cat("runtime ended", end_text(end).empty() ? "" : ": ", end_text(end)),
             {{"function", name()}});
    if (running_ != nullptr) {
      finished(exit_outcome(running_->invocation.request.request_id, end));
    } else if (!served && !failure_reported_) {
      InvokeOutcome outcome = exit_outcome({}, end);
      outcome.log_tail = log_.tail();
      owner_.fail_pending(outcome, 1);
    }
    pause_before_restart();
  }

  // A process that dies before it asks for work is started again ever more slowly.
  void pause_before_restart() {
    const auto pause = std::min(owner_.options_.first_restart_pause * (1 << std::min(deaths_, 10)),
                                owner_.options_.restart_pause_max);
    ++deaths_;
    state_ = State::kPausing;
    after(pause, [this] {
      process_.reset();
      state_ = State::kStopped;
      owner_.serve_pending();
    });
  }

  const std::string& name() const { return owner_.binding_.name; }

  RuntimeEndpoint& owner_;
  RuntimeApi api_;
  State state_ = State::kStopped;
  std::shared_ptr<Pending> running_;
  OutputLog log_;
  bool served_ = false;            // This process has asked for work.
  bool failure_reported_ = false;  // This process said why it could not start.
  int deaths_ = 0;                 // In a row.
  std::uint64_t generation_ = 0;   // Of processes.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<http::Listener> listener_;
  std::unique_ptr<Process> process_;  // Goes first.
};

RuntimeEndpoint::RuntimeEndpoint(http::Runtime& runtime,
                                 ProcessHost& processes,
                                 const Binding& binding,
                                 RuntimeOptions options)
    : runtime_(runtime), processes_(processes), binding_(binding), options_(std::move(options)) {}

Result<std::unique_ptr<HandlerEndpoint>> RuntimeEndpoint::make(http::Runtime& runtime,
                                                               ProcessHost& processes,
                                                               const Binding& binding,
                                                               RuntimeOptions options) {
  std::unique_ptr<RuntimeEndpoint> endpoint(
      new RuntimeEndpoint(runtime, processes, binding, std::move(options)));
  if (auto added = endpoint->add_environment(); !added) return std::move(added).error();
  return std::unique_ptr<HandlerEndpoint>(std::move(endpoint));
}

Result<RuntimeEndpoint::Environment*> RuntimeEndpoint::add_environment() {
  auto environment = std::make_unique<Environment>(*this);
  TRY_VOID(environment->listen());
  environments_.push_back(std::move(environment));
  return environments_.back().get();
}

RuntimeEndpoint::~RuntimeEndpoint() = default;

std::shared_ptr<void> RuntimeEndpoint::invoke(const Invocation& invocation, Callback callback) {
  auto pending =
      std::make_shared<Pending>(Pending{.invocation = invocation, .callback = std::move(callback)});
  pending_.push_back(pending);
  runtime_.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) serve_pending();
  });
  return std::shared_ptr<void>(nullptr, [pending](void*) { pending->callback = nullptr; });
}

void RuntimeEndpoint::serve_pending() {
  while (!pending_.empty()) {
    if (!pending_.front()->callback) {
      pending_.pop_front();
      continue;
    }
    Environment* environment = find_waiting();
    if (environment == nullptr) break;
    const std::shared_ptr<Pending> next = pending_.front();
    pending_.pop_front();
    environment->run(next);
  }
  if (!pending_.empty()) ensure_environment();
}

RuntimeEndpoint::Environment* RuntimeEndpoint::find_waiting() {
  const auto found = std::find_if(environments_.begin(), environments_.end(),
                                  [](const auto& environment) { return environment->waiting(); });
  return found == environments_.end() ? nullptr : found->get();
}

bool RuntimeEndpoint::is_starting() const {
  return std::any_of(environments_.begin(), environments_.end(),
                     [](const auto& environment) { return environment->starting(); });
}

// Somebody waits and nobody is free: start a process, or say that no runtime is connected.
void RuntimeEndpoint::ensure_environment() {
  if (binding_.target.kind == TargetKind::kRuntime) {
    const Environment& only = *environments_.front();
    if (only.running() || only.between()) return;
    return fail_pending(
        invocation_failure("RuntimeNotConnected",
                           str_cat("no runtime is connected to AWS_LAMBDA_RUNTIME_API=127.0.0.1:",
                                   binding_.target.text)),
        pending_.size());
  }
  for (const auto& environment : environments_) environment->start();
  const std::size_t limit = static_cast<std::size_t>(std::max(binding_.concurrency, 1));
  if (is_starting() || environments_.size() >= limit) return;
  if (auto added = add_environment()) {
    (*added)->start();
  } else {  // Those that wait are served by the environments that there are.
    log_error("no further process for a function",
              {{"function", binding_.name}, {"error", added.error().message}});
  }
}

void RuntimeEndpoint::fail_pending(const InvokeOutcome& outcome, std::size_t count) {
  while (count > 0 && !pending_.empty()) {
    const std::shared_ptr<Pending> pending = pending_.front();
    pending_.pop_front();
    if (!pending->callback) continue;
    pending->finish(outcome);
    --count;
  }
}

}  // namespace tailrace::lambda
