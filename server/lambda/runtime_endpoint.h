// RuntimeEndpoint: a function that runs under the Runtime API. exec: targets are processes that
// Tailrace starts, supervises and stops, one per concurrent invocation; runtime: targets are
// started by the user, in a debugger say, and connect to the function's fixed port.
// (behaviour/runtimes 5) Home thread only.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "server/http/runtime.h"
#include "server/lambda/process.h"
#include "server/lambda/runtime_api.h"
#include "storage/base/result.h"
#include "streams/handlers/binding.h"
#include "streams/handlers/function_configurations.h"
#include "streams/handlers/handler_endpoint.h"

namespace tailrace::lambda {

struct RuntimeOptions {
  std::chrono::milliseconds start_limit{
      60'000};  // From the start of a process to its first call of next.
  std::chrono::milliseconds first_restart_pause{
      100};  // Doubled for each process that dies before it asks for work.
  std::chrono::milliseconds restart_pause_max{5'000};
  std::chrono::milliseconds reconnect_limit{
      1'000};          // A runtime started by hand asks for the next event within this.
  std::string region;  // For the process's AWS_REGION.
  // What Lambda's API has said of the function, asked at each start of a process; may be empty.
  std::function<FunctionSettings(const std::string& name)> settings;
  std::function<std::string()> own_endpoint;  // http://127.0.0.1:8000, for SDKs in the handler.
};

class RuntimeEndpoint final : public HandlerEndpoint {
 public:
  // Errors: InvalidParameterValueException if a runtime: target's port is taken; or if no port can
  // be had.
  static Result<std::unique_ptr<HandlerEndpoint>> make(http::Runtime& runtime,
                                                       ProcessHost& processes,
                                                       const Binding& binding,
                                                       RuntimeOptions options);
  ~RuntimeEndpoint() override;

  std::shared_ptr<void> invoke(const Invocation& invocation, Callback callback) override;

 private:
  struct Pending;
  class Environment;

  RuntimeEndpoint(http::Runtime& runtime,
                  ProcessHost& processes,
                  const Binding& binding,
                  RuntimeOptions options);
  Result<Environment*> add_environment();

  void serve_pending();
  void fail_pending(const InvokeOutcome& outcome, std::size_t count);
  Environment* find_waiting();
  bool is_starting() const;
  void ensure_environment();

  http::Runtime& runtime_;
  ProcessHost& processes_;
  const Binding binding_;
  const RuntimeOptions options_;
  std::deque<std::shared_ptr<Pending>> pending_;  // In order of arrival.
  std::list<std::unique_ptr<Environment>> environments_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// The environment of a process, NAME=value: what Tailrace was started with, Lambda's variables, the
// function's own. `task_root` is LAMBDA_TASK_ROOT and working directory. (behaviour/runtimes 4)
std::vector<std::string> process_environment(const Binding& binding,
                                             const RuntimeOptions& options,
                                             std::uint16_t port,
                                             const std::string& task_root,
                                             Instant machine_now);

}  // namespace tailrace::lambda
