#include "server/lambda/mapping_input.h"

#include <algorithm>
#include <array>

#include "server/api/validator.h"
#include "server/lambda/function_name.h"
#include "server/lambda/lambda_error.h"
#include "server/lambda/tag_routes.h"
#include "storage/base/str_cat.h"
#include "streams/triggers/filter_pattern.h"

namespace tailrace::lambda {

namespace {

using json::Value;
using triggers::MappingOptions;
using triggers::StartingPosition;

// Members for other sources; given for a DynamoDB stream they are refused. (behaviour/triggers 2.2)
constexpr std::string_view kOtherSources[] = {
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "ScalingConfig",
    "ProvisionedPollerConfig",
    "LoggingConfig",
    "StartingPositionTimestamp",
};

constexpr int kRecordAgeMin = 60;

ApiError unsupported(std::string_view member) {
  return invalid_parameter(
      str_cat("Unsupported ", member, " parameter for given event source mapping type."));
}

bool is_empty(const Value& value) {
  return (value.IsArray() && value.Empty()) || (value.IsObject() && value.ObjectEmpty());
}

Result<void> check_shape(std::string_view operation, const Value& input) {
  const api::Shape* shape = api::find_shape(api::lambda_shapes(), operation);
  CHECK(shape != nullptr);
  TRY_VOID(api::check_types(*shape, input));
  return api::check_constraints(*shape, input, operation);
}

// The service of an ARN, its third part.
std::string_view service_of(std::string_view arn) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

ApiError function_missing() {
  return invalid_parameter("Function does not exist");
}

Result<triggers::FunctionRef> read_function(const Owner& caller, std::string_view text) {
  auto name = parse_function_name(text, caller);
  if (!name) return function_missing();
  if (name->name.size() > kFunctionNameLengthMax) {
    return invalid_parameter(
        str_cat("1 validation error detected: Value '", name->name,
                "' at 'functionName' failed to satisfy constraint: Member must have length less "
                "than or equal to ",
                kFunctionNameLengthMax));
  }
  return triggers::FunctionRef{.owner = std::move(name->owner),
                               .name = std::move(name->name),
                               .qualifier = std::move(name->qualifier)};
}

Result<void> check_other_sources(const Value& input) {
  if (const Value* destinations = json::find(input, "DestinationConfig")) {
    if (json::find(*destinations, "OnSuccess")) return unsupported("DestinationConfig");
    const Value* failure = json::find(*destinations, "OnFailure");
    if (failure && json::string_or(*failure, "Destination").starts_with("kafka://")) {
      return unsupported("DestinationConfig");
    }
  }
  for (const std::string_view member : kOtherSources) {
    const Value* given = json::find(input, member);
    if (given && !is_empty(*given)) return unsupported(member);
  }
  return {};
}

Result<std::vector<std::string>> read_filters(const Value& criteria, const MappingRules& rules) {
  std::vector<std::string> patterns;
  const Value* filters = json::find(criteria, "Filters");
  if (!filters) return patterns;
  for (const Value& filter : filters->GetArray()) {
    if (filter.IsNull()) continue;
    patterns.emplace_back(json::string_or(filter, "Pattern"));  // An empty text is no pattern.
  }
  if (patterns.size() > rules.filters_max) {
    return invalid_parameter(str_cat("The number of filters in FilterCriteria must not exceed ",
                                     rules.filters_max, "."));
  }
  return patterns;
}

void read_destination(const Value& config, MappingOptions& options) {
  const Value* failure = json::find(config, "OnFailure");
  const std::string_view arn =
      failure ? json::string_or(*failure, "Destination") : std::string_view();
  options.on_failure.reset();
  if (!arn.empty()) options.on_failure = arn;
}

std::vector<std::string> texts_of(const Value& list) {
  std::vector<std::string> texts;
  for (const Value& text : list.GetArray()) {
    if (text.IsString()) texts.emplace_back(json::view(text));
  }
  return texts;
}

void read_members(const Value& input, MappingOptions& options) {
  for (const triggers::NumberOption& number : triggers::kNumberOptions) {
    if (const auto value = json::optional_int(input, number.name))
      options.*number.value = static_cast<int>(*value);
  }
  if (const auto enabled = json::optional_bool(input, "Enabled")) options.enabled = *enabled;
  if (const auto bisect = json::optional_bool(input, "BisectBatchOnFunctionError"))
    options.bisect = *bisect;
  if (const Value* types = json::find(input, "FunctionResponseTypes"))
    options.report_item_failures = !types->Empty();
  if (const Value* config = json::find(input, "DestinationConfig"))
    read_destination(*config, options);
  if (const auto key = json::optional_string(input, "KMSKeyArn")) {
    options.kms_key_arn.reset();
    if (!key->empty()) options.kms_key_arn = *key;
  }
  if (const Value* config = json::find(input, "MetricsConfig")) {
    const Value* metrics = json::find(*config, "Metrics");
    options.metrics = metrics ? texts_of(*metrics) : std::vector<std::string>();
  }
}

// Members that do not apply, cross-member rules, filters: the steps that creation and update share.
Result<void> apply_members(const Value& input, const MappingRules& rules, MappingOptions& options) {
  TRY_VOID(check_other_sources(input));
  read_members(input, options);
  if (options.record_age_max_s >= 0 && options.record_age_max_s < kRecordAgeMin) {
    return invalid_parameter(
        "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 "
        "(inclusive)");
  }
  if (options.tumbling_window_s > 0 && options.parallelization_factor > 1) {
    return invalid_parameter(
        "ParallelizationFactor must be 1 for an event source mapping with "
        "TumblingWindowInSeconds.");
  }
  if (const Value* criteria = json::find(input, "FilterCriteria")) {
    TRY(options.filters, read_filters(*criteria, rules));
    const auto compiled = triggers::RecordFilter::compile(options.filters);
    if (!compiled) return compiled.error();
  }
  return {};
}

// NOW and LAST_STOPPED_POINT are this product's: AWS's enum, and its message, do not know them.
std::optional<StartingPosition> take_own_position(Value& input) {
  const Value* given = json::find(input, "StartingPosition");
  if (!given || !given->IsString()) return std::nullopt;
  const auto position = triggers::parse_starting_position(json::view(*given));
  if (position != StartingPosition::kNow && position != StartingPosition::kLastStoppedPoint)
    return std::nullopt;
  input.RemoveMember("StartingPosition");
  return position;
}

Result<StartingPosition> read_position(const Value& input,
                                       std::optional<StartingPosition> own,
                                       std::string_view arn) {
  if (own) return *own;
  const auto text = json::optional_string(input, "StartingPosition");
  if (!text) {
    return invalid_parameter(
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
        "constraint: Member must not "
        "be null.");
  }
  const auto position = triggers::parse_starting_position(*text);
  if (!position)
    return invalid_parameter(str_cat("Unsupported starting position for arn type: ", arn));
  return *position;
}

}  // namespace

Result<CreateMappingInput> read_create_input(const Owner& caller,
                                             Value& input,
                                             const MappingRules& rules) {
  const auto own_position = take_own_position(input);
  TRY_VOID(check_shape("CreateEventSourceMapping", input));
  CreateMappingInput out;
  // Before the kind of the source is judged. (AWS, 2026)
  TRY(out.options.function, read_function(caller, json::string_or(input, "FunctionName")));
  if (!rules.exists(out.options.function)) return function_missing();
  out.stream_arn = json::string_or(input, "EventSourceArn");
  if (service_of(out.stream_arn) != "dynamodb")
    return invalid_parameter("Unrecognized event source.");
  TRY(out.starting_position, read_position(input, own_position, out.stream_arn));
  TRY_VOID(apply_members(input, rules, out.options));
  if (const Value* tags = json::find(input, "Tags")) {
    for (const auto& tag : tags->GetObject()) {
      if (tag.value.IsString()) out.tags[std::string(json::view(tag.name))] = json::view(tag.value);
    }
    TRY_VOID(check_tags(out.tags));
  }
  return out;
}

Result<void> check_update_input(const std::string& uuid, const Value& input) {
  rapidjson::Document whole;  // The model knows the path's part as a member too.
  whole.CopyFrom(input, whole.GetAllocator());
  whole.RemoveMember("UUID");
  whole.AddMember("UUID", Value(uuid.c_str(), whole.GetAllocator()), whole.GetAllocator());
  return check_shape("UpdateEventSourceMapping", whole);
}

Result<MappingOptions> read_update_input(const Owner& caller,
                                         const Value& input,
                                         const MappingOptions& before,
                                         const MappingRules& rules) {
  MappingOptions options = before;
  TRY_VOID(apply_members(input, rules, options));
  if (const auto function = json::optional_string(input, "FunctionName")) {
    TRY(options.function, read_function(caller, *function));
    // Only a function that is named anew must exist: a deleted one leaves its mappings as they are.
    if (!(options.function == before.function) && !rules.exists(options.function))
      return function_missing();
  }
  return options;
}

}  // namespace tailrace::lambda
