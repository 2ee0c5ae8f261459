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

ApiError service_exception(std::string message) {
  return {.code = ErrorCode::kServiceException, .message = std::move(message)};
}

std::string joined_names(const std::map<std::string, std::string>& variables) {
  std::string names;
  for (const auto& [name, value] : variables) str_append(names, names.empty() ? "" : " ", name);
  return names;
}

}  // namespace

std::string last_modified_text(Instant instant) {
  return str_cat(iso_millis(instant), "+0000");
}

FunctionCatalog::FunctionCatalog(EngineQueue& queue,
                                 Scheduler& scheduler,
                                 const Clock& clock,
                                 FunctionRegistry& registry,
                                 HttpSettings http_settings)
    : queue_(queue),
      scheduler_(scheduler),
      clock_(clock),
      registry_(registry),
      http_settings_(http_settings),
      started_(clock.now()) {
  registry.configured_by(*this);
}

void FunctionCatalog::load(Txn& txn) {
  const keys::Range range = keys::prefix_range(keys::documents_prefix(kCollection));
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    const Bytes key = cursor->key();
    auto parsed = parse_stored(cursor->value());
    if (!parsed) {
      log_error("function in the store is damaged; create it anew",
                {{"function", std::string(key.substr(key.rfind('\0') + 1))}});
      continue;
    }
    auto function = std::make_shared<const StoredFunction>(*std::move(parsed));
    functions_[{function->owner, function->name}] = function;
  }
}

// --- Looking

FunctionCatalog::Pointer FunctionCatalog::stored(const Owner& owner, std::string_view name) const {
  const auto found = functions_.find({owner, std::string(name)});
  return found == functions_.end() ? nullptr : found->second;
}

FunctionCatalog::Pointer FunctionCatalog::only_bound(const Owner& owner,
                                                     std::string_view name) const {
  const Binding* binding = registry_.find(name);
  if (binding == nullptr) return nullptr;
  StoredFunction function = default_function(owner, binding->name, started_);
  if (binding->timeout)
    function.latest["Timeout"] =
        str_cat(std::chrono::ceil<std::chrono::seconds>(*binding->timeout).count());
  return std::make_shared<const StoredFunction>(std::move(function));
}

