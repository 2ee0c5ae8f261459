#include "server/lambda/function_api.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "server/api/validator.h"
#include "server/lambda/function_name.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/json_text.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"

namespace tailrace::lambda {
namespace {

constexpr std::string_view kCollection = "function";
constexpr int kListMax = 50;

Result<void> check_shape(std::string_view operation, const json::Value& input) {
  const api::Shape* shape = api::find_shape(api::lambda_shapes(), operation);
  CHECK(shape != nullptr);
  TRY_VOID(api::check_types(*shape, input));
  return api::check_constraints(*shape, input, operation);
}

// The name stands in the path; the shape has it as a member.
Result<void> check_shape_of(std::string_view operation,
                            std::string_view name,
                            const json::Value& input) {
  rapidjson::Document whole;
  whole.CopyFrom(input, whole.GetAllocator());
  whole.RemoveMember("FunctionName");
  whole.AddMember("FunctionName", rapidjson::StringRef(name.data(), name.size()),
                  whole.GetAllocator());
  return check_shape(operation, whole);
}

ApiError not_found(const Owner& owner, std::string_view name) {
  return resource_not_found(str_cat("Function not found: ", function_arn(owner, name, {})));
}

// A bound function that nobody configured, as it would be with Lambda's defaults.
LambdaFunction bound_function(const Owner& owner, const Binding& binding, Instant now) {
  LambdaFunction function{.owner = owner, .name = binding.name, .modified = now};
  function.members["Role"] = str_cat("\"arn:aws:iam::", owner.account, ":role/tailrace\"");
  set_defaults(function);
  if (binding.timeout)
    function.members["Timeout"] =
        str_cat(std::chrono::ceil<std::chrono::seconds>(*binding.timeout).count());
  return function;
}

int list_size(const std::string* text) {
  int size = kListMax;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), size);
  return std::clamp(size, 1, kListMax);
}

}  // namespace

FunctionApi::FunctionApi(EngineQueue& queue,
                         Scheduler& scheduler,
                         const Clock& clock,
                         FunctionRegistry& registry)
    : queue_(queue), scheduler_(scheduler), clock_(clock), registry_(registry) {
  registry_.also_exists(
      [this](const Owner& owner, std::string_view name) { return find(owner, name) != nullptr; });
  registry_.limit_by([this](const Owner& owner, std::string_view name) {
    const LambdaFunction* function = find(owner, name);
    return function == nullptr ? std::nullopt : function->reserved_concurrency;
  });
  registry_.time_out_by([this](const Owner& owner, std::string_view name) -> std::optional<Millis> {
    const LambdaFunction* function = find(owner, name);
    if (function == nullptr) return std::nullopt;
    return function->timeout();
  });
}

void FunctionApi::load(Txn& txn) {
  const keys::Range range = keys::prefix_range(keys::documents_prefix(kCollection));
  for (auto cursor = txn.scan(range.begin, range.end, Order::kAscending); cursor->valid();
       cursor->next()) {
    LambdaFunction function = decode_function(cursor->value());
    functions_.insert_or_assign(Key(function.owner, function.name), std::move(function));
  }
}

const LambdaFunction* FunctionApi::find(const Owner& owner, std::string_view name) const {
  const auto found = functions_.find(Key(owner, name));
  return found == functions_.end() ? nullptr : &found->second;
}

Result<LambdaFunction> FunctionApi::require(const Owner& caller, std::string_view text) const {
  const auto parsed = parse_function_name(text, caller);
  if (!parsed) return invalid_parameter(str_cat("'", text, "' is no function name"));
  if (const LambdaFunction* function = find(parsed->owner, parsed->name)) return *function;
  if (const Binding* binding = registry_.find(parsed->name))
    return bound_function(parsed->owner, *binding, clock_.now());
  return not_found(parsed->owner, parsed->name);
}

void FunctionApi::store(LambdaFunction function) {
  function.modified = clock_.now();
  function.revision_id = random_uuid();
  queue_.submit(
      [key = keys::document(kCollection, function.owner, function.name),
       value = encode_function(function)](Txn& txn) { txn.put(key, value); },
      [name = function.name](const EngineError* error) {
        if (error != nullptr)
          log_error("function not stored", {{"function", name}, {"error", error->what()}});
      });
  const Key key(function.owner, function.name);
  functions_.insert_or_assign(key, std::move(function));
}

Result<std::string> FunctionApi::answer_update(LambdaFunction function) {
  const Key key(function.owner, function.name);
  store(std::move(function));
  return configuration_json(functions_.at(key), ShownState::kUpdating);
}

