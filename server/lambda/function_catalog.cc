#include "server/lambda/function_catalog.h"

#include <utility>

#include "server/lambda/function_configuration.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"
#include "storage/schema/key_layout.h"

namespace tailrace::lambda {
namespace {

constexpr std::string_view kCollection = "function";

}  // namespace

std::string last_modified_text(Instant instant) {
  return str_cat(iso_millis(instant), "+0000");
}

FunctionCatalog::FunctionCatalog(EngineQueue& queue,
                                 Scheduler& scheduler,
                                 const Clock& clock,
                                 FunctionRegistry& registry)
    : queue_(queue),
      scheduler_(scheduler),
      clock_(clock),
      registry_(registry),
      started_(clock.now()) {
  registry.configured_by(*this);
}

void FunctionCatalog::load(Txn& txn) {
  const keys::Range range = keys::prefix_range(keys::documents_prefix(kCollection));
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    auto function = std::make_shared<const StoredFunction>(parse_stored(cursor->value()));
    functions_[{function->owner, function->name}] = function;
  }
}

FunctionCatalog::Pointer FunctionCatalog::stored(const Owner& owner, std::string_view name) const {
  const auto found = functions_.find({owner, std::string(name)});
  return found == functions_.end() ? nullptr : found->second;
}

FunctionCatalog::Pointer FunctionCatalog::only_bound(const Owner& owner,
                                                     const Binding& binding) const {
  StoredFunction function = default_function(owner, binding.name, started_);
  if (binding.timeout)
    function.latest["Timeout"] =
        str_cat(std::chrono::ceil<std::chrono::seconds>(*binding.timeout).count());
  return std::make_shared<const StoredFunction>(std::move(function));
}

FunctionCatalog::Pointer FunctionCatalog::find(const Owner& owner, std::string_view name) const {
  if (Pointer function = stored(owner, name)) return function->deleted ? nullptr : function;
  const Binding* binding = registry_.find(name);
  return binding == nullptr ? nullptr : only_bound(owner, *binding);
}

std::vector<FunctionCatalog::Pointer> FunctionCatalog::list(const Owner& owner) const {
  std::map<std::string, Pointer> by_name;
  for (const Binding* binding : registry_.list())
    by_name[binding->name] = find(owner, binding->name);
  for (const auto& [key, function] : functions_)
    if (key.first == owner) by_name[key.second] = function->deleted ? nullptr : function;
  std::vector<Pointer> functions;
  for (const auto& [name, function] : by_name)
    if (function) functions.push_back(function);
  return functions;
}

void FunctionCatalog::put(StoredFunction function, Done done) {
  const Key key{function.owner, function.name};
  write(key, std::make_shared<const StoredFunction>(std::move(function)), std::move(done));
}

// A bound function leaves a mark, or it would be back at once.
void FunctionCatalog::remove(const Owner& owner, const std::string& name, Done done) {
  Pointer mark;
  if (registry_.find(name) != nullptr)
    mark = std::make_shared<const StoredFunction>(
        StoredFunction{.owner = owner, .name = name, .deleted = true});
  write({owner, name}, std::move(mark), std::move(done));
}

void FunctionCatalog::write(const Key& key, Pointer function, Done done) {
  Pointer before = stored(key.first, key.second);
  const auto keep = [this](const Key& at, const Pointer& value) {
    const FunctionSettings settings_before = settings(at.first, at.second);
    if (value) {
      functions_[at] = value;
    } else {
      functions_.erase(at);
    }
    if (settings(at.first, at.second) != settings_before) registry_.settings_changed(at.second);
    registry_.limits_changed(at.second);
  };
  keep(key, function);
  const Buffer row = keys::document(kCollection, key.first, key.second);
  queue_.submit(
      [row, text = function ? stored_json(*function) : std::string()](Txn& txn) {
        if (text.empty()) {
          txn.erase(row);
        } else {
          txn.put(row, text);
        }
      },
      [this, alive = std::weak_ptr(alive_), &scheduler = scheduler_, keep, key, before, function,
       done = std::move(done)](const EngineError* error) {
        const std::string what = error == nullptr ? std::string() : error->what();
        scheduler.post([this, alive, keep, key, before, function, done, what] {
          if (alive.expired()) return;
          if (what.empty()) return done({});
          log_error("function not stored", {{"function", key.second}, {"error", what}});
          if (stored(key.first, key.second) == function) keep(key, before);
          done(ApiError{.code = ErrorCode::kServiceException,
                        .message = "The function could not be stored."});
        });
      });
}

FunctionPresence FunctionCatalog::presence(const Owner& owner, std::string_view name) const {
  const Pointer function = stored(owner, name);
  if (!function) return FunctionPresence::kUnknown;
  return function->deleted ? FunctionPresence::kDeleted : FunctionPresence::kThere;
}

std::optional<int> FunctionCatalog::reserved_concurrency(const Owner& owner,
                                                         std::string_view name) const {
  const Pointer function = stored(owner, name);
  return function ? function->reserved_concurrency : std::nullopt;
}

FunctionSettings FunctionCatalog::settings(const Owner& owner, std::string_view name) const {
  const Pointer function = stored(owner, name);
  return function && !function->deleted ? settings_of(*function) : FunctionSettings();
}

std::string FunctionCatalog::version_to_run(const Owner& owner,
                                            std::string_view name,
                                            std::string_view qualifier) const {
  const Pointer function = stored(owner, name);
  return function ? version_behind(*function, qualifier, random_fraction())
                  : std::string(kLatestVersion);
}

FunctionSettings FunctionCatalog::process_settings(const Owner& preferred,
                                                   std::string_view name) const {
  if (presence(preferred, name) == FunctionPresence::kThere) return settings(preferred, name);
  for (const auto& [key, function] : functions_)
    if (key.second == name && !function->deleted) return settings_of(*function);
  return {};
}

}  // namespace tailrace::lambda
