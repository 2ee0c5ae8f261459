// Event invoke configurations: what FunctionApi keeps for asynchronous invocations of a function, a
// version or an alias.
#include <array>

#include "server/lambda/function_api.h"
#include "server/lambda/function_configuration.h"
#include "server/lambda/function_pages.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::size_t kConfigsPageMax = 50;
constexpr std::array<std::string_view, 2> kOutcomes = {"OnSuccess", "OnFailure"};

// An unqualified function's configuration is $LATEST's.
std::string qualifier_or_latest(std::string_view qualifier) {
  return std::string(qualifier.empty() ? kLatestVersion : qualifier);
}

ApiError no_config(const StoredFunction& function, std::string_view qualifier) {
  return resource_not_found(str_cat("The function ",
                                    function_arn(function.owner, function.name, qualifier),
                                    " doesn't have an EventInvokeConfig"));
}

std::string_view destination_in(const json::Value& config, std::string_view outcome) {
  const json::Value* side = json::find(config, outcome);
  return side == nullptr ? std::string_view() : json::string_or(*side, "Destination");
}

Result<void> check_config(const StoredFunction& function,
                          std::string_view qualifier,
                          const json::Value& input) {
  const json::Value* destinations = json::find(input, "DestinationConfig");
  if (destinations == nullptr && json::find(input, "MaximumRetryAttempts") == nullptr &&
      json::find(input, "MaximumEventAgeInSeconds") == nullptr)
    return invalid_parameter(
        "You must specify at least one of error handling or destination setting.");
  if (destinations == nullptr) return {};
  for (const std::string_view outcome : kOutcomes) {
    const std::string_view arn = destination_in(*destinations, outcome);
    if (arn == function_arn(function.owner, function.name, "") ||
        arn == function_arn(function.owner, function.name, qualifier))
      return invalid_parameter("You can't specify the function as a destination for itself.");
    const bool refused =
        arn.starts_with("kafka://") || (outcome == "OnSuccess" && arn.starts_with("arn:aws:s3:::"));
    if (refused)
      return invalid_parameter(str_cat("The provided destination ", arn, " is not supported as an ",
                                       outcome, " destination."));
  }
  return {};
}

std::string destinations_json(const json::Value& config) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const std::string_view outcome : kOutcomes) {
    json.key(outcome).begin_object();
    if (const std::string_view arn = destination_in(config, outcome); !arn.empty())
      json.string("Destination", arn);
    json.end_object();
  }
  json.end_object();
  return text;
}

void take_members(const json::Value& input, Members& config) {
  for (const std::string_view name : {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"})
    if (const json::Value* value = json::find(input, name))
      config[std::string(name)] = json::text(*value);
  if (const json::Value* destinations = json::find(input, "DestinationConfig"))
    config["DestinationConfig"] = destinations_json(*destinations);
}

std::string seconds_json(Instant instant) {
  std::string text;
  JsonWriter(text).number(static_cast<double>(instant.time_since_epoch().count()) / 1000);
  return text;
}

Members new_config(const StoredFunction& function, std::string_view qualifier) {
  return {{"FunctionArn", quoted(function_arn(function.owner, function.name, qualifier))},
          {"DestinationConfig", R"({"OnSuccess":{},"OnFailure":{}})"}};
}

}  // namespace

void FunctionApi::put_event_invoke_config(const Address& address,
                                          json::Value& input,
                                          const Reply& reply) {
  const auto name = resolve(address);
  if (!name) return reply(name.error());
  const std::string qualifier = qualifier_or_latest(name->qualifier);
  change(
      address, reply,
      [kept = keep(input), qualifier, at = now()](StoredFunction& function) -> Result<std::string> {
        TRY_VOID(
            check_input("PutFunctionEventInvokeConfig", *kept, {{"FunctionName", function.name}}));
        TRY_VOID(check_config(function, qualifier, *kept));
        Members& config = function.event_invoke[qualifier];
        config = new_config(function, qualifier);
        take_members(*kept, config);
        config["LastModified"] = seconds_json(at);
        return members_json(config);
      });
}

void FunctionApi::update_event_invoke_config(const Address& address,
                                             json::Value& input,
                                             const Reply& reply) {
  const auto name = resolve(address);
  if (!name) return reply(name.error());
  const std::string qualifier = qualifier_or_latest(name->qualifier);
  change(
      address, reply,
      [kept = keep(input), qualifier, at = now()](StoredFunction& function) -> Result<std::string> {
        TRY_VOID(check_input("UpdateFunctionEventInvokeConfig", *kept,
                             {{"FunctionName", function.name}}));
        TRY_VOID(check_config(function, qualifier, *kept));
        const auto config = function.event_invoke.find(qualifier);
        if (config == function.event_invoke.end()) return no_config(function, qualifier);
        take_members(*kept, config->second);
        config->second["LastModified"] = seconds_json(at);
        return members_json(config->second);
      });
}

Result<std::string> FunctionApi::get_event_invoke_config(const Address& address) const {
  TRY(const FoundFunction found, require(address));
  const std::string qualifier = qualifier_or_latest(found.qualifier);
  const auto config = found.function->event_invoke.find(qualifier);
  if (config == found.function->event_invoke.end()) return no_config(*found.function, qualifier);
  return members_json(config->second);
}

void FunctionApi::delete_event_invoke_config(const Address& address, const Reply& reply) {
  const auto name = resolve(address);
  if (!name) return reply(name.error());
  const std::string qualifier = qualifier_or_latest(name->qualifier);
  change(address, reply, [qualifier](StoredFunction& function) -> Result<std::string> {
    if (function.event_invoke.erase(qualifier) == 0) return no_config(function, qualifier);
    return std::string();
  });
}

Result<std::string> FunctionApi::list_event_invoke_configs(const Address& address,
                                                           Page page) const {
  TRY(const FoundFunction found, require(address));
  std::vector<PageEntry> entries;
  for (const auto& [qualifier, config] : found.function->event_invoke)
    entries.push_back({.key = qualifier, .json = members_json(config)});
  return page_json("FunctionEventInvokeConfigs", entries, page.marker, page.max_items,
                   kConfigsPageMax);
}

EventInvokeSettings FunctionApi::event_invoke_settings(const Owner& owner,
                                                       std::string_view name,
                                                       std::string_view qualifier) const {
  EventInvokeSettings settings;
  const auto function = catalog_.find(owner, name);
  if (!function) return settings;
  settings.stopped = function->reserved_concurrency == 0;
  rapidjson::Document document;
  const auto dead_letter = function->latest.find("DeadLetterConfig");
  if (dead_letter != function->latest.end() && json::parse_copy(dead_letter->second, document))
    settings.dead_letter = json::string_or(document, "TargetArn");
  const auto config = function->event_invoke.find(qualifier_or_latest(qualifier));
  if (config == function->event_invoke.end()) return settings;
  const Members& members = config->second;
  if (members.contains("MaximumRetryAttempts"))
    settings.retries_max = static_cast<int>(number_member(members, "MaximumRetryAttempts"));
  if (members.contains("MaximumEventAgeInSeconds"))
    settings.age_max = std::chrono::seconds(number_member(members, "MaximumEventAgeInSeconds"));
  rapidjson::Document destinations;
  const auto given = members.find("DestinationConfig");
  if (given == members.end() || !json::parse_copy(given->second, destinations)) return settings;
  settings.on_success = destination_in(destinations, "OnSuccess");
  settings.on_failure = destination_in(destinations, "OnFailure");
  return settings;
}

}  // namespace tailrace::lambda
