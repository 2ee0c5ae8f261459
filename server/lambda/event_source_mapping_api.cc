#include "server/lambda/event_source_mapping_api.h"

#include <algorithm>
#include <charconv>

#include "server/lambda/function_name.h"
#include "server/lambda/lambda_api.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {

namespace {

using triggers::MappingOptions;
using triggers::MappingView;

constexpr std::size_t kPageMax = 100;
constexpr std::int64_t kMaxItemsMax = 10'000;
constexpr std::string_view kArnMark = ":event-source-mapping:";

ApiError out_of_range(std::string_view value, std::string_view constraint) {
  return validation_error(
      str_cat("1 validation error detected: Value '", value,
              "' at 'maxItems' failed to satisfy constraint: Member must have value ", constraint));
}

Result<std::size_t> read_max_items(const std::string* text) {
  if (!text) return kPageMax;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) {
    return ApiError{.code = ErrorCode::kSerializationException,
                    .message = str_cat("'", *text, "' can not be converted to an Integer"),
                    .extra_members = {}};
  }
  if (number < 1) return out_of_range(*text, "greater than or equal to 1");
  if (number > kMaxItemsMax)
    return out_of_range(*text, str_cat("less than or equal to ", kMaxItemsMax));
  return std::min<std::size_t>(static_cast<std::size_t>(number), kPageMax);
}

// A marker is the order number of the last mapping listed.
Result<std::uint64_t> read_marker(const std::string* text) {
  if (!text || text->empty()) return 0;
  const auto digits = from_base64(*text);
  std::uint64_t number = 0;
  if (digits) {
    const auto [end, error] =
        std::from_chars(digits->data(), digits->data() + digits->size(), number);
    if (error == std::errc() && end == digits->data() + digits->size()) return number;
  }
  return invalid_parameter("Invalid Marker");
}

void write_options(JsonWriter& json, const MappingOptions& options) {
  json.key("DestinationConfig").begin_object().key("OnFailure").begin_object();
  if (options.on_failure) json.string("Destination", *options.on_failure);
  json.end_object().end_object();
  json.number("MaximumRecordAgeInSeconds", options.record_age_max_s);
  json.boolean("BisectBatchOnFunctionError", options.bisect);
  json.number("MaximumRetryAttempts", options.retry_attempts_max);
  json.number("TumblingWindowInSeconds", options.tumbling_window_s);
  json.key("FunctionResponseTypes").begin_array();
  if (options.report_item_failures) json.string("ReportBatchItemFailures");
  json.end_array();
  if (!options.filters.empty()) {
    json.key("FilterCriteria").begin_object().key("Filters").begin_array();
    for (const std::string& pattern : options.filters)
      json.begin_object().string("Pattern", pattern).end_object();
    json.end_array().end_object();
  }
  if (options.kms_key_arn) json.string("KMSKeyArn", *options.kms_key_arn);
  if (!options.metrics.empty()) {
    json.key("MetricsConfig").begin_object().key("Metrics").begin_array();
    for (const std::string& metric : options.metrics) json.string(metric);
    json.end_array().end_object();
  }
}

void write_configuration(JsonWriter& json, const MappingView& view) {
  const triggers::Mapping& mapping = view.mapping;
  const MappingOptions& options = mapping.options;
  json.begin_object();
  json.string("UUID", mapping.uuid);
  json.string("StartingPosition", triggers::starting_position_name(mapping.starting_position));
  json.number("BatchSize", options.batch_size);
  json.number("MaximumBatchingWindowInSeconds", options.batching_window_s);
  json.number("ParallelizationFactor", options.parallelization_factor);
  json.string("EventSourceArn", mapping.stream_arn);
  json.string("EventSourceMappingArn", triggers::mapping_arn(mapping));
  json.string("FunctionArn", triggers::arn_of(options.function));
  json.number("LastModified", static_cast<double>(to_millis(mapping.modified)) / 1000.0);
  json.string("LastProcessingResult", mapping.last_result);
  json.string("State", triggers::state_name(view.state));
  json.string("StateTransitionReason", "User action");
  write_options(json, options);
  json.end_object();
}

triggers::TriggerDispatcher::ViewCallback with_configuration(
    const EventSourceMappingApi::Reply& reply) {
  return [reply](const Result<MappingView>& view) {
    if (!view) return reply(view.error());
    reply(configuration_json(*view));
  };
}

}  // namespace

std::string configuration_json(const MappingView& view) {
  std::string text;
  JsonWriter json(text);
  write_configuration(json, view);
  return text;
}

MappingRules EventSourceMappingApi::rules() const {
  return {.filters_max = dispatcher_.options().filters_max,
          .exists = [this](const triggers::FunctionRef& function) {
            return functions_.exists(function.owner, function.name);
          }};
}

void EventSourceMappingApi::create(const Owner& caller, json::Value& input, const Reply& reply) {
  auto wanted = read_create_input(caller, input, rules());
  if (!wanted) return reply(wanted.error());
  dispatcher_.create({.uuid = {},
                      .owner = caller,
                      .stream_arn = std::move(wanted->stream_arn),
                      .starting_position = wanted->starting_position,
                      .options = std::move(wanted->options),
                      .tags = std::move(wanted->tags)},
                     with_configuration(reply));
}

