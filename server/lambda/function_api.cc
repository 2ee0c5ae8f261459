#include "server/lambda/function_api.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "server/api/shape.h"
#include "server/lambda/function_configuration.h"
#include "server/lambda/function_pages.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::string_view kLatest = "$LATEST";
constexpr std::string_view kArnMark = ":function:";
constexpr std::size_t kFunctionsPageMax = 50;
// Members that differ between two versions of the same code and configuration.
constexpr std::string_view kNotPublished[] = {"Version", "FunctionArn", "RevisionId",
                                              "LastModified", "Description"};

ApiError not_found(const FunctionName& name, std::string_view qualifier) {
  return resource_not_found(
      str_cat("Function not found: ", function_arn(name.owner, name.name, qualifier)));
}

ApiError failed_precondition() {
  return {.code = ErrorCode::kPreconditionFailedException,
          .message =
              "The Revision Id provided does not match the latest Revision Id. Call the "
              "GetFunction/GetAlias API to retrieve the latest Revision Id"};
}

std::string_view name_pattern() {
  const api::Shape* shape = api::find_shape(api::lambda_shapes(), "GetFunction");
  CHECK(shape != nullptr);
  const auto member = std::ranges::find(shape->members, "FunctionName", &api::Member::name);
  CHECK(member != shape->members.end());
  return member->shape->pattern;
}

Result<void> check_name_length(std::string_view name) {
  if (name.size() <= kFunctionNameLengthMax) return {};
  return invalid_parameter(
      str_cat("1 validation error detected: Value '", name,
              "' at 'functionName' failed to satisfy constraint: Member must have length less "
              "than or equal to ",
              kFunctionNameLengthMax));
}

// The version's configuration, as it is kept from now on. `number`: the next, or the last one if
// nothing has changed since.
std::uint64_t publish(StoredFunction& function, const std::optional<std::string>& description) {
  Members version = function.latest;
  if (description) version["Description"] = quoted(*description);
  const auto code_and_settings = [](Members members) {
    for (const std::string_view name : kNotPublished)
      if (const auto found = members.find(name); found != members.end()) members.erase(found);
    return members;
  };
  if (!function.versions.empty()) {
    const auto& [number, last] = *function.versions.rbegin();
    if (code_and_settings(last) == code_and_settings(version)) return number;
  }
  const std::uint64_t number = function.next_version++;
  version["Version"] = quoted(str_cat(number));
  version["FunctionArn"] = quoted(function_arn(function.owner, function.name, str_cat(number)));
  function.versions[number] = std::move(version);
  return number;
}

std::optional<std::uint64_t> version_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the name's qualifier stands for: "$LATEST" or a number.
Result<std::string> version_of(const StoredFunction& function, const FunctionName& name) {
  if (name.qualifier.empty()) return std::string(kLatest);
  const auto alias = function.aliases.find(name.qualifier);
  std::string version = alias == function.aliases.end()
                            ? name.qualifier
                            : text_member(alias->second, "FunctionVersion");
  if (version == kLatest) return version;
  const auto number = version_number(version);
  if (!number || !function.versions.contains(*number)) return not_found(name, name.qualifier);
  return version;
}

Result<void> check_revision(const json::Value& input, const Members& current) {
  const auto wanted = json::optional_string(input, "RevisionId");
  if (wanted && *wanted != text_member(current, "RevisionId")) return failed_precondition();
  return {};
}

}  // namespace

const Members& FoundFunction::configuration() const {
  const auto number = version_number(version);
  return number ? function->versions.at(*number) : function->latest;
}

// --- Which function