FunctionCatalog::Pointer FunctionCatalog::find(const Owner& owner, std::string_view name) const {
  if (Pointer function = stored(owner, name)) return function->deleted ? nullptr : function;
  return only_bound(owner, name);
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

// --- Changing

void FunctionCatalog::change(const Owner& owner,
                             const std::string& name,
                             Change change,
                             Done done) {
  submit(
      {owner, name},
      [change = std::move(change), bound = only_bound(owner, name)](
          const Pointer& stored, std::string& answer) -> Result<Pointer> {
        const Pointer& before = stored ? stored : bound;
        if (!before || before->deleted) {
          TRY(answer, change(nullptr));
          return stored;
        }
        StoredFunction function = *before;
        TRY(answer, change(&function));
        return std::make_shared<const StoredFunction>(std::move(function));
      },
      std::move(done));
}

void FunctionCatalog::create(StoredFunction function, std::string answer, Done done) {
  const Key key{function.owner, function.name};
  submit(
      key,
      [created = std::make_shared<const StoredFunction>(std::move(function)),
       text = std::move(answer)](const Pointer& stored, std::string& out) -> Result<Pointer> {
        if (stored && !stored->deleted)
          return ApiError{.code = ErrorCode::kResourceConflictException,
                          .message = str_cat("Function already exist: ", created->name)};
        out = text;
        return created;
      },
      std::move(done));
}

// A bound function leaves a mark, or it would be back at once.
void FunctionCatalog::remove(const Owner& owner,
                             const std::string& name,
                             ApiError missing,
                             Done done) {
  Pointer mark;
  if (registry_.find(name) != nullptr)
    mark = std::make_shared<const StoredFunction>(
        StoredFunction{.owner = owner, .name = name, .deleted = true});
  submit(
      {owner, name},
      [mark, missing = std::move(missing)](const Pointer& stored, std::string&) -> Result<Pointer> {
        if (stored ? stored->deleted : mark == nullptr) return missing;
        return mark;
      },
      std::move(done));
}

// What a job has come to. Written anew if it runs twice.
struct FunctionCatalog::Outcome {
  Result<Pointer> function = Pointer();
  std::string answer;
};

void FunctionCatalog::submit(const Key& key, Decide decide, Done done) {
  auto outcome = std::make_shared<Outcome>();
  queue_.submit(
      [row = keys::document(kCollection, key.first, key.second), decide = std::move(decide),
       outcome](Txn& txn) {
        Pointer before;
        if (Buffer text; txn.get(row, text)) {
          auto parsed = parse_stored(text);
          if (!parsed) {
            outcome->function = service_exception("The function in the store is damaged.");
            return;
          }
          before = std::make_shared<const StoredFunction>(*std::move(parsed));
        }
        outcome->function = decide(before, outcome->answer);
        if (!outcome->function || *outcome->function == before) return;
        if (const Pointer& after = *outcome->function) {
          txn.put(row, stored_json(*after));
        } else {
          txn.erase(row);
        }
      },
      [this, alive = std::weak_ptr(alive_), &scheduler = scheduler_, key, outcome,
       done = std::move(done)](const EngineError* error) {
        if (error != nullptr) {
          log_error("function not stored", {{"function", key.second}, {"error", error->what()}});
          outcome->function = service_exception("The function could not be stored.");
        }
        // In the order of the commits, so that memory ends with what the store has.
        scheduler.post([this, alive, key, outcome, done] {
          if (alive.expired()) return;
          if (!outcome->function) return done(outcome->function.error());
          keep(key, *outcome->function);
          done(outcome->answer);
        });
      });
}

void FunctionCatalog::keep(const Key& key, const Pointer& function) {
  const FunctionSettings before = settings(key.first, key.second);
  if (function) {
    functions_[key] = function;
  } else {
    functions_.erase(key);
  }
  if (settings(key.first, key.second) != before) registry_.settings_changed(key.second);
  registry_.limits_changed(key.second);
}

Task FunctionCatalog::forget_deletion(Txn& txn, std::string_view name) {
  std::vector<std::pair<Buffer, Key>> marks;
  const keys::Range range = keys::prefix_range(keys::documents_prefix(kCollection));
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    const Bytes key = cursor->key();
    if (key.substr(key.rfind('\0') + 1) != name) continue;
    const auto function = parse_stored(cursor->value());
    if (function && function->deleted)
      marks.emplace_back(Buffer(key), Key{function->owner, function->name});
  }
  for (const auto& [row, key] : marks) txn.erase(row);
  return [this, alive = std::weak_ptr(alive_), marks] {
    if (alive.expired()) return;
    for (const auto& [row, key] : marks) keep(key, nullptr);
  };
}

// --- FunctionConfigurations

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
  Pointer function = stored(preferred, name);
  for (const auto& [key, other] : functions_)
    if ((!function || function->deleted) && key.second == name) function = other;
  if (!function || function->deleted) return {};
  FunctionSettings settings = settings_of(*function);
  if (http_settings_ == HttpSettings::kPassed) return settings;
  if (!settings.environment.empty() && !function->from_files.contains("Environment")) {
    log_warn(
        "environment variables that were given over HTTP are not passed to the function's "
        "process; start Tailrace with --allow-exec to have them passed",
        {{"function", function->name}, {"variables", joined_names(settings.environment)}});
    settings.environment.clear();
  }
  if (!settings.handler.empty() && !function->from_files.contains("Handler")) {
    log_info(
        "a handler that was given over HTTP is not passed to the function's process; start "
        "Tailrace with --allow-exec to have it passed",
        {{"function", function->name}, {"handler", settings.handler}});
    settings.handler.clear();
  }
  return settings;
}

}  // namespace tailrace::lambda
