#include "server/lambda/function_configuration.h"

#include <algorithm>
#include <array>
#include <optional>

#include "server/api/validator.h"
#include "server/lambda/function_catalog.h"
#include "server/lambda/lambda_error.h"
#include "server/protocol/sha256.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::size_t kEnvironmentBytesMax = 4096;

// Members of requests that come back as they were given.
constexpr std::string_view kKept[] = {
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "VpcConfig",
    "DeadLetterConfig",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "PackageType",
    "Architectures",
    "EphemeralStorage",
    "FileSystemConfigs",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
};

struct Default {
  std::string_view member;
  std::string_view json;
};
constexpr Default kDefaults[] = {
    {"Description", R"("")"},
    {"Timeout", "3"},
    {"MemorySize", "128"},
    {"TracingConfig", R"({"Mode":"PassThrough"})"},
    {"PackageType", R"("Zip")"},
    {"Architectures", R"(["x86_64"])"},
    {"EphemeralStorage", R"({"Size":512})"},
    {"SnapStart", R"({"ApplyOn":"None","OptimizationStatus":"Off"})"},
    {"CodeSize", "0"},
    {"Version", R"("$LATEST")"},
};

// Limits of the service that are tighter than its model's.
struct Limit {
  std::string_view member;
  std::int64_t max;
};
constexpr Limit kLimits[] = {{"Timeout", 900}, {"MemorySize", 10240}};

constexpr std::string_view kReservedVariables[] = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
};

ApiError constraint(std::string_view value, std::string_view member, std::string_view text) {
  return validation_error(str_cat("1 validation error detected: Value '", value, "' at '", member,
                                  "' failed to satisfy constraint: ", text));
}

std::string lower_first(std::string_view name) {
  std::string text(name);
  text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

Result<void> check_limits(const json::Value& input) {
  for (const Limit& limit : kLimits) {
    const auto value = json::optional_int(input, limit.member);
    if (value && *value > limit.max)
      return constraint(str_cat(*value), lower_first(limit.member),
                        str_cat("Member must have value less than or equal to ", limit.max));
  }
  return {};
}

// Worded and typed unlike other enums. (behaviour/triggers 6.3)
Result<void> check_runtime(const json::Value& input) {
  const auto runtime = json::optional_string(input, "Runtime");
  if (!runtime) return {};
  const api::Shape* shape = api::find_shape(api::lambda_shapes(), "CreateFunction");
  CHECK(shape != nullptr);
  const auto member = std::ranges::find(shape->members, "Runtime", &api::Member::name);
  CHECK(member != shape->members.end());
  const auto& known = member->shape->enum_values;
  if (std::ranges::find(known, *runtime) != known.end()) return {};
  std::string names;
  for (const std::string_view name : known) str_append(names, names.empty() ? "" : ", ", name);
  return invalid_parameter(str_cat("Value ", *runtime,
                                   " at 'runtime' failed to satisfy constraint: Member must "
                                   "satisfy enum value set: [",
                                   names, "] or be a valid ARN"));
}

Result<void> check_environment(const json::Value& input) {
  const json::Value* environment = json::find(input, "Environment");
  const json::Value* variables =
      environment == nullptr ? nullptr : json::find(*environment, "Variables");
  if (variables == nullptr) return {};
  std::string reserved;
  for (const auto& variable : variables->GetObject()) {
    const std::string_view name = json::view(variable.name);
    if (std::ranges::find(kReservedVariables, name) != std::end(kReservedVariables))
      str_append(reserved, reserved.empty() ? "" : ", ", name);
  }
  constexpr std::string_view kUnable =
      "Lambda was unable to configure your environment variables because the environment "
      "variables you have provided ";
  if (!reserved.empty())
    return invalid_parameter(
        str_cat(kUnable,
                "contains reserved keys that are currently not supported for modification. "
                "Reserved keys used in this request: ",
                reserved));
  const std::string text = json::text(*variables);
  if (text.size() > kEnvironmentBytesMax)
    return invalid_parameter(str_cat(kUnable, "exceeded the 4KB limit. String measured: ", text));
  return {};
}

Result<void> check_configuration(const json::Value& input) {
  TRY_VOID(check_limits(input));
  return check_environment(input);
}

// A ZIP file ends with its directory's end record, at most a comment behind it.
bool is_zip(std::string_view bytes) {
  return bytes.starts_with("PK") &&
         bytes.find(std::string_view("PK\x05\x06", 4)) != std::string_view::npos;
}

std::string sha256_base64(std::string_view bytes) {
  const protocol::Digest digest = protocol::sha256(bytes);
  return to_base64(protocol::as_text(digest));
}

std::string location_of(const StoredFunction& function) {
  return str_cat("https://awslambda-", function.owner.region, "-tasks.s3.", function.owner.region,
                 ".amazonaws.com/snapshots/", function.owner.account, "/", function.name, "-",
                 random_uuid());
}

void set_package(StoredFunction& function, std::size_t bytes, std::string sha256) {
  function.latest["CodeSize"] = str_cat(bytes);
  function.latest["CodeSha256"] = quoted(sha256);
  function.code = {{"RepositoryType", quoted("S3")}, {"Location", quoted(location_of(function))}};
}

// Layers are given as ARNs and shown as objects.
std::string layers_json(const json::Value& layers) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  for (const json::Value& layer : layers.GetArray())
    if (layer.IsString())
      json.begin_object().string("Arn", json::view(layer)).number("CodeSize", 0).end_object();
  json.end_array();
  return text;
}