Result<FunctionName> FunctionApi::resolve(const Address& address) {
  auto name = parse_function_name(address.name, address.caller);
  if (!name)
    return validation_error(str_cat("1 validation error detected: Value '", address.name,
                                    "' at 'functionName' failed to satisfy constraint: Member "
                                    "must satisfy regular expression pattern: ",
                                    name_pattern()));
  TRY_VOID(check_name_length(name->name));
  if (name->owner.region != address.caller.region)
    return resource_not_found(str_cat("Functions from '", name->owner.region,
                                      "' are not reachable in this region ('",
                                      address.caller.region, "')"));
  if (name->owner.account != address.caller.account)
    return ApiError{.code = ErrorCode::kAccessDeniedException,
                    .message = str_cat("User: arn:aws:iam::", address.caller.account,
                                       ":root is not authorized to access this resource")};
  if (address.qualifier != nullptr && !address.qualifier->empty()) {
    if (!name->qualifier.empty() && name->qualifier != *address.qualifier)
      return invalid_parameter(
          "The derived qualifier from the function name does not match the specified qualifier.");
    name->qualifier = *address.qualifier;
  }
  return *std::move(name);
}

Result<FoundFunction> FunctionApi::find(const FunctionName& name) const {
  const FunctionCatalog::Pointer function = catalog_.find(name.owner, name.name);
  if (!function) return not_found(name, name.qualifier);
  TRY(std::string version, version_of(*function, name));
  return FoundFunction{
      .function = function, .qualifier = name.qualifier, .version = std::move(version)};
}

Result<FoundFunction> FunctionApi::require(const Address& address) const {
  TRY(const FunctionName name, resolve(address));
  return find(name);
}

Result<FoundFunction> FunctionApi::require_to_invoke(const Address& address) const {
  TRY(const FunctionName name, resolve(address));
  auto found = find(name);
  if (!found && name.qualifier.empty()) return not_found(name, kLatest);
  return found;
}

FunctionApi::Input FunctionApi::keep(const json::Value& input) {
  auto kept = std::make_shared<rapidjson::Document>();
  kept->CopyFrom(input, kept->GetAllocator());
  return kept;
}

void FunctionApi::change(const Address& address, const Reply& reply, Change apply) {
  auto name = resolve(address);
  if (!name) return reply(name.error());
  catalog_.change(
      name->owner, name->name,
      [name = *name, apply = std::move(apply)](StoredFunction* function) -> Result<std::string> {
        if (function == nullptr) return not_found(name, name.qualifier);
        TRY_VOID(version_of(*function, name));
        return apply(*function);
      },
      reply);
}

// --- Functions

void FunctionApi::create(const Owner& caller,
                         json::Value& input,
                         protocol::RequestSource source,
                         const Reply& reply) {
  const std::string given(json::string_or(input, "FunctionName"));
  FunctionName name{.owner = caller};
  if (!given.empty()) {
    auto resolved = resolve({.caller = caller, .name = given});
    if (!resolved) return reply(resolved.error());
    name = *std::move(resolved);
  }
  auto function = read_create_function(name.owner, name.name, input, source, now());
  if (!function) return reply(function.error());
  const bool published = json::bool_or(input, "Publish", false);
  const Members& shown =
      published ? function->versions.at(publish(*function, std::nullopt)) : function->latest;
  std::string text = function_configuration_json(shown, Shown::kBeingCreated);
  catalog_.create(*std::move(function), std::move(text), reply);
}

