#include "streams/handlers/function_registry.h"

#include <iterator>
#include <optional>
#include <set>
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

InvokeOutcome unusable(std::string_view name, std::string_view why) {
  return {.status = InvokeStatus::kInvocationFailure,
          .error_type = "FunctionNotBound",
          .error_text = str_cat("the target of function ", name, " cannot be used: ", why)};
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

// One invocation, from invoke() to its callback. Its caller's handle and its function own it; its
// endpoint knows it weakly, or the two would keep each other alive.
struct FunctionRegistry::Waiting {
  InvokeRequest request;
  Callback callback;  // Empty: cancelled or answered.
  std::shared_ptr<HandlerEndpoint>
      endpoint;  // Kept until the invocation has ended, whatever is bound meanwhile.
  std::shared_ptr<void> running;  // The endpoint's handle.
};

struct FunctionRegistry::Function {
  std::string name;
  std::optional<Binding> binding;
  std::shared_ptr<HandlerEndpoint> endpoint;
  std::string unusable_because;                  // Bound, but there is no endpoint.
  std::deque<std::shared_ptr<Waiting>> waiting;  // For a slot, in order of arrival.
  std::set<std::shared_ptr<Waiting>> running;
};

// A binding on its way to the store. The registry's own, as an endpoint must not outlive it in a
// task that is never run.
struct FunctionRegistry::Change {
  Binding binding;
  std::shared_ptr<HandlerEndpoint> endpoint;
  Task forget_deletion;
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
    const Bytes name = key.substr(key.rfind('\0') + 1);
    Result<Binding> binding = parse_binding(name, cursor->value());
    if (!binding) {
      log_error("binding in the store is damaged; bind the function anew",
                {{"function", std::string(name)}, {"error", binding.error().message}});
      continue;
    }
    binding->persistent = true;
    Function& function = function_of(binding->name);
    if (auto endpoint = endpoint_for(*binding)) {
      function.endpoint = *std::move(endpoint);
    } else {
      function.unusable_because = endpoint.error().message;
      log_error("target of a function cannot be used",
                {{"function", binding->name}, {"error", endpoint.error().message}});
    }
    function.binding = *std::move(binding);
  }
}

// A runtime: target that stays at its port keeps its endpoint, which nothing else of the binding
// concerns: a second one could not listen there before the first has gone.
Result<std::shared_ptr<HandlerEndpoint>> FunctionRegistry::endpoint_for(
    const Binding& binding) const {
  const auto found = functions_.find(binding.name);
  if (binding.target.kind == TargetKind::kRuntime && found != functions_.end()) {
    const Function& function = *found->second;
    if (function.endpoint && function.binding && function.binding->target == binding.target)
      return function.endpoint;
  }
  TRY(std::unique_ptr<HandlerEndpoint> made, make_endpoint_(binding));
  return std::shared_ptr<HandlerEndpoint>(std::move(made));
}

void FunctionRegistry::swap_in(Binding binding, std::shared_ptr<HandlerEndpoint> endpoint) {
  Function& function = function_of(binding.name);
  function.endpoint.swap(endpoint);
  function.unusable_because.clear();
  function.binding = std::move(binding);
  start_waiting(function);
}

Result<void> FunctionRegistry::bind(Binding binding) {
  TRY(std::shared_ptr<HandlerEndpoint> endpoint, endpoint_for(binding));
  swap_in(std::move(binding), std::move(endpoint));
  return {};
}

void FunctionRegistry::bind_and_keep(Binding binding, Done done) {
  auto endpoint = endpoint_for(binding);
  if (!endpoint) return done(std::move(endpoint).error());
  binding.persistent = true;
  const auto change =
      std::make_shared<Change>(Change{.binding = std::move(binding), .endpoint = *endpoint});
  changes_.insert(change);
  submit(
      [this, change = change.get()](Txn& txn) {
        txn.put(keys::document(kCollection, kEveryone, change->binding.name),
                binding_json(change->binding));
        if (configurations_ != nullptr)
          change->forget_deletion = configurations_->forget_deletion(txn, change->binding.name);
      },
      [this, started = std::weak_ptr(change), done = std::move(done)](Result<void> stored) {
        const std::shared_ptr<Change> made = started.lock();
        changes_.erase(made);
        if (!stored) return done(std::move(stored));
        if (made->forget_deletion) made->forget_deletion();
        swap_in(std::move(made->binding), std::move(made->endpoint));
        done({});
      });
}

