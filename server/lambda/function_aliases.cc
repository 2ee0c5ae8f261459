// Aliases and permissions: FunctionApi's smaller documents of a function.
#include <optional>

#include "server/lambda/function_api.h"
#include "server/lambda/function_configuration.h"
#include "server/lambda/function_pages.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/json_text.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::size_t kAliasesPageMax = 50;

ApiError conflict(std::string message) {
  return {.code = ErrorCode::kResourceConflictException, .message = std::move(message)};
}

std::string alias_arn(const StoredFunction& function, std::string_view alias) {
  return function_arn(function.owner, function.name, alias);
}

ApiError no_alias(const StoredFunction& function, std::string_view alias) {
  return resource_not_found(str_cat("Cannot find alias arn: ", alias_arn(function, alias)));
}

Result<void> require_version(const StoredFunction& function, std::string_view version) {
  for (const auto& [number, configuration] : function.versions)
    if (str_cat(number) == version) return {};
  return resource_not_found(str_cat("Function not found: ", alias_arn(function, version)));
}

Result<void> check_version(const StoredFunction& function, const json::Value& input) {
  const auto wanted = json::optional_string(input, "FunctionVersion");
  if (!wanted || *wanted == kLatestVersion) return {};
  return require_version(function, *wanted);
}

// nullptr: none, or none in it.
const json::Value* weights_in(const json::Value& input) {
  const json::Value* routing = json::find(input, "RoutingConfig");
  const json::Value* weights =
      routing == nullptr ? nullptr : json::find(*routing, "AdditionalVersionWeights");
  return weights == nullptr || weights->ObjectEmpty() ? nullptr : weights;
}

// `alias`: as it is before the change, empty for a new one.
Result<void> check_routing(const StoredFunction& function,
                           const json::Value& input,
                           const Members& alias) {
  const json::Value* weights = weights_in(input);
  if (weights == nullptr) return {};
  if (weights->MemberCount() > 1)
    return invalid_parameter(
        "Number of items in AdditionalVersionWeights cannot be greater than 1");
  const std::string version(json::optional_string(input, "FunctionVersion")
                                .value_or(text_member(alias, "FunctionVersion")));
  if (version == kLatestVersion)
    return invalid_parameter(
        "$LATEST is not supported for an alias pointing to more than 1 version");
  const std::string added(json::view(weights->MemberBegin()->name));
  if (added == version)
    return invalid_parameter(str_cat("Invalid function version ", added, ". Function version ",
                                     added, " is already included in routing configuration."));
  return require_version(function, added);
}

void take_alias_members(const json::Value& input, Members& alias) {
  for (const std::string_view name : {"FunctionVersion", "Description", "RoutingConfig"})
    if (const json::Value* value = json::find(input, name))
      alias[std::string(name)] = json::text(*value);
  // {} and {"AdditionalVersionWeights":{}} both end the routing.
  const json::Value* routing = json::find(input, "RoutingConfig");
  if (routing != nullptr && weights_in(input) == nullptr) alias.erase("RoutingConfig");
  alias["RevisionId"] = quoted(random_uuid());
}

// {"Service":"…"}, {"AWS":"…"} or "*"
std::string principal_json(std::string_view principal) {
  if (principal == "*") return quoted(principal);
  const bool account = principal.find_first_not_of("0123456789") == std::string_view::npos;
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  if (account) {
    json.string("AWS", str_cat("arn:aws:iam::", principal, ":root"));
  } else {
    json.string(principal.starts_with("arn:") ? "AWS" : "Service", principal);
  }
  json.end_object();
  return text;
}

struct ConditionMember {
  std::string_view member;
  std::string_view comparison;
  std::string_view key;
};
constexpr ConditionMember kConditions[] = {
    {"SourceAccount", "StringEquals", "AWS:SourceAccount"},
    {"EventSourceToken", "StringEquals", "lambda:EventSourceToken"},
    {"FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"},
    {"PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"},
    {"SourceArn", "ArnLike", "AWS:SourceArn"},
};

std::string statement_json(const json::Value& input, const std::string& resource) {
  std::map<std::string_view, Members> conditions;
  for (const ConditionMember& row : kConditions)
    if (const auto value = json::optional_string(input, row.member))
      conditions[row.comparison][std::string(row.key)] = quoted(*value);
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.string("Sid", json::string_or(input, "StatementId")).string("Effect", "Allow");
  json.raw("Principal", principal_json(json::string_or(input, "Principal")));
  json.string("Action", json::string_or(input, "Action")).string("Resource", resource);
  if (!conditions.empty()) {
    json.key("Condition").begin_object();
    for (const auto& [comparison, members] : conditions)
      json.raw(comparison, members_json(members));
    json.end_object();
  }
  json.end_object();
  return text;
}

Result<std::string> qualifier_of(const FunctionApi::Address& address) {
  TRY(FunctionName name, FunctionApi::resolve(address));
  return std::move(name.qualifier);
}

}  // namespace