Result<std::string> FunctionApi::get(const Address& address) const {
  TRY(const FoundFunction found, require(address));
  const StoredFunction& function = *found.function;
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.raw("Configuration", function_configuration_json(found.configuration(), Shown::kSettled));
  json.raw("Code", members_json(function.code));
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

Result<std::string> FunctionApi::get_configuration(const Address& address) const {
  TRY(const FoundFunction found, require(address));
  return function_configuration_json(found.configuration(), Shown::kSettled);
}

Result<std::string> FunctionApi::list(const Owner& caller,
                                      const std::string* version,
                                      Page page) const {
  const bool all = version != nullptr && *version == "ALL";
  if (version != nullptr && !all)
    return validation_error(str_cat("1 validation error detected: Value '", *version,
                                    "' at 'functionVersion' failed to satisfy constraint: Member "
                                    "must satisfy enum value set: [ALL]"));
  std::vector<PageEntry> entries;
  const auto add = [&](const Members& configuration) {
    entries.push_back({.key = text_member(configuration, "FunctionArn"),
                       .json = function_configuration_json(configuration, Shown::kInList)});
  };
  for (const FunctionCatalog::Pointer& function : catalog_.list(caller)) {
    add(function->latest);
    if (!all) continue;
    for (const auto& [number, configuration] : function->versions) add(configuration);
  }
  return page_json("Functions", entries, page.marker, page.max_items, kFunctionsPageMax);
}

void FunctionApi::update_code(const Address& address, json::Value& input, const Reply& reply) {
  const auto name = resolve(address);
  if (!name) return reply(name.error());
  // Megabytes are checked and hashed here, not in the job that everybody waits for.
  const Result<void> checked =
      check_input("UpdateFunctionCode", input, {{"FunctionName", name->name}});
  StoredFunction package{.owner = name->owner, .name = name->name};
  const Result<void> taken = checked ? apply_code(input, package) : checked;
  input.RemoveMember("ZipFile");
  change(address, reply,
         [kept = keep(input), checked, taken, package,
          at = now()](StoredFunction& function) -> Result<std::string> {
           TRY_VOID(Result<void>(checked));
           TRY_VOID(check_revision(*kept, function.latest));
           TRY_VOID(Result<void>(taken));
           StoredFunction updated = function;
           for (const auto& [member, text] : package.latest) updated.latest[member] = text;
           updated.code = package.code;
           touch(updated, at);
           const bool published = json::bool_or(*kept, "Publish", false);
           const Members& shown =
               published ? updated.versions.at(publish(updated, std::nullopt)) : updated.latest;
           std::string text = function_configuration_json(shown, Shown::kBeingUpdated);
           if (!json::bool_or(*kept, "DryRun", false)) function = std::move(updated);
           return text;
         });
}

void FunctionApi::update_configuration(const Address& address,
                                       json::Value& input,
                                       const Reply& reply) {
  change(address, reply,
         [kept = keep(input), source = address.source,
          at = now()](StoredFunction& function) -> Result<std::string> {
           TRY_VOID(check_revision(*kept, function.latest));
           TRY_VOID(apply_configuration(*kept, source, function));
           touch(function, at);
           return function_configuration_json(function.latest, Shown::kBeingUpdated);
         });
}

void FunctionApi::remove(const Address& address, const Reply& reply) {
  const auto name = resolve(address);
  if (!name) return reply(name.error());
  if (name->qualifier.empty())
    return catalog_.remove(name->owner, name->name, not_found(*name, {}), reply);
  change(
      address, reply,
      [qualifier = name->qualifier](StoredFunction& function) -> Result<std::string> {
        const auto number = version_number(qualifier);
        if (!number)
          return invalid_parameter(
              qualifier == kLatest
                  ? std::string("$LATEST version cannot be deleted without deleting the function.")
                  : str_cat("Deletion of aliases is not currently supported."));
        for (const auto& [alias, configuration] : function.aliases)
          if (version_behind(function, alias, 0.0) == qualifier ||
              text_member(configuration, "FunctionVersion") == qualifier)
            return ApiError{
                .code = ErrorCode::kResourceConflictException,
                .message = str_cat("Version ", qualifier, " cannot be deleted because the alias ",
                                   alias, " refers to it.")};
        function.versions.erase(*number);
        function.event_invoke.erase(qualifier);
        return std::string();
      });
}

// --- Versions

void FunctionApi::publish_version(const Address& address, json::Value& input, const Reply& reply) {
  change(address, reply, [kept = keep(input)](StoredFunction& function) -> Result<std::string> {
    TRY_VOID(check_input("PublishVersion", *kept, {{"FunctionName", function.name}}));
    TRY_VOID(check_revision(*kept, function.latest));
    const std::string current = text_member(function.latest, "CodeSha256");
    const auto wanted = json::optional_string(*kept, "CodeSha256");
    if (wanted && *wanted != current)
      return invalid_parameter(
          str_cat("CodeSHA256 (", *wanted, ") is different from current CodeSHA256 in $LATEST (",
                  current, "). Please try again with the CodeSHA256 in $LATEST."));
    const std::uint64_t number = publish(function, json::optional_string(*kept, "Description"));
    return function_configuration_json(function.versions.at(number), Shown::kBeingCreated);
  });
}

Result<std::string> FunctionApi::list_versions(const Address& address, Page page) const {
  TRY(const FoundFunction found, require(address));
  std::vector<PageEntry> entries;
  const auto add = [&](std::string key, Members configuration) {
    // $LATEST's entry carries its qualifier in the ARN, unlike everywhere else.
    configuration["FunctionArn"] = quoted(function_arn(found.function->owner, found.function->name,
                                                       text_member(configuration, "Version")));
    entries.push_back({.key = std::move(key),
                       .json = function_configuration_json(configuration, Shown::kInList)});
  };
  add("0", found.function->latest);
  for (const auto& [number, configuration] : found.function->versions)
    add(str_cat(number), configuration);
  return page_json("Versions", entries, page.marker, page.max_items, kFunctionsPageMax);
}

// --- Concurrency

void FunctionApi::put_concurrency(const Address& address, json::Value& input, const Reply& reply) {
  change(address, reply, [kept = keep(input)](StoredFunction& function) -> Result<std::string> {
    TRY_VOID(check_input("PutFunctionConcurrency", *kept, {{"FunctionName", function.name}}));
    function.reserved_concurrency =
        static_cast<int>(*json::optional_int(*kept, "ReservedConcurrentExecutions"));
    return str_cat("{\"ReservedConcurrentExecutions\":", *function.reserved_concurrency, "}");
  });
}

Result<std::string> FunctionApi::get_concurrency(const Address& address) const {
  TRY(const FoundFunction found, require(address));
  if (!found.function->reserved_concurrency) return std::string("{}");
  return str_cat("{\"ReservedConcurrentExecutions\":", *found.function->reserved_concurrency, "}");
}

void FunctionApi::delete_concurrency(const Address& address, const Reply& reply) {
  change(address, reply, [](StoredFunction& function) -> Result<std::string> {
    function.reserved_concurrency.reset();
    return std::string();
  });
}

std::string FunctionApi::account_settings(const Owner& caller) const {
  constexpr int kConcurrentExecutions = 1000;
  std::int64_t bytes = 0;
  int unreserved = kConcurrentExecutions;
  const auto functions = catalog_.list(caller);
  for (const auto& function : functions) {
    bytes += number_member(function->latest, "CodeSize");
    unreserved -= function->reserved_concurrency.value_or(0);
  }
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("AccountLimit").begin_object();
  json.number("TotalCodeSize", std::int64_t{80'530'636'800});
  json.number("CodeSizeUnzipped", 262'144'000).number("CodeSizeZipped", 52'428'800);
  json.number("ConcurrentExecutions", kConcurrentExecutions);
  json.number("UnreservedConcurrentExecutions", std::max(unreserved, 0)).end_object();
  json.key("AccountUsage").begin_object().number("TotalCodeSize", bytes);
  json.number("FunctionCount", static_cast<std::int64_t>(functions.size()));
  json.end_object().end_object();
  return text;
}

// --- Tags

bool FunctionApi::owns(std::string_view arn) const {
  return arn.find(kArnMark) != std::string_view::npos;
}

void FunctionApi::tag(const Owner& caller,
                      const std::string& arn,
                      const TagMap& added,
                      const TagReply& reply) {
  change(
      {.caller = caller, .name = arn},
      [reply](const Result<std::string>& result) {
        reply(result ? Result<void>() : result.error());
      },
      [added](StoredFunction& function) -> Result<std::string> {
        for (const auto& [key, value] : added) function.tags[key] = value;
        TRY_VOID(check_tags(function.tags));
        return std::string();
      });
}

void FunctionApi::untag(const Owner& caller,
                        const std::string& arn,
                        const std::vector<std::string>& keys,
                        const TagReply& reply) {
  change(
      {.caller = caller, .name = arn},
      [reply](const Result<std::string>& result) {
        reply(result ? Result<void>() : result.error());
      },
      [keys](StoredFunction& function) -> Result<std::string> {
        for (const std::string& key : keys) function.tags.erase(key);
        return std::string();
      });
}

Result<TagMap> FunctionApi::tags(const Owner& caller, const std::string& arn) const {
  TRY(const FoundFunction found, require({.caller = caller, .name = arn}));
  return found.function->tags;
}

}  // namespace tailrace::lambda
