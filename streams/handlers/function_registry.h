// FunctionRegistry: which functions there are, where each runs, and how many invocations of each
// run at a time. Home thread only, but for load().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine/engine_queue.h"
#include "streams/handlers/binding.h"
#include "streams/handlers/function_configurations.h"
#include "streams/handlers/handler_endpoint.h"
#include "streams/handlers/invoke.h"

namespace tailrace {

std::string function_arn(const Owner& owner, std::string_view name, std::string_view qualifier);

class FunctionRegistry final : public Functions {
 public:
  FunctionRegistry(EngineQueue& queue, Scheduler& scheduler, EndpointFactory make_endpoint);
  ~FunctionRegistry() override;
  FunctionRegistry(const FunctionRegistry&) = delete;
  FunctionRegistry& operator=(const FunctionRegistry&) = delete;

  using Done = std::function<void(Result<void>)>;

  // Bindings that the control API made in earlier runs. One whose endpoint cannot be made stays,
  // and its invocations say why. Before the threads run.
  void load(Txn& txn);

  // Replaces a binding of that name. Invocations in flight end under the old binding, waiting ones
  // run under the new one. If its endpoint cannot be made, everything stays as it was. For this
  // run.
  Result<void> bind(Binding binding);
  // As bind(), and kept in the store: in force, and answered, once it is committed. A function that
  // DeleteFunction deleted is there again.
  void bind_and_keep(Binding binding, Done done);
  // Also from the store; answered once that is committed. Errors: ResourceNotFoundException.
  void unbind(const std::string& name, Done done);
  const Binding* find(std::string_view name) const;
  std::vector<const Binding*> list() const;  // In order of names.

  // Lambda's side of functions; must outlive this. Without it a function is what is bound.
  void configured_by(FunctionConfigurations& configurations) { configurations_ = &configurations; }
  // Settings of a function have changed: its processes start anew; what runs may end.
  void settings_changed(std::string_view name);
  // Presence or limits have changed: those that wait may run, or learn that it is gone.
  void limits_changed(std::string_view name);
  // As many invocations run as are reserved for the function: Invoke refuses, triggers wait.
  bool reserved_are_busy(const Owner& owner, std::string_view name) const;

  bool exists(const Owner& owner, std::string_view function_name) const override;
  std::shared_ptr<void> invoke(InvokeRequest request, Callback callback) override;

 private:
  struct Function;
  struct Waiting;
  struct Change;
  Function& function_of(const std::string& name);
  bool has_slot(const Function& function, const Owner& owner) const;
  Millis timeout_of(const Function& function, const Owner& owner) const;
  std::string version_to_run(const InvokeRequest& request) const;
  void start_waiting(Function& function);
  void start(Function& function, const std::shared_ptr<Waiting>& waiting);
  void finish(const std::weak_ptr<Waiting>& started, InvokeOutcome outcome);
  void cancel(const std::shared_ptr<Waiting>& waiting);
  void retire(std::shared_ptr<HandlerEndpoint> endpoint);
  Result<std::shared_ptr<HandlerEndpoint>> endpoint_for(const Binding& binding) const;
  void submit(EngineQueue::Run run, Done then);
  void swap_in(Binding binding, std::shared_ptr<HandlerEndpoint> endpoint);

  EngineQueue& queue_;
  Scheduler& scheduler_;
  EndpointFactory make_endpoint_;
  FunctionConfigurations* configurations_ = nullptr;
  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions_;
  std::vector<std::shared_ptr<HandlerEndpoint>> retired_;
  std::set<std::shared_ptr<Change>> changes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tailrace