void FunctionRegistry::unbind(const std::string& name, Done done) {
  if (find(name) == nullptr)
    return done(ApiError{.code = ErrorCode::kResourceNotFoundException,
                         .message = str_cat("function ", name, " is not bound")});
  submit([name](Txn& txn) { txn.erase(keys::document(kCollection, kEveryone, name)); },
         [this, name, done = std::move(done)](Result<void> stored) {
           if (!stored) return done(std::move(stored));
           Function& function = function_of(name);
           function.binding.reset();
           function.endpoint.reset();
           function.unusable_because.clear();
           start_waiting(function);  // Those that waited learn that there is no such function.
           done({});
         });
}

// `then` on the home thread: what is committed is in force there in the order of the commits.
void FunctionRegistry::submit(EngineQueue::Run run, Done then) {
  queue_.submit(std::move(run), [alive = std::weak_ptr(alive_), &scheduler = scheduler_,
                                 then = std::move(then)](const EngineError* error) {
    Result<void> stored;
    if (error != nullptr) {
      log_error("binding not stored", {{"error", error->what()}});
      stored = ApiError{.code = ErrorCode::kServiceException,
                        .message = str_cat("the binding could not be stored: ", error->what())};
    }
    scheduler.post([alive, then, stored] {
      if (!alive.expired()) then(stored);
    });
  });
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
  if (auto endpoint = endpoint_for(*function.binding)) {
    function.endpoint = *std::move(endpoint);
    function.unusable_because.clear();
  } else {  // What there is goes on, with the settings of before.
    log_error("processes of a function cannot be started anew",
              {{"function", function.name}, {"error", endpoint.error().message}});
  }
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
  return reserved &&
         (found == functions_.end() ? 0 : std::ssize(found->second->running)) >= *reserved;
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
  return std::shared_ptr<void>(nullptr, [this, alive = std::weak_ptr(alive_), waiting](void*) {
    if (!alive.expired()) cancel(waiting);
  });
}

// Frees the slot at once; the endpoint's own handle goes with it.
void FunctionRegistry::cancel(const std::shared_ptr<Waiting>& waiting) {
  if (!waiting->callback) return;
  waiting->callback = nullptr;
  Function& function = function_of(waiting->request.function_name);
  if (function.running.erase(waiting) == 0) return;  // Not started.
  waiting->running.reset();
  retire(std::move(waiting->endpoint));
  start_waiting(function);
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
  return limit == 0 || std::ssize(function.running) < limit;
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
  function.running.insert(waiting);
  const InvokeRequest& request = waiting->request;
  const bool there = exists(request.owner, function.name);
  const auto finished = [this, alive = std::weak_ptr(alive_),
                         started = std::weak_ptr(waiting)](InvokeOutcome outcome) {
    if (!alive.expired()) finish(started, std::move(outcome));
  };
  if (!function.endpoint || !there) {
    // Answered from a task of its own: a callback never runs within a call of the registry's.
    const InvokeOutcome outcome = !there ? not_found(function.name)
                                  : function.unusable_because.empty()
                                      ? not_bound(function.name)
                                      : unusable(function.name, function.unusable_because);
    return scheduler_.post([finished, outcome] { finished(outcome); });
  }
  waiting->endpoint = function.endpoint;
  waiting->running = function.endpoint->invoke(
      {.request = request,
       .function_arn = function_arn(request.owner, request.function_name, request.qualifier),
       .timeout = timeout_of(function, request.owner)},
      [finished, version = version_to_run(request)](InvokeOutcome outcome) {
        if (outcome.executed_version == kLatestVersion) outcome.executed_version = version;
        finished(std::move(outcome));
      });
}

void FunctionRegistry::finish(const std::weak_ptr<Waiting>& started, InvokeOutcome outcome) {
  const std::shared_ptr<Waiting> waiting = started.lock();
  if (waiting == nullptr || !waiting->callback) return;
  const Callback callback = std::exchange(waiting->callback, nullptr);
  Function& function = function_of(waiting->request.function_name);
  function.running.erase(waiting);
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

}  // namespace tailrace
