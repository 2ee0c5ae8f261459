#include "streams/triggers/mapping.h"

#include <rapidjson/document.h>

#include "storage/base/check.h"
#include "storage/base/engine_error.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "streams/handlers/function_registry.h"
#include "streams/triggers/filter_pattern.h"

namespace tailrace::triggers {

namespace {

using Json = rapidjson::Value;

struct PositionName {
  StartingPosition position;
  std::string_view name;
};
constexpr PositionName kPositions[] = {
    {StartingPosition::kTrimHorizon, "TRIM_HORIZON"},
    {StartingPosition::kLatest, "LATEST"},
    {StartingPosition::kNow, "NOW"},
    {StartingPosition::kLastStoppedPoint, "LAST_STOPPED_POINT"},
};

struct SwitchOption {
  std::string_view name;
  bool MappingOptions::*value;
};
constexpr SwitchOption kSwitches[] = {
    {"Enabled", &MappingOptions::enabled},
    {"BisectBatchOnFunctionError", &MappingOptions::bisect},
    {"ReportBatchItemFailures", &MappingOptions::report_item_failures},
};

constexpr std::string_view kWhat = "event source mapping";

std::string text_of(const Json& value) {
  require_stored(value.IsString(), kWhat);
  return {value.GetString(), value.GetStringLength()};
}

const Json& member(const Json& object, std::string_view name) {
  require_stored(object.IsObject(), kWhat);
  const auto found =
      object.FindMember(Json(name.data(), static_cast<rapidjson::SizeType>(name.size())));
  require_stored(found != object.MemberEnd(), kWhat);
  return found->value;
}
std::string text_member(const Json& object, std::string_view name) {
  return text_of(member(object, name));
}

std::int64_t integer_member(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  require_stored(value.IsInt64(), kWhat);
  return value.GetInt64();
}
bool boolean_member(const Json& object, std::string_view name) {
  const Json& value = member(object, name);
  require_stored(value.IsBool(), kWhat);
  return value.GetBool();
}

std::optional<std::string> optional_text(const Json& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) return std::nullopt;
  return text_of(found->value);
}

std::vector<std::string> text_list(const Json& object, std::string_view name) {
  std::vector<std::string> out;
  const Json& list = member(object, name);
  require_stored(list.IsArray(), kWhat);
  for (const Json& value : list.GetArray()) out.push_back(text_of(value));
  return out;
}

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_function(JsonWriter& json, const FunctionRef& function) {
  json.key("Function").begin_object();
  json.string("Account", function.owner.account).string("Region", function.owner.region);
  json.string("Name", function.name).string("Qualifier", function.qualifier);
  json.end_object();
}

void write_options(JsonWriter& json, const MappingOptions& options) {
  json.key("Options").begin_object();
  write_function(json, options.function);
  for (const NumberOption& number : kNumberOptions) json.number(number.name, options.*number.value);
  for (const SwitchOption& option : kSwitches) json.boolean(option.name, options.*option.value);
  write_list(json, "Filters", options.filters);
  write_list(json, "Metrics", options.metrics);
  if (options.on_failure) json.string("OnFailure", *options.on_failure);
  if (options.kms_key_arn) json.string("KMSKeyArn", *options.kms_key_arn);
  json.end_object();
}

MappingOptions read_options(const Json& object) {
  MappingOptions options;
  const Json& function = member(object, "Function");
  options.function = {.owner = {.account = text_member(function, "Account"),
                                .region = text_member(function, "Region")},
                      .name = text_member(function, "Name"),
                      .qualifier = text_member(function, "Qualifier")};
  for (const NumberOption& number : kNumberOptions)
    options.*number.value = static_cast<int>(integer_member(object, number.name));
  for (const SwitchOption& option : kSwitches)
    options.*option.value = boolean_member(object, option.name);
  options.filters = text_list(object, "Filters");
  options.metrics = text_list(object, "Metrics");
  options.on_failure = optional_text(object, "OnFailure");
  options.kms_key_arn = optional_text(object, "KMSKeyArn");
  return options;
}

}  // namespace

std::string arn_of(const FunctionRef& function) {
  return function_arn(function.owner, function.name, function.qualifier);
}

std::string_view starting_position_name(StartingPosition position) {
  for (const PositionName& row : kPositions) {
    if (row.position == position) return row.name;
  }
  CHECK(false);
}

std::optional<StartingPosition> parse_starting_position(std::string_view name) {
  for (const PositionName& row : kPositions) {
    if (row.name == name) return row.position;
  }
  return std::nullopt;
}

std::string mapping_arn(const Mapping& mapping) {
  return str_cat("arn:aws:lambda:", mapping.owner.region, ":", mapping.owner.account,
                 ":event-source-mapping:", mapping.uuid);
}

Buffer encode_mapping(const Mapping& mapping) {
  Buffer out;
  JsonWriter json(out);
  json.begin_object();
  json.string("UUID", mapping.uuid);
  json.string("Account", mapping.owner.account).string("Region", mapping.owner.region);
  json.string("Stream", mapping.stream_arn);
  json.string("StartingPosition", starting_position_name(mapping.starting_position));
  write_options(json, mapping.options);
  json.key("Tags").begin_object();
  for (const auto& [key, value] : mapping.tags) json.string(key, value);
  json.end_object();
  json.number("Order", static_cast<std::int64_t>(mapping.order));
  json.number("Modified", to_millis(mapping.modified));
  json.string("LastResult", mapping.last_result);
  json.boolean("Deleting", mapping.deleting);
  json.end_object();
  return out;
}

Mapping decode_mapping(Bytes bytes) {
  rapidjson::Document json;
  json.Parse(bytes.data(), bytes.size());
  require_stored(!json.HasParseError() && json.IsObject(), kWhat);
  const auto position = parse_starting_position(text_member(json, "StartingPosition"));
  require_stored(position.has_value(), kWhat);
  Mapping mapping{
      .uuid = text_member(json, "UUID"),
      .owner = {.account = text_member(json, "Account"), .region = text_member(json, "Region")},
      .stream_arn = text_member(json, "Stream"),
      .starting_position = *position,
      .options = read_options(member(json, "Options")),
      .tags = {},
      .order = static_cast<std::uint64_t>(integer_member(json, "Order")),
      .modified = from_millis(integer_member(json, "Modified")),
      .last_result = text_member(json, "LastResult"),
      .deleting = boolean_member(json, "Deleting")};
  const Json& tags = member(json, "Tags");
  require_stored(tags.IsObject(), kWhat);
  for (const auto& tag : tags.GetObject())
    mapping.tags[text_of(tag.name)] = text_of(tag.value);
  require_stored(RecordFilter::compile(mapping.options.filters).has_value(), kWhat);
  return mapping;
}

}  // namespace tailrace::triggers
