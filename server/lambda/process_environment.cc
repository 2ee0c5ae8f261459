#include <unistd.h>

#include <map>

#include "server/lambda/runtime_endpoint.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

extern char** environ;

namespace tailrace::lambda {
namespace {

using Variables = std::map<std::string, std::string>;

// Variables that would switch runtime clients into modes that are not offered.
// (behaviour/runtimes 4)
constexpr std::string_view kNotInherited[] = {"AWS_LAMBDA_MAX_CONCURRENCY",
                                              "_LAMBDA_TELEMETRY_LOG_FD", "_LAMBDA_SERVER_PORT"};

Variables inherited() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && !text.starts_with("TAILRACE_"))
      variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const std::string_view name : kNotInherited) variables.erase(std::string(name));
  return variables;
}

// The last word of the command, so that `npx aws-lambda-ric index.handler` works with every client.
std::string last_argument(const std::string& command) {
  const std::size_t end = command.find_last_not_of(" \t'\"");
  if (end == std::string::npos) return {};
  const std::size_t begin = command.find_last_of(" \t'\"", end);
  return command.substr(begin + 1, end - begin);
}

// YYYY/MM/DD/[$LATEST]<32 hex>
std::string log_stream_name(Instant now) {
  const std::string day = iso_millis(now);
  return str_cat(day.substr(0, 4), "/", day.substr(5, 2), "/", day.substr(8, 2), "/[$LATEST]",
                 random_hex(32));
}

}  // namespace

std::vector<std::string> process_environment(const Binding& binding,
                                             const RuntimeOptions& options,
                                             std::uint16_t port,
                                             const std::string& task_root,
                                             Instant machine_now) {
  Variables variables = inherited();
  const std::string own_endpoint = options.own_endpoint ? options.own_endpoint() : std::string();
  const FunctionSettings settings =
      options.settings ? options.settings(binding.name) : FunctionSettings();
  // The user's credentials and settings stay if there are any: the handler's SDK then finds what it
  // would find without us.
  const std::pair<std::string, std::string> defaults[] = {
      {"_HANDLER",
       settings.handler.empty() ? last_argument(binding.target.text) : settings.handler},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", str_cat(settings.memory_mb.value_or(128))},
      {"AWS_REGION", options.region},
      {"AWS_DEFAULT_REGION", options.region},
      {"AWS_ACCESS_KEY_ID", "test"},
      {"AWS_SECRET_ACCESS_KEY", "test"},
      {"AWS_SESSION_TOKEN", "test"},
      {"AWS_ENDPOINT_URL_DYNAMODB", own_endpoint},
      {"AWS_ENDPOINT_URL_DYNAMODB_STREAMS", own_endpoint},
      {"AWS_ENDPOINT_URL_LAMBDA", own_endpoint},
      {"TZ", ":UTC"},
      {"LANG", "en_US.UTF-8"},
  };
  for (const auto& [name, value] : defaults) variables.emplace(name, value);
  if (!settings.runtime.empty() && !settings.runtime.starts_with("provided"))
    variables["AWS_EXECUTION_ENV"] = str_cat("AWS_Lambda_", settings.runtime);
  for (const auto& [name, value] : settings.environment) variables[name] = value;
  for (const auto& [name, value] : binding.environment) variables[name] = value;
  const std::pair<std::string, std::string> reserved[] = {
      {"AWS_LAMBDA_RUNTIME_API", str_cat("127.0.0.1:", port)},
      {"AWS_LAMBDA_FUNCTION_NAME", binding.name},
      {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", str_cat("/aws/lambda/", binding.name)},
      {"AWS_LAMBDA_LOG_STREAM_NAME", log_stream_name(machine_now)},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"LAMBDA_TASK_ROOT", task_root},
  };
  for (const auto& [name, value] : reserved) variables[name] = value;
  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) texts.push_back(str_cat(name, "=", value));
  return texts;
}

}  // namespace tailrace::lambda
