#include "server/lambda/lambda_function.h"

#include <span>

#include "server/lambda/lambda_error.h"
#include "server/protocol/sha256.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"
#include "streams/handlers/function_registry.h"

namespace tailrace::lambda {
namespace {

// Members in the order in which the service shows them, with the default that a function has
// without them; none: the member is absent then.
struct MemberRow {
  std::string_view name;
  std::string_view default_json;
};
constexpr MemberRow kBeforeCode[] = {{"Runtime", ""}, {"Role", ""}, {"Handler", ""}};
constexpr MemberRow kAfterCode[] = {{"Description", R"("")"},
                                    {"Timeout", "3"},
                                    {"MemorySize", "128"},
                                    {"VpcConfig", ""},
                                    {"DeadLetterConfig", ""},
                                    {"Environment", ""},
                                    {"KMSKeyArn", ""},
                                    {"TracingConfig", R"({"Mode":"PassThrough"})"},
                                    {"Layers", ""},
                                    {"FileSystemConfigs", ""},
                                    {"ImageConfig", ""},
                                    {"PackageType", R"("Zip")"},
                                    {"Architectures", R"(["x86_64"])"},
                                    {"EphemeralStorage", R"({"Size":512})"},
                                    {"SnapStart", ""},
                                    {"LoggingConfig", ""}};

constexpr std::int64_t kTimeoutDefaultSeconds = 3;
constexpr std::int64_t kTimeoutMaxSeconds = 900;
constexpr std::size_t kEnvironmentBytesMax = 4096;

void write_members(JsonWriter& json,
                   const LambdaFunction& function,
                   std::span<const MemberRow> rows) {
  for (const MemberRow& row : rows)
    if (const auto found = function.members.find(std::string(row.name));
        found != function.members.end())
      json.raw(row.name, found->second);
}

void write_state(JsonWriter& json, ShownState state) {
  switch (state) {
    case ShownState::kCreating:
      json.string("State", "Pending")
          .string("StateReason", "The function is being created.")
          .string("StateReasonCode", "Creating");
      return;
    case ShownState::kUpdating:
      json.string("State", "Active").string("LastUpdateStatus", "InProgress");
      json.string("LastUpdateStatusReason", "The function is being created.")
          .string("LastUpdateStatusReasonCode", "Creating");
      return;
    case ShownState::kSettled:
      json.string("State", "Active").string("LastUpdateStatus", "Successful");
      return;
    case ShownState::kNone:
      return;
  }
}

Result<void> check_environment(const json::Value& environment) {
  const json::Value* variables = json::find(environment, "Variables");
  if (variables == nullptr) return {};
  std::size_t bytes = 0;
  for (const auto& member : variables->GetObject())
    bytes += json::view(member.name).size() + json::view(member.value).size();
  if (bytes <= kEnvironmentBytesMax) return {};
  return invalid_parameter(
      str_cat("Lambda was unable to configure your environment variables because the environment "
              "variables you have "
              "provided exceeded the 4KB limit. String measured: ",
              json::text(*variables)));
}

// The model has no upper bound; the service has. (Lambda: quotas, function timeout)
Result<void> check_timeout(const json::Value& input) {
  const auto seconds = json::optional_int(input, "Timeout");
  if (!seconds || *seconds <= kTimeoutMaxSeconds) return {};
  return validation_error(str_cat(
      "1 validation error detected: Value '", *seconds,
      "' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to ",
      kTimeoutMaxSeconds));
}

}  // namespace

Millis LambdaFunction::timeout() const {
  const auto found = members.find("Timeout");
  const std::int64_t seconds = found == members.end()
                                   ? kTimeoutDefaultSeconds
                                   : std::strtoll(found->second.c_str(), nullptr, 10);
  return std::chrono::seconds(seconds);
}

Result<void> configure(LambdaFunction& function, const json::Value& input) {
  TRY_VOID(check_timeout(input));
  if (const json::Value* environment = json::find(input, "Environment"))
    TRY_VOID(check_environment(*environment));
  for (const std::span<const MemberRow> rows :
       {std::span<const MemberRow>(kBeforeCode), std::span<const MemberRow>(kAfterCode)})
    for (const MemberRow& row : rows)
      if (const json::Value* value = json::find(input, row.name))
        function.members[std::string(row.name)] = json::text(*value);
  return {};
}

Result<void> set_code(LambdaFunction& function, const json::Value& code) {
  std::string hashed;
  if (const json::Value* zip = json::find(code, "ZipFile")) {
    const std::optional<Buffer> bytes = from_base64(json::view(*zip));
    if (!bytes || !bytes->starts_with("PK"))
      return invalid_parameter(
          "Could not unzip uploaded file. Please check your file, then try to upload again.");
    function.code_size = static_cast<std::int64_t>(bytes->size());
    hashed = *bytes;
  } else {  // Code that lies elsewhere: what names it stands for it.
    function.code_size = 0;
    hashed = json::text(code);
  }
  function.code_sha256 = to_base64(protocol::as_text(protocol::sha256(hashed)));
  return {};
}

void set_defaults(LambdaFunction& function) {
  for (const MemberRow& row : kAfterCode)
    if (!row.default_json.empty()) function.members.emplace(row.name, row.default_json);
  function.members.emplace("SnapStart", R"({"ApplyOn":"None","OptimizationStatus":"Off"})");
  function.members.emplace(
      "LoggingConfig",
      str_cat(R"({"LogFormat":"Text","LogGroup":"/aws/lambda/)", function.name, "\"}"));
}

