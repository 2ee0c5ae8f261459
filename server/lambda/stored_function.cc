#include "server/lambda/stored_function.h"

#include <charconv>

#include "storage/base/check.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "streams/handlers/invoke.h"

namespace tailrace::lambda {
namespace {

template <class Map>
void write_objects(JsonWriter& json, std::string_view name, const Map& objects) {
  json.key(name).begin_object();
  for (const auto& [key, members] : objects) json.raw(str_cat(key), members_json(members));
  json.end_object();
}

const json::Value* find_object(const json::Value& object, std::string_view name) {
  const json::Value* found = json::find(object, name);
  return found != nullptr && found->IsObject() ? found : nullptr;
}

Members find_members(const json::Value& object, std::string_view name) {
  const json::Value* found = find_object(object, name);
  return found == nullptr ? Members() : members_of(*found);
}

template <class Take>
void read_objects(const json::Value& document, std::string_view name, const Take& take) {
  const json::Value* objects = find_object(document, name);
  if (objects == nullptr) return;
  for (const auto& member : objects->GetObject())
    if (member.value.IsObject())
      take(std::string(json::view(member.name)), members_of(member.value));
}

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

Members members_of(const json::Value& object) {
  Members members;
  for (const auto& member : object.GetObject())
    if (!member.value.IsNull())
      members[std::string(json::view(member.name))] = json::text(member.value);
  return members;
}

std::string members_json(const Members& members) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const auto& [name, value] : members) json.raw(name, value);
  json.end_object();
  return text;
}

std::string text_member(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  rapidjson::Document value;
  if (found == members.end() || !json::parse_copy(found->second, value) || !value.IsString())
    return {};
  return std::string(json::view(value));
}

std::int64_t number_member(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  rapidjson::Document value;
  if (found == members.end() || !json::parse_copy(found->second, value)) return 0;
  return json::to_int(value).value_or(0);
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string stored_json(const StoredFunction& function) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.string("Account", function.owner.account).string("Region", function.owner.region);
  json.string("Name", function.name).boolean("Deleted", function.deleted);
  json.raw("Latest", members_json(function.latest));
  write_objects(json, "Versions", function.versions);
  json.number("NextVersion", static_cast<std::int64_t>(function.next_version));
  write_objects(json, "Aliases", function.aliases);
  write_objects(json, "Policies", function.policies);
  write_objects(json, "EventInvoke", function.event_invoke);
  if (function.reserved_concurrency) json.number("Reserved", *function.reserved_concurrency);
  json.key("Tags").begin_object();
  for (const auto& [key, value] : function.tags) json.string(key, value);
  json.end_object();
  json.raw("Code", members_json(function.code));
  json.boolean("TimeoutGiven", function.timeout_given);
  json.key("FromFiles").begin_array();
  for (const std::string& member : function.from_files) json.string(member);
  json.end_array().end_object();
  return text;
}

std::optional<StoredFunction> parse_stored(std::string_view text) {
  rapidjson::Document document;
  if (!json::parse_copy(text, document) || !document.IsObject()) return std::nullopt;
  StoredFunction function;
  function.owner = {.account = std::string(json::string_or(document, "Account")),
                    .region = std::string(json::string_or(document, "Region"))};
  function.name = json::string_or(document, "Name");
  function.deleted = json::bool_or(document, "Deleted", false);
  function.latest = find_members(document, "Latest");
  read_objects(document, "Versions", [&](const std::string& key, Members members) {
    if (const auto number = number_of(key)) function.versions[*number] = std::move(members);
  });
  function.next_version =
      static_cast<std::uint64_t>(json::optional_int(document, "NextVersion").value_or(1));
  read_objects(document, "Aliases", [&](const std::string& key, Members members) {
    function.aliases[key] = std::move(members);
  });
  read_objects(document, "Policies", [&](const std::string& key, Members members) {
    function.policies[key] = std::move(members);
  });
  read_objects(document, "EventInvoke", [&](const std::string& key, Members members) {
    function.event_invoke[key] = std::move(members);
  });
  if (const auto reserved = json::optional_int(document, "Reserved"))
    function.reserved_concurrency = static_cast<int>(*reserved);
  if (const json::Value* tags = find_object(document, "Tags")) {
    for (const auto& tag : tags->GetObject())
      if (tag.value.IsString())
        function.tags[std::string(json::view(tag.name))] = json::view(tag.value);
  }
  function.code = find_members(document, "Code");
  function.timeout_given = json::bool_or(document, "TimeoutGiven", false);
  if (const json::Value* members = json::find(document, "FromFiles"); members && members->IsArray())
    for (const json::Value& member : members->GetArray())
      if (member.IsString()) function.from_files.emplace(json::view(member));
  return function;
}

FunctionSettings settings_of(const StoredFunction& function) {
  FunctionSettings settings;
  if (function.timeout_given)
    settings.timeout = std::chrono::seconds(number_member(function.latest, "Timeout"));
  settings.handler = text_member(function.latest, "Handler");
  settings.runtime = text_member(function.latest, "Runtime");
  settings.memory_mb = static_cast<int>(number_member(function.latest, "MemorySize"));
  rapidjson::Document environment;
  const auto found = function.latest.find("Environment");
  if (found == function.latest.end() || !json::parse_copy(found->second, environment))
    return settings;
  if (const json::Value* variables = json::find(environment, "Variables")) {
    for (const auto& variable : variables->GetObject())
      settings.environment[std::string(json::view(variable.name))] = json::view(variable.value);
  }
  return settings;
}

std::string version_behind(const StoredFunction& function,
                           std::string_view qualifier,
                           double draw) {
  if (qualifier.empty()) return std::string(kLatestVersion);
  const auto alias = function.aliases.find(qualifier);
  if (alias == function.aliases.end()) return std::string(qualifier);
  rapidjson::Document routing;
  const auto config = alias->second.find("RoutingConfig");
  if (config != alias->second.end() && json::parse_copy(config->second, routing)) {
    if (const json::Value* weights = json::find(routing, "AdditionalVersionWeights")) {
      for (const auto& weight : weights->GetObject())
        if (weight.value.IsNumber() && draw < weight.value.GetDouble())
          return std::string(json::view(weight.name));
    }
  }
  return text_member(alias->second, "FunctionVersion");
}

}  // namespace tailrace::lambda
