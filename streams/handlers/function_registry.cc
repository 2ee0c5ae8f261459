#include "streams/handlers/function_registry.h"

#include <algorithm>
#include <utility>

#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"

namespace tailrace {
namespace {

constexpr std::string_view kCollection = "binding";
// Bindings belong to no account or region.
const Owner kEveryone{};

InvokeOutcome not_bound(std::string_view name) {
  return {.status = InvokeStatus::kInvocationFailure,
          .error_type = "FunctionNotBound",
          .error_text =
              str_cat("function ", name, " is not bound to a target; bind it with --function ",
                      name, "=TARGET or PUT /_tailrace/functions/", name)};
}

InvokeOutcome not_found(std::string_view name) {
  return {.status = InvokeStatus::kInvocationFailure,
          .error_type = "FunctionNotFound",
          .error_text = str_cat("there is no function ", name)};
}

}  // namespace

std::string function_arn(const Owner& owner, std::string_view name, std::string_view qualifier) {
  std::string arn =
      str_cat("arn:aws:lambda:", owner.region, ':', owner.account, ":function:", name);
  if (!qualifier.empty()) str_append(arn, ':', qualifier);
  return arn;
}

// One invocation, from invoke() to its callback.
struct FunctionRegistry::Waiting {
  InvokeRequest request;
  Callback callback;  // Empty: cancelled.
  std::shared_ptr<HandlerEndpoint>
      endpoint;  // Kept until the invocation has ended, whatever is bound meanwhile.
  std::shared_ptr<void> running;  // The endpoint's handle.
};

struct FunctionRegistry::Function {
  std::string name;
  std::optional<Binding> binding;
  std::shared_ptr<HandlerEndpoint> endpoint;
  std::deque<std::shared_ptr<Waiting>> waiting;  // For a slot, in order of arrival.
  int running = 0;
};

FunctionRegistry::FunctionRegistry(EngineQueue& queue,
                                   Scheduler& scheduler,
                                   EndpointFactory make_endpoint)
    : queue_(queue), scheduler_(scheduler), make_endpoint_(std::move(make_endpoint)) {}

FunctionRegistry::~FunctionRegistry() = default;

void FunctionRegistry::load(Txn& txn) {
  const Buffer prefix = keys::documents_prefix(kCollection);
  const keys::Range range = keys::prefix_range(prefix);
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    const Bytes key = cursor->key();
    Result<Binding> binding = parse_binding(key.substr(key.rfind('\0') + 1), cursor->value());
    CHECK(binding.has_value());
    binding->persistent = true;
    Function& function = function_of(binding->name);
    function.endpoint = make_endpoint_(*binding);
    function.binding = *std::move(binding);
  }
}

void FunctionRegistry::bind(Binding binding) {
  Function& function = function_of(binding.name);
  // The old endpoint goes first: the new one may want its port.
  function.endpoint.reset();
  function.endpoint = make_endpoint_(binding);
  if (binding.persistent) store(binding);
  function.binding = std::move(binding);
  start_waiting(function);
}

bool FunctionRegistry::unbind(std::string_view name) {
  const auto found = functions_.find(name);
  if (found == functions_.end() || !found->second->binding) return false;
  Function& function = *found->second;
  function.binding.reset();
  function.endpoint.reset();
  queue_.submit([key = keys::document(kCollection, kEveryone, name)](Txn& txn) { txn.erase(key); },
                [](const EngineError*) {});
  start_waiting(function);  // Those that waited learn that there is no such function.
  return true;
}

const Binding* FunctionRegistry::find(std::string_view name) const {
  const auto found = functions_.find(name);
  if (found == functions_.end() || !found->second->binding) return nullptr;
  return &*found->second->binding;
}

std::vector<const Binding*> FunctionRegistry::list() const {
  std::vector<const Binding*> bindings;
  for (const auto& [name, function] : functions_)
    if (function->binding) bindings.push_back(&*function->binding);
  return bindings;
}

void FunctionRegistry::settings_changed(std::string_view name) {
  const auto found = functions_.find(name);
  if (found == functions_.end()) return;
  Function& function = *found->second;
  if (!function.binding || function.binding->target.kind != TargetKind::kExec) return;
  function.endpoint.reset();
  function.endpoint = make_endpoint_(*function.binding);
}

void FunctionRegistry::limits_changed(std::string_view name) {
  if (const auto found = functions_.find(name); found != functions_.end())
    start_waiting(*found->second);
}

bool FunctionRegistry::exists(const Owner& owner, std::string_view function_name) const {
  switch (configurations_ ? configurations_->presence(owner, function_name)
                          : FunctionPresence::kUnknown) {
    case FunctionPresence::kUnknown:
      return find(function_name) != nullptr;
    case FunctionPresence::kThere:
      return true;
    case FunctionPresence::kDeleted:
      return false;
  }
  CHECK(false);
}

bool FunctionRegistry::reserved_are_busy(const Owner& owner, std::string_view name) const {
  if (configurations_ == nullptr) return false;
  const std::optional<int> reserved = configurations_->reserved_concurrency(owner, name);
  const auto found = functions_.find(name);
  return reserved && (found == functions_.end() ? 0 : found->second->running) >= *reserved;
}