std::string last_modified_text(Instant instant) {
  return str_cat(iso_millis(instant), "+0000");
}

std::string configuration_json(const LambdaFunction& function, ShownState state) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.string("FunctionName", function.name);
  json.string("FunctionArn", function_arn(function.owner, function.name, {}));
  write_members(json, function, kBeforeCode);
  json.number("CodeSize", function.code_size).string("CodeSha256", function.code_sha256);
  write_members(json, function, kAfterCode);
  json.string("LastModified", last_modified_text(function.modified))
      .string("Version", "$LATEST")
      .string("RevisionId", function.revision_id);
  write_state(json, state);
  json.end_object();
  return text;
}

Buffer encode_function(const LambdaFunction& function) {
  Buffer text;
  JsonWriter json(text);
  json.begin_object()
      .string("Account", function.owner.account)
      .string("Region", function.owner.region)
      .string("Name", function.name);
  json.key("Members").begin_object();
  for (const auto& [name, value] : function.members) json.raw(name, value);
  json.end_object();
  json.number("CodeSize", function.code_size)
      .string("CodeSha256", function.code_sha256)
      .string("RevisionId", function.revision_id);
  json.number("Modified", to_millis(function.modified));
  json.key("Tags").begin_object();
  for (const auto& [key, value] : function.tags) json.string(key, value);
  json.end_object();
  if (function.reserved_concurrency)
    json.number("ReservedConcurrency", *function.reserved_concurrency);
  json.end_object();
  return text;
}

LambdaFunction decode_function(Bytes bytes) {
  rapidjson::Document document;
  CHECK(json::parse_copy(bytes, document));
  LambdaFunction function;
  function.owner = {.account = std::string(json::string_or(document, "Account")),
                    .region = std::string(json::string_or(document, "Region"))};
  function.name = json::string_or(document, "Name");
  for (const auto& member : document["Members"].GetObject())
    function.members[std::string(json::view(member.name))] = json::text(member.value);
  function.code_size = json::optional_int(document, "CodeSize").value_or(0);
  function.code_sha256 = json::string_or(document, "CodeSha256");
  function.revision_id = json::string_or(document, "RevisionId");
  function.modified = from_millis(json::optional_int(document, "Modified").value_or(0));
  for (const auto& tag : document["Tags"].GetObject())
    function.tags[std::string(json::view(tag.name))] = json::view(tag.value);
  if (const auto reserved = json::optional_int(document, "ReservedConcurrency"))
    function.reserved_concurrency = static_cast<int>(*reserved);
  return function;
}

}  // namespace tailrace::lambda