Result<std::string> FunctionApi::create(const Owner& caller, const json::Value& input) {
  TRY_VOID(check_shape("CreateFunction", input));
  const auto parsed = parse_function_name(json::string_or(input, "FunctionName"), caller);
  if (!parsed)
    return invalid_parameter(
        str_cat("'", json::string_or(input, "FunctionName"), "' is no function name"));
  if (parsed->name.size() > kFunctionNameLengthMax)
    return invalid_parameter(str_cat("1 validation error detected: Value '", parsed->name,
                                     "' at 'functionName' failed to satisfy constraint: Member "
                                     "must have length less than or equal to ",
                                     kFunctionNameLengthMax));
  if (find(parsed->owner, parsed->name) != nullptr)
    return ApiError{.code = ErrorCode::kResourceConflictException,
                    .message = str_cat("Function already exist: ", parsed->name)};
  LambdaFunction function{.owner = parsed->owner, .name = parsed->name};
  TRY_VOID(configure(function, input));
  TRY_VOID(set_code(function, *json::find(input, "Code")));
  set_defaults(function);
  if (const json::Value* tags = json::find(input, "Tags"))
    for (const auto& tag : tags->GetObject())
      function.tags[std::string(json::view(tag.name))] = json::view(tag.value);
  TRY_VOID(check_tags(function.tags));
  const Key key(function.owner, function.name);
  store(std::move(function));
  return configuration_json(functions_.at(key), ShownState::kCreating);
}

Result<std::string> FunctionApi::get_configuration(const Owner& caller,
                                                   std::string_view name) const {
  TRY(const LambdaFunction function, require(caller, name));
  return configuration_json(function, ShownState::kSettled);
}

Result<std::string> FunctionApi::get(const Owner& caller, std::string_view name) const {
  TRY(const LambdaFunction function, require(caller, name));
  std::string text;
  JsonWriter json(text);
  json.begin_object().raw("Configuration", configuration_json(function, ShownState::kSettled));
  json.key("Code").begin_object().string("RepositoryType", "S3");
  json.string("Location", str_cat("https://awslambda-", function.owner.region, "-tasks.s3.",
                                  function.owner.region, ".amazonaws.com/snapshots/",
                                  function.owner.account, "/", function.name));
  json.end_object();
  if (!function.tags.empty()) {
    json.key("Tags").begin_object();
    for (const auto& [key, value] : function.tags) json.string(key, value);
    json.end_object();
  }
  if (function.reserved_concurrency)
    json.key("Concurrency")
        .begin_object()
        .number("ReservedConcurrentExecutions", *function.reserved_concurrency)
        .end_object();
  json.end_object();
  return text;
}

Result<std::string> FunctionApi::list(const Owner& caller, const ListInput& input) const {
  std::map<std::string, LambdaFunction> all;
  for (const Binding* binding : registry_.list())
    all.emplace(binding->name, bound_function(caller, *binding, clock_.now()));
  for (const auto& [key, function] : functions_)
    if (key.first == caller) all.insert_or_assign(function.name, function);
  auto at = input.marker == nullptr ? all.begin() : all.upper_bound(*input.marker);
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("Functions").begin_array();
  std::string last;
  for (int left = list_size(input.max_items); left > 0 && at != all.end(); --left, ++at) {
    json.raw(configuration_json(at->second, ShownState::kNone));
    last = at->first;
  }
  json.end_array();
  if (at != all.end()) json.string("NextMarker", last);
  json.end_object();
  return text;
}

Result<std::string> FunctionApi::update_code(const Owner& caller,
                                             std::string_view name,
                                             const json::Value& input) {
  TRY(LambdaFunction function, require(caller, name));
  TRY_VOID(check_shape_of("UpdateFunctionCode", function.name, input));
  TRY_VOID(set_code(function, input));
  if (json::bool_or(input, "DryRun", false))
    return configuration_json(function, ShownState::kSettled);
  return answer_update(std::move(function));
}

Result<std::string> FunctionApi::update_configuration(const Owner& caller,
                                                      std::string_view name,
                                                      const json::Value& input) {
  TRY(LambdaFunction function, require(caller, name));
  TRY_VOID(check_shape_of("UpdateFunctionConfiguration", function.name, input));
  TRY_VOID(configure(function, input));
  return answer_update(std::move(function));
}

Result<std::string> FunctionApi::remove(const Owner& caller, std::string_view name) {
  TRY(const LambdaFunction function, require(caller, name));
  functions_.erase(Key(function.owner, function.name));
  queue_.submit([key = keys::document(kCollection, function.owner, function.name)](
                    Txn& txn) { txn.erase(key); },
                [](const EngineError*) {});
  registry_.unbind(function.name);
  return std::string();
}