std::shared_ptr<void> FunctionRegistry::invoke(InvokeRequest request, Callback callback) {
  auto waiting = std::make_shared<Waiting>(
      Waiting{.request = std::move(request), .callback = std::move(callback)});
  Function& function = function_of(waiting->request.function_name);
  function.waiting.push_back(waiting);
  scheduler_.post([this, alive = std::weak_ptr(alive_), name = function.name] {
    if (alive.expired()) return;
    if (const auto found = functions_.find(name); found != functions_.end())
      start_waiting(*found->second);
  });
  // Cancelling frees the slot at once; the endpoint's own handle goes with it.
  return std::shared_ptr<void>(nullptr, [this, alive = std::weak_ptr(alive_), waiting](void*) {
    if (alive.expired() || !waiting->callback) return;
    waiting->callback = nullptr;
    if (waiting->running == nullptr) return;
    const auto found = functions_.find(waiting->request.function_name);
    waiting->running.reset();
    --found->second->running;
    start_waiting(*found->second);
  });
}

FunctionRegistry::Function& FunctionRegistry::function_of(const std::string& name) {
  std::unique_ptr<Function>& function = functions_[name];
  if (!function) {
    function = std::make_unique<Function>();
    function->name = name;
  }
  return *function;
}

bool FunctionRegistry::has_slot(const Function& function, const Owner& owner) const {
  if (reserved_are_busy(owner, function.name)) return false;
  const int limit = function.binding ? function.binding->concurrency : 0;
  return limit == 0 || function.running < limit;
}

// The binding's own, then the function's own, then the default.
Millis FunctionRegistry::timeout_of(const Function& function, const Owner& owner) const {
  if (function.binding->timeout) return *function.binding->timeout;
  if (configurations_ != nullptr) {
    if (const auto own = configurations_->settings(owner, function.name).timeout) return *own;
  }
  return kDefaultTimeout;
}

std::string FunctionRegistry::version_to_run(const InvokeRequest& request) const {
  if (configurations_ == nullptr) return std::string(kLatestVersion);
  return configurations_->version_to_run(request.owner, request.function_name, request.qualifier);
}

void FunctionRegistry::start_waiting(Function& function) {
  while (!function.waiting.empty()) {
    const std::shared_ptr<Waiting> waiting = function.waiting.front();
    if (waiting->callback) {
      if (function.binding && !has_slot(function, waiting->request.owner)) return;
      function.waiting.pop_front();
      start(function, waiting);
    } else {
      function.waiting.pop_front();
    }
  }
}

void FunctionRegistry::start(Function& function, const std::shared_ptr<Waiting>& waiting) {
  ++function.running;
  const bool there = exists(waiting->request.owner, function.name);
  if (!function.endpoint || !there) {
    // Answered from a task of its own: a callback never runs within a call of the registry's.
    waiting->running = std::make_shared<int>(0);
    scheduler_.post([this, alive = std::weak_ptr(alive_), name = function.name, waiting,
                     outcome = there ? not_bound(function.name) : not_found(function.name)] {
      if (!alive.expired()) finish(name, waiting, outcome);
    });
    return;
  }
  waiting->endpoint = function.endpoint;
  const InvokeRequest& request = waiting->request;
  waiting->running = function.endpoint->invoke(
      {.request = request,
       .function_arn = function_arn(request.owner, request.function_name, request.qualifier),
       .timeout = timeout_of(function, request.owner)},
      [this, alive = std::weak_ptr(alive_), name = function.name, waiting,
       version = version_to_run(request)](InvokeOutcome outcome) {
        if (alive.expired()) return;
        if (outcome.executed_version == kLatestVersion) outcome.executed_version = version;
        finish(name, waiting, std::move(outcome));
      });
}

void FunctionRegistry::finish(const std::string& name,
                              const std::shared_ptr<Waiting>& waiting,
                              InvokeOutcome outcome) {
  if (!waiting->callback) return;
  const Callback callback = std::exchange(waiting->callback, nullptr);
  Function& function = *functions_.find(name)->second;
  --function.running;
  waiting->running.reset();
  retire(std::move(waiting->endpoint));
  callback(std::move(outcome));
  start_waiting(function);
}

// An endpoint that has been replaced goes with its last invocation, whose end it is just reporting:
// so it goes a moment later.
void FunctionRegistry::retire(std::shared_ptr<HandlerEndpoint> endpoint) {
  if (endpoint == nullptr || endpoint.use_count() > 1) return;
  retired_.push_back(std::move(endpoint));
  scheduler_.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) retired_.clear();
  });
}

void FunctionRegistry::store(const Binding& binding) {
  queue_.submit([key = keys::document(kCollection, kEveryone, binding.name),
                 value = binding_json(binding)](Txn& txn) { txn.put(key, value); },
                [name = binding.name](const EngineError* error) {
                  if (error != nullptr)
                    log_error("binding not stored", {{"function", name}, {"error", error->what()}});
                });
}

}  // namespace tailrace