std::string logging_json(const json::Value* given, const std::string& name) {
  Members logging = given == nullptr ? Members() : members_of(*given);
  logging.try_emplace("LogFormat", quoted("Text"));
  logging.try_emplace("LogGroup", quoted(str_cat("/aws/lambda/", name)));
  if (logging["LogFormat"] == "\"JSON\"") {
    logging.try_emplace("ApplicationLogLevel", quoted("INFO"));
    logging.try_emplace("SystemLogLevel", quoted("INFO"));
  }
  return members_json(logging);
}

// Processes are given these: where they come from counts. What does not change keeps its source.
void note_source(std::string_view name,
                 const std::string& text,
                 protocol::RequestSource source,
                 StoredFunction& function) {
  if (name != "Environment" && name != "Handler") return;
  const auto before = function.latest.find(name);
  if (before != function.latest.end() && before->second == text) return;
  if (source == protocol::RequestSource::kFile) {
    function.from_files.emplace(name);
  } else {
    function.from_files.erase(std::string(name));
  }
}

void keep_members(const json::Value& input,
                  protocol::RequestSource source,
                  StoredFunction& function) {
  for (const std::string_view name : kKept) {
    const json::Value* value = json::find(input, name);
    if (value == nullptr) continue;
    std::string text = json::text(*value);
    note_source(name, text, source, function);
    function.latest[std::string(name)] = std::move(text);
  }
  if (const json::Value* layers = json::find(input, "Layers"))
    function.latest["Layers"] = layers_json(*layers);
  if (const json::Value* image = json::find(input, "ImageConfig"))
    function.latest["ImageConfigResponse"] = str_cat("{\"ImageConfig\":", json::text(*image), "}");
  if (const json::Value* snap = json::find(input, "SnapStart"))
    function.latest["SnapStart"] =
        str_cat("{\"ApplyOn\":", quoted(json::string_or(*snap, "ApplyOn", "None")),
                ",\"OptimizationStatus\":\"Off\"}");
  if (json::find(input, "LoggingConfig") != nullptr)
    function.latest["LoggingConfig"] =
        logging_json(json::find(input, "LoggingConfig"), function.name);
  if (json::find(input, "Timeout") != nullptr) function.timeout_given = true;
}

StoredFunction with_defaults(const Owner& owner, const std::string& name) {
  StoredFunction function{.owner = owner, .name = name};
  for (const Default& row : kDefaults) function.latest[std::string(row.member)] = row.json;
  function.latest["FunctionName"] = quoted(name);
  function.latest["FunctionArn"] = quoted(function_arn(owner, name, {}));
  function.latest["LoggingConfig"] = logging_json(nullptr, name);
  return function;
}

}  // namespace

Result<void> check_input(std::string_view operation, const json::Value& input) {
  return check_input(operation, input, {});
}

Result<void> check_input(std::string_view operation,
                         const json::Value& input,
                         const std::vector<std::pair<std::string, std::string>>& texts) {
  rapidjson::Document whole;
  whole.CopyFrom(input, whole.GetAllocator());
  auto& memory = whole.GetAllocator();
  for (const auto& [name, text] : texts) {
    const auto size = static_cast<rapidjson::SizeType>(text.size());
    whole.AddMember(json::Value(name.c_str(), memory), json::Value(text.c_str(), size, memory),
                    memory);
  }
  const api::Shape* shape = api::find_shape(api::lambda_shapes(), operation);
  CHECK(shape != nullptr);
  TRY_VOID(api::check_types(*shape, whole));
  return api::check_constraints(*shape, whole, operation);
}