Result<std::string> FunctionApi::put_concurrency(const Owner& caller,
                                                 std::string_view name,
                                                 const json::Value& input) {
  TRY(LambdaFunction function, require(caller, name));
  TRY_VOID(check_shape_of("PutFunctionConcurrency", function.name, input));
  const auto reserved = json::optional_int(input, "ReservedConcurrentExecutions");
  function.reserved_concurrency = static_cast<int>(*reserved);
  const std::string function_name = function.name;
  store(std::move(function));
  registry_.limits_changed(function_name);
  return str_cat("{\"ReservedConcurrentExecutions\":", *reserved, "}");
}

Result<std::string> FunctionApi::get_concurrency(const Owner& caller, std::string_view name) const {
  TRY(const LambdaFunction function, require(caller, name));
  if (!function.reserved_concurrency) return std::string("{}");
  return str_cat("{\"ReservedConcurrentExecutions\":", *function.reserved_concurrency, "}");
}

Result<std::string> FunctionApi::delete_concurrency(const Owner& caller, std::string_view name) {
  TRY(LambdaFunction function, require(caller, name));
  function.reserved_concurrency.reset();
  const std::string function_name = function.name;
  store(std::move(function));
  registry_.limits_changed(function_name);
  return std::string();
}

bool FunctionApi::owns(std::string_view arn) const {
  return arn.find(":function:") != std::string_view::npos;
}

void FunctionApi::tag(const Owner& caller,
                      const std::string& arn,
                      const TagMap& tags,
                      const TagReply& reply) {
  Result<LambdaFunction> function = require(caller, arn);
  if (!function) return reply(std::move(function).error());
  for (const auto& [key, value] : tags) function->tags[key] = value;
  if (auto checked = check_tags(function->tags); !checked) return reply(std::move(checked));
  store(*std::move(function));
  reply({});
}

void FunctionApi::untag(const Owner& caller,
                        const std::string& arn,
                        const std::vector<std::string>& keys,
                        const TagReply& reply) {
  Result<LambdaFunction> function = require(caller, arn);
  if (!function) return reply(std::move(function).error());
  for (const std::string& key : keys) function->tags.erase(key);
  store(*std::move(function));
  reply({});
}

Result<TagMap> FunctionApi::tags(const Owner& caller, const std::string& arn) const {
  TRY(LambdaFunction function, require(caller, arn));
  return std::move(function.tags);
}

void FunctionApi::add_routes(LambdaApi& api) {
  using Update =
      Result<std::string> (FunctionApi::*)(const Owner&, std::string_view, const json::Value&);
  using Look = Result<std::string> (FunctionApi::*)(const Owner&, std::string_view) const;
  using Act = Result<std::string> (FunctionApi::*)(const Owner&, std::string_view);
  const auto update = [&](std::string_view method, std::string_view path, Update operation) {
    api.add(
        method, path, 200,
        [this, operation](const LambdaCall& call, json::Value& input, const LambdaReply& reply) {
          reply((this->*operation)(call.request.caller, call.parameters[0], input));
        });
  };
  const auto look = [&](std::string_view path, Look operation) {
    api.add("GET", path, 200,
            [this, operation](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
              reply((this->*operation)(call.request.caller, call.parameters[0]));
            });
  };
  const auto remove = [&](std::string_view path, Act operation) {
    api.add("DELETE", path, 204,
            [this, operation](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
              reply((this->*operation)(call.request.caller, call.parameters[0]));
            });
  };
  api.add("POST", "2015-03-31/functions", 201,
          [this](const LambdaCall& call, json::Value& input, const LambdaReply& reply) {
            reply(create(call.request.caller, input));
          });
  api.add("GET", "2015-03-31/functions", 200,
          [this](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
            reply(list(call.request.caller, {.marker = call.request.query_value("Marker"),
                                             .max_items = call.request.query_value("MaxItems")}));
          });
  look("2015-03-31/functions/*", &FunctionApi::get);
  look("2015-03-31/functions/*/configuration", &FunctionApi::get_configuration);
  look("2019-09-30/functions/*/concurrency", &FunctionApi::get_concurrency);
  update("PUT", "2015-03-31/functions/*/code", &FunctionApi::update_code);
  update("PUT", "2015-03-31/functions/*/configuration", &FunctionApi::update_configuration);
  update("PUT", "2017-10-31/functions/*/concurrency", &FunctionApi::put_concurrency);
  remove("2015-03-31/functions/*", &FunctionApi::remove);
  remove("2017-10-31/functions/*/concurrency", &FunctionApi::delete_concurrency);
}

}  // namespace tailrace::lambda