void EventSourceMappingApi::update(const Owner& caller,
                                   const std::string& uuid,
                                   const json::Value& input,
                                   const Reply& reply) {
  const auto view = dispatcher_.get(caller, uuid);
  if (!view) return reply(view.error());
  if (const auto checked = check_update_input(uuid, input); !checked) return reply(checked.error());
  auto options = read_update_input(caller, input, view->mapping.options, rules());
  if (!options) return reply(options.error());
  dispatcher_.update(caller, uuid, *std::move(options), with_configuration(reply));
}

void EventSourceMappingApi::remove(const Owner& caller,
                                   const std::string& uuid,
                                   const Reply& reply) {
  dispatcher_.remove(caller, uuid, with_configuration(reply));
}

Result<std::string> EventSourceMappingApi::get(const Owner& caller, const std::string& uuid) const {
  TRY(const MappingView view, dispatcher_.get(caller, uuid));
  return configuration_json(view);
}

Result<std::string> EventSourceMappingApi::list(const Owner& caller, const ListInput& input) const {
  TRY(const std::size_t page_max, read_max_items(input.max_items));
  TRY(const std::uint64_t after, read_marker(input.marker));
  std::optional<triggers::FunctionRef> function;
  if (input.function_name) {
    const auto name = parse_function_name(*input.function_name, caller);
    function = name ? triggers::FunctionRef{.owner = name->owner,
                                            .name = name->name,
                                            .qualifier = name->qualifier}
                    : triggers::FunctionRef();  // Matches nothing.
  }
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("EventSourceMappings").begin_array();
  std::size_t listed = 0;
  std::uint64_t last = 0;
  bool more = false;
  for (const MappingView& view : dispatcher_.list(caller)) {
    if (view.mapping.order <= after) continue;
    if (input.event_source_arn && view.mapping.stream_arn != *input.event_source_arn) continue;
    if (function && !(view.mapping.options.function == *function)) continue;
    more = listed == page_max;
    if (more) break;
    write_configuration(json, view);
    last = view.mapping.order;
    ++listed;
  }
  json.end_array();
  if (more) json.string("NextMarker", to_base64(str_cat(last)));
  json.end_object();
  return text;
}

// --- Tags

bool EventSourceMappingApi::owns(std::string_view arn) const {
  return arn.find(kArnMark) != std::string_view::npos;
}

Result<MappingView> EventSourceMappingApi::find_by_arn(const Owner& caller,
                                                       std::string_view arn) const {
  const std::string_view uuid = arn.substr(arn.find(kArnMark) + kArnMark.size());
  auto view = dispatcher_.get(caller, uuid);
  if (!view || triggers::mapping_arn(view->mapping) != arn) {
    return resource_not_found(str_cat("Event source mapping not found: ", arn));
  }
  return view;
}

void EventSourceMappingApi::tag(const Owner& caller,
                                const std::string& arn,
                                const TagMap& added,
                                const TagReply& reply) {
  const auto view = find_by_arn(caller, arn);
  if (!view) return reply(view.error());
  const auto add = [added](TagMap& tags) {
    for (const auto& [key, value] : added) tags[key] = value;
    return check_tags(tags);
  };
  dispatcher_.change_tags(caller, view->mapping.uuid, add, reply);
}

void EventSourceMappingApi::untag(const Owner& caller,
                                  const std::string& arn,
                                  const std::vector<std::string>& keys,
                                  const TagReply& reply) {
  const auto view = find_by_arn(caller, arn);
  if (!view) return reply(view.error());
  const auto remove = [keys](TagMap& tags) -> Result<void> {
    for (const std::string& key : keys) tags.erase(key);
    return {};
  };
  dispatcher_.change_tags(caller, view->mapping.uuid, remove, reply);
}

Result<TagMap> EventSourceMappingApi::tags(const Owner& caller, const std::string& arn) const {
  TRY(const MappingView view, find_by_arn(caller, arn));
  return view.mapping.tags;
}

// --- Routes

void add_event_source_mapping_routes(LambdaApi& api, EventSourceMappingApi& mappings) {
  constexpr std::string_view kAll = "2015-03-31/event-source-mappings";
  constexpr std::string_view kOne = "2015-03-31/event-source-mappings/*";
  api.add("POST", kAll, 202,
          [&mappings](const LambdaCall& call, json::Value& input, const LambdaReply& reply) {
            mappings.create(call.request.caller, input, reply);
          });
  api.add("GET", kAll, 200,
          [&mappings](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
            const protocol::RestRequest& request = call.request;
            reply(mappings.list(request.caller,
                                {.event_source_arn = request.query_value("EventSourceArn"),
                                 .function_name = request.query_value("FunctionName"),
                                 .marker = request.query_value("Marker"),
                                 .max_items = request.query_value("MaxItems")}));
          });
  api.add("GET", kOne, 200,
          [&mappings](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
            reply(mappings.get(call.request.caller, call.parameters[0]));
          });
  api.add("PUT", kOne, 202,
          [&mappings](const LambdaCall& call, json::Value& input, const LambdaReply& reply) {
            mappings.update(call.request.caller, call.parameters[0], input, reply);
          });
  api.add("DELETE", kOne, 202,
          [&mappings](const LambdaCall& call, json::Value&, const LambdaReply& reply) {
            mappings.remove(call.request.caller, call.parameters[0], reply);
          });
}

}  // namespace tailrace::lambda