void FunctionApi::create_alias(const Address& address, json::Value& input, const Reply& reply) {
  change(address, reply, [kept = keep(input)](StoredFunction& function) -> Result<std::string> {
    TRY_VOID(check_input("CreateAlias", *kept, {{"FunctionName", function.name}}));
    const std::string name(json::string_or(*kept, "Name"));
    if (function.aliases.contains(name))
      return conflict(str_cat("Alias already exists: ", alias_arn(function, name)));
    TRY_VOID(check_version(function, *kept));
    TRY_VOID(check_routing(function, *kept, {}));
    Members& alias = function.aliases[name];
    alias = {{"AliasArn", quoted(alias_arn(function, name))},
             {"Name", quoted(name)},
             {"Description", quoted("")}};
    take_alias_members(*kept, alias);
    return members_json(alias);
  });
}

Result<std::string> FunctionApi::get_alias(const Address& address, const std::string& alias) const {
  TRY(const FoundFunction found, require(address));
  const auto at = found.function->aliases.find(alias);
  if (at == found.function->aliases.end()) return no_alias(*found.function, alias);
  return members_json(at->second);
}

void FunctionApi::update_alias(const Address& address,
                               const std::string& alias,
                               json::Value& input,
                               const Reply& reply) {
  change(
      address, reply, [kept = keep(input), alias](StoredFunction& function) -> Result<std::string> {
        TRY_VOID(
            check_input("UpdateAlias", *kept, {{"FunctionName", function.name}, {"Name", alias}}));
        const auto at = function.aliases.find(alias);
        if (at == function.aliases.end()) return no_alias(function, alias);
        const auto revision = json::optional_string(*kept, "RevisionId");
        if (revision && *revision != text_member(at->second, "RevisionId"))
          return ApiError{.code = ErrorCode::kPreconditionFailedException,
                          .message =
                              "The Revision Id provided does not match the latest Revision Id. "
                              "Call the GetFunction/GetAlias API to retrieve the latest "
                              "Revision Id"};
        TRY_VOID(check_version(function, *kept));
        TRY_VOID(check_routing(function, *kept, at->second));
        take_alias_members(*kept, at->second);
        return members_json(at->second);
      });
}

void FunctionApi::delete_alias(const Address& address,
                               const std::string& alias,
                               const Reply& reply) {
  change(address, reply, [alias](StoredFunction& function) -> Result<std::string> {
    function.aliases.erase(alias);
    function.event_invoke.erase(alias);
    return std::string();
  });
}

Result<std::string> FunctionApi::list_aliases(const Address& address,
                                              const std::string* version,
                                              Page page) const {
  TRY(const FoundFunction found, require(address));
  std::vector<PageEntry> entries;
  for (const auto& [name, alias] : found.function->aliases)
    if (version == nullptr || text_member(alias, "FunctionVersion") == *version)
      entries.push_back({.key = name, .json = members_json(alias)});
  return page_json("Aliases", entries, page.marker, page.max_items, kAliasesPageMax);
}

void FunctionApi::add_permission(const Address& address, json::Value& input, const Reply& reply) {
  const auto qualifier = qualifier_of(address);
  if (!qualifier) return reply(qualifier.error());
  change(address, reply,
         [kept = keep(input),
          qualifier = *qualifier](StoredFunction& function) -> Result<std::string> {
           TRY_VOID(check_input("AddPermission", *kept, {{"FunctionName", function.name}}));
           const std::string sid(json::string_or(*kept, "StatementId"));
           Policy& policy = function.policies[qualifier];
           if (policy.contains(sid))
             return conflict(
                 str_cat("The statement id (", sid,
                         ") provided already exists. Please provide a new statement id, or "
                         "remove the existing statement."));
           policy[sid] = statement_json(*kept, alias_arn(function, qualifier));
           std::string text;
           JsonWriter(text).begin_object().string("Statement", policy[sid]).end_object();
           return text;
         });
}

Result<std::string> FunctionApi::get_policy(const Address& address) const {
  TRY(const FoundFunction found, require(address));
  const auto policy = found.function->policies.find(found.qualifier);
  if (policy == found.function->policies.end() || policy->second.empty())
    return resource_not_found("The resource you requested does not exist.");
  std::string document;
  JsonWriter json(document);
  json.begin_object().string("Version", "2012-10-17").string("Id", "default");
  json.key("Statement").begin_array();
  for (const auto& [sid, statement] : policy->second) json.raw(statement);
  json.end_array().end_object();
  std::string text;
  JsonWriter(text)
      .begin_object()
      .string("Policy", document)
      .string("RevisionId", text_member(found.function->latest, "RevisionId"))
      .end_object();
  return text;
}

void FunctionApi::remove_permission(const Address& address,
                                    const std::string& sid,
                                    const Reply& reply) {
  const auto qualifier = qualifier_of(address);
  if (!qualifier) return reply(qualifier.error());
  change(address, reply,
         [sid, qualifier = *qualifier](StoredFunction& function) -> Result<std::string> {
           if (function.policies[qualifier].erase(sid) == 0)
             return resource_not_found(
                 str_cat("Statement ", sid, " is not found in resource policy."));
           return std::string();
         });
}

}  // namespace tailrace::lambda
