// FunctionRegistry: which functions there are, where each runs, and how many invocations of each
// run at a time. Home thread only, but for load().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine/engine_queue.h"
#include "streams/handlers/binding.h"
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

  // Bindings that the control API made in earlier runs. Before the threads run.
  void load(Txn& txn);

  // Replaces a binding of that name; a persistent one is written to the store. Invocations in
  // flight end under the old binding, waiting ones run under the new one.
  void bind(Binding binding);
  bool unbind(std::string_view name);  // False: there was none.
  const Binding* find(std::string_view name) const;
  std::vector<const Binding*> list() const;  // In order of names.

  // Names that exist without being bound, because Lambda's CreateFunction made them (server/lambda
  // asks here).
  using ExistsElsewhere = std::function<bool(const Owner& owner, std::string_view name)>;
  void also_exists(ExistsElsewhere exists) { exists_elsewhere_ = std::move(exists); }
  // Most invocations of a function at a time, by Lambda's reserved concurrency; nullopt: not
  // reserved.
  using ReservedConcurrency =
      std::function<std::optional<int>(const Owner& owner, std::string_view name)>;
  void limit_by(ReservedConcurrency reserved) { reserved_ = std::move(reserved); }
  // Timeout of a function that Lambda's CreateFunction gave one; a binding's own wins.
  using ConfiguredTimeout =
      std::function<std::optional<Millis>(const Owner& owner, std::string_view name)>;
  void time_out_by(ConfiguredTimeout timeout) { configured_timeout_ = std::move(timeout); }
  std::optional<int> reserved_concurrency(const Owner& owner, std::string_view name) const {
    return reserved_ ? reserved_(owner, name) : std::nullopt;
  }
  // A slot may have become free by a change of limits.
  void limits_changed(std::string_view name);

  bool exists(const Owner& owner, std::string_view function_name) const override;
  std::shared_ptr<void> invoke(InvokeRequest request, Callback callback) override;

 private:
  struct Function;
  struct Waiting;
  Function& function_of(const std::string& name);
  bool has_slot(const Function& function, const Owner& owner) const;
  void start_waiting(Function& function);
  void start(Function& function, const std::shared_ptr<Waiting>& waiting);
  void finish(const std::string& name,
              const std::shared_ptr<Waiting>& waiting,
              InvokeOutcome outcome);
  Millis timeout_of(const Binding& binding, const Owner& owner) const;
  void store(const Binding& binding);

  EngineQueue& queue_;
  Scheduler& scheduler_;
  EndpointFactory make_endpoint_;
  ExistsElsewhere exists_elsewhere_;
  ReservedConcurrency reserved_;
  ConfiguredTimeout configured_timeout_;
  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tailrace