StoredFunction default_function(const Owner& owner, const std::string& name, Instant now) {
  StoredFunction function = with_defaults(owner, name);
  function.latest["Runtime"] = quoted("provided.al2023");
  function.latest["Handler"] = quoted("handler");
  function.latest["Role"] = quoted(str_cat("arn:aws:iam::", owner.account, ":role/any"));
  set_package(function, 0, sha256_base64({}));
  touch(function, now);
  return function;
}

Result<void> apply_code(const json::Value& code, StoredFunction& function) {
  if (const auto image = json::optional_string(code, "ImageUri")) {
    function.latest["CodeSize"] = "0";
    function.latest["CodeSha256"] = quoted(sha256_base64(*image));
    function.code = {{"RepositoryType", quoted("ECR")},
                     {"ImageUri", quoted(*image)},
                     {"ResolvedImageUri", quoted(*image)}};
  } else if (const auto zip = json::optional_string(code, "ZipFile")) {
    const std::optional<Buffer> bytes = from_base64(*zip);
    if (!bytes || !is_zip(*bytes))
      return invalid_parameter(
          "Could not unzip uploaded file. Please check your file, then try to upload again.");
    set_package(function, bytes->size(), sha256_base64(*bytes));
  } else if (const auto key = json::optional_string(code, "S3Key")) {
    // Not fetched: the code runs where the function is bound.
    set_package(function, 0,
                sha256_base64(str_cat(json::string_or(code, "S3Bucket"), "/", *key, "/",
                                      json::string_or(code, "S3ObjectVersion"))));
  } else {
    return invalid_parameter("Please provide a source for function code.");
  }
  if (const json::Value* architectures = json::find(code, "Architectures"))
    function.latest["Architectures"] = json::text(*architectures);
  return {};
}

Result<StoredFunction> read_create_function(const Owner& owner,
                                            const std::string& name,
                                            const json::Value& input,
                                            protocol::RequestSource source,
                                            Instant now) {
  TRY_VOID(check_runtime(input));
  TRY_VOID(check_input("CreateFunction", input));
  TRY_VOID(check_configuration(input));
  const bool zip = json::string_or(input, "PackageType", "Zip") == "Zip";
  if (zip && (!json::find(input, "Runtime") || !json::find(input, "Handler")))
    return invalid_parameter(
        "Runtime and Handler are mandatory parameters for functions created with deployment "
        "packages.");
  StoredFunction function = with_defaults(owner, name);
  keep_members(input, source, function);
  if (zip)
    function.latest["RuntimeVersionConfig"] = str_cat(
        "{\"RuntimeVersionArn\":\"arn:aws:lambda:", owner.region,
        "::runtime:", protocol::to_hex(protocol::sha256(json::string_or(input, "Runtime"))), "\"}");
  TRY_VOID(apply_code(*json::find(input, "Code"), function));
  if (const json::Value* tags = json::find(input, "Tags")) {
    for (const auto& tag : tags->GetObject())
      if (tag.value.IsString())
        function.tags[std::string(json::view(tag.name))] = json::view(tag.value);
    TRY_VOID(check_tags(function.tags));
  }
  touch(function, now);
  return function;
}

Result<void> apply_configuration(const json::Value& input,
                                 protocol::RequestSource source,
                                 StoredFunction& function) {
  TRY_VOID(check_runtime(input));
  TRY_VOID(check_input("UpdateFunctionConfiguration", input, {{"FunctionName", function.name}}));
  TRY_VOID(check_configuration(input));
  keep_members(input, source, function);
  // Without variables there is no environment left to show.
  const auto environment = function.latest.find("Environment");
  if (environment != function.latest.end() && settings_of(function).environment.empty())
    function.latest.erase(environment);
  return {};
}

void touch(StoredFunction& function, Instant now) {
  function.latest["RevisionId"] = quoted(random_uuid());
  function.latest["LastModified"] = quoted(last_modified_text(now));
}

std::string function_configuration_json(const Members& configuration, Shown shown) {
  Members members = configuration;
  switch (shown) {
    case Shown::kBeingCreated:
      members["State"] = quoted("Pending");
      members["StateReason"] = quoted("The function is being created.");
      members["StateReasonCode"] = quoted("Creating");
      break;
    case Shown::kBeingUpdated:
      members["State"] = quoted("Active");
      members["LastUpdateStatus"] = quoted("InProgress");
      members["LastUpdateStatusReason"] = quoted("The function is being created.");
      members["LastUpdateStatusReasonCode"] = quoted("Creating");
      break;
    case Shown::kSettled:
      members["State"] = quoted("Active");
      members["LastUpdateStatus"] = quoted("Successful");
      break;
    case Shown::kInList:
      break;
  }
  return members_json(members);
}

}  // namespace tailrace::lambda
