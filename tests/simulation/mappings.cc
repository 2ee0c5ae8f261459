#include "tests/simulation/mappings.h"

#include <algorithm>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"
#include "tests/simulation/json_view.h"

namespace tailrace::simulation {
namespace {

constexpr std::string_view kPath = "/2015-03-31/event-source-mappings";

std::string function_path(std::string_view name) {
  return str_cat("/_tailrace/functions/", name);
}

std::string encoded(std::string_view arn) {
  std::string out;
  for (const char c : arn) {
    if (c == ':') {
      out += "%3A";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string settings_json(const MappingSettings& settings) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .string("FunctionName", settings.function)
      .boolean("Enabled", settings.enabled)
      .number("BatchSize", settings.batch_size)
      .number("MaximumBatchingWindowInSeconds", settings.batching_window_s)
      .number("ParallelizationFactor", settings.factor)
      .number("MaximumRetryAttempts", settings.retries)
      .boolean("BisectBatchOnFunctionError", settings.bisect)
      .number("TumblingWindowInSeconds", settings.tumbling_window_s)
      .number("MaximumRecordAgeInSeconds", settings.record_age_s);
  json.key("FunctionResponseTypes").begin_array();
  if (settings.partial) json.string("ReportBatchItemFailures");
  json.end_array();
  json.key("FilterCriteria").begin_object().key("Filters").begin_array();
  if (const auto pattern = pattern_of(settings.filter); !pattern.empty())
    json.begin_object().string("Pattern", pattern).end_object();
  json.end_array().end_object();
  json.key("DestinationConfig").begin_object().key("OnFailure").begin_object();
  json.string("Destination", settings.destination ? kDestinationArn : "");
  json.end_object().end_object().end_object();
  return text;
}

MappingSettings read_settings(std::string_view body, std::string_view function) {
  const Json json(body);
  const auto number = [&json](const char* pointer) {
    const auto* value = json.find(pointer);
    return value != nullptr && value->IsInt() ? value->GetInt() : 0;
  };
  MappingSettings settings;
  settings.function = function;
  settings.enabled = json.text("/State") == "Enabled";
  settings.batch_size = number("/BatchSize");
  settings.batching_window_s = number("/MaximumBatchingWindowInSeconds");
  settings.factor = number("/ParallelizationFactor");
  settings.retries = number("/MaximumRetryAttempts");
  settings.bisect = json.flag("/BisectBatchOnFunctionError");
  settings.tumbling_window_s = number("/TumblingWindowInSeconds");
  settings.record_age_s = number("/MaximumRecordAgeInSeconds");
  settings.partial = !json.elements("/FunctionResponseTypes").Empty();
  settings.destination = json.text("/DestinationConfig/OnFailure/Destination") == kDestinationArn;
  for (int i = 0; i < kFilterCount; ++i) {
    if (json.text("/FilterCriteria/Filters/0/Pattern") == pattern_of(static_cast<Filter>(i)))
      settings.filter = static_cast<Filter>(i);
  }
  return settings;
}

Mappings::Mappings(Story& story, Tables& tables)
    : story_(story),
      tables_(tables),
      mappings_max_(static_cast<std::size_t>(story.chance.from(1, 3))) {}

Mappings::Mapping* Mappings::any(bool free) {
  std::vector<Mapping*> choice;
  for (const auto& mapping : mappings_) {
    if (mapping->there && (!free || !mapping->busy)) choice.push_back(mapping.get());
  }
  return choice.empty() ? nullptr : story_.chance.one_of(choice);
}

void Mappings::act() {
  const auto alive = std::ranges::count_if(
      mappings_, [](const auto& mapping) { return mapping->there || mapping->busy; });
  if (static_cast<std::size_t>(alive) < mappings_max_) return create();
  Mapping* mapping = any(false);
  if (!mapping) return;
  if (story_.sometimes(Feature::kTags, 25)) tag(*mapping);
  if (story_.sometimes(Feature::kBindings, 15))
    return rebind(functions_.at(mapping->settings.function));
  if (mapping->busy) return;
  if (story_.sometimes(Feature::kMappingDeletion, 4)) return remove(*mapping);
  if (story_.sometimes(Feature::kDisabling, 40)) {
    MappingSettings wanted = mapping->settings;
    wanted.enabled = !wanted.enabled;
    return send_update(*mapping, wanted);
  }
  if (story_.has(Feature::kMappingUpdates)) update(*mapping);
}

// --- Mappings

MappingSettings Mappings::new_settings() {
  Chance& chance = story_.chance;
  MappingSettings settings;
  settings.batch_size = chance.one_of(std::vector{1, 2, 3, 10, 100});
  if (story_.sometimes(Feature::kBatchingWindows, 40))
    settings.batching_window_s = chance.from(1, 3);
  if (story_.sometimes(Feature::kTumblingWindows, 50)) {
    settings.tumbling_window_s = chance.from(1, 10);
  } else if (story_.sometimes(Feature::kFactors, 80)) {
    settings.factor = chance.from(2, 10);
  }
  if (story_.sometimes(Feature::kRetryLimits, 60)) settings.retries = chance.from(0, 3);
  if (story_.sometimes(Feature::kBisection, 60)) settings.bisect = true;
  if (story_.sometimes(Feature::kRecordAges, 30)) settings.record_age_s = chance.from(60, 90);
  if (story_.sometimes(Feature::kFilters, 60))
    settings.filter = static_cast<Filter>(chance.from(0, kFilterCount - 1));
  return settings;
}

void Mappings::create() {
  StreamModel* stream = tables_.any_stream();
  if (!stream) return;
  MappingSettings settings = new_settings();
  settings.function = str_cat("f", ++last_function_);
  settings.partial = story_.sometimes(Feature::kItemFailures, 70);
  settings.destination = story_.chance.percent(50);
  const bool latest = story_.sometimes(Feature::kLatest, 40);
  mappings_.push_back(std::make_unique<Mapping>(*stream, settings, story_.tick(), latest));
  Mapping& mapping = *mappings_.back();
  mapping.always_told = settings.destination;
  by_function_[settings.function] = &mapping;
  bind_and_create(mapping);
}

void Mappings::bind_and_create(Mapping& mapping) {
  const std::string& name = mapping.settings.function;
  Function& function = functions_[name];
  function.name = name;
  const std::string target = story_.sometimes(Feature::kRuntimeApi, 30)
                                 ? runtime_target()
                                 : str_cat("http://", name, ".sim/");
  function.wanted = target;
  function.busy = true;
  story_.server.send(rest("PUT", function_path(name), str_cat(R"({"Target":")", target, "\"}")),
                     [this, &mapping, &function, target](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       function.busy = false;
                       function.wanted.reset();
                       if (!reply.ok()) {
                         mapping.busy = false;
                         return;
                       }
                       function.target = target;
                       use_target(function);
                       send_create(mapping);
                     });
}

void Mappings::send_create(Mapping& mapping) {
  std::string body = settings_json(mapping.settings);
  body.pop_back();
  str_append(body, R"(,"EventSourceArn":")", mapping.model.stream().arn(),
             R"(","StartingPosition":")", mapping.latest ? "LATEST" : "TRIM_HORIZON", "\"}");
  story_.tell("CreateEventSourceMapping ", body);
  const int failures = story_.server.disk().failures;
  story_.server.send(rest("POST", std::string(kPath), std::move(body)),
                     [this, &mapping, failures](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       mapping.busy = false;
                       if (is_done("CreateEventSourceMapping", reply, failures))
                         created(mapping, reply.body);
                     });
}

void Mappings::created(Mapping& mapping, const std::string& body) {
  const Json json(body);
  mapping.uuid = json.text("/UUID");
  mapping.arn = json.text("/EventSourceMappingArn");
  mapping.there = true;
  mapping.model.created(story_.tick());
}

// The stream may have gone meanwhile, and so may have the mapping.
bool Mappings::is_done(const std::string& what, const Reply& reply, int failures) {
  if (reply.ok()) return true;
  if (reply.fate == Fate::kAnswered && reply.status >= 500 &&
      story_.server.disk().failures == failures)
    story_.wrong(what, ": ", reply.status, " ", reply.body);
  if (reply.fate == Fate::kAnswered && reply.status == 400 &&
      reply.body.find("Stream not found") == std::string::npos)
    story_.wrong(what, ": ", reply.status, " ", reply.body);
  return false;
}

void Mappings::update(Mapping& mapping) {
  const MappingSettings drawn = new_settings();
  MappingSettings wanted = mapping.settings;
  for (int changes = story_.chance.from(1, 3); changes > 0; --changes) {
    switch (story_.chance.from(0, 6)) {
      case 0:
        wanted.batch_size = drawn.batch_size;
        break;
      case 1:
        wanted.batching_window_s = drawn.batching_window_s;
        break;
      case 2:
        wanted.factor = drawn.factor;
        wanted.tumbling_window_s = drawn.tumbling_window_s;
        break;
      case 3:
        wanted.retries = drawn.retries;
        break;
      case 4:
        wanted.bisect = drawn.bisect;
        break;
      case 5:
        wanted.filter = drawn.filter;
        break;
      default:
        wanted.record_age_s = drawn.record_age_s;
    }
  }
  send_update(mapping, wanted);
}

void Mappings::send_update(Mapping& mapping, const MappingSettings& wanted) {
  story_.tell("UpdateEventSourceMapping ", settings_json(wanted));
  mapping.busy = true;
  mapping.wanted = wanted;
  ++mapping.changes;
  mapping.model.update_begins(wanted, story_.tick());
  const int failures = story_.server.disk().failures;
  story_.server.send(rest("PUT", str_cat(kPath, "/", mapping.uuid), settings_json(wanted)),
                     [this, &mapping, failures](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       mapping.busy = false;
                       if (is_done("UpdateEventSourceMapping", reply, failures))
                         mapping.settings = *mapping.wanted;
                       mapping.wanted.reset();
                       ++mapping.changes;
                       mapping.model.update_ends(mapping.settings, story_.tick());
                     });
}

void Mappings::remove(Mapping& mapping) {
  story_.tell("DeleteEventSourceMapping of ", mapping.settings.function);
  mapping.busy = true;
  mapping.removing = true;
  ++mapping.changes;
  const int failures = story_.server.disk().failures;
  story_.server.send(rest("DELETE", str_cat(kPath, "/", mapping.uuid)),
                     [this, &mapping, failures](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       mapping.busy = false;
                       mapping.removing = false;
                       if (is_done("DeleteEventSourceMapping", reply, failures))
                         mapping.there = false;
                     });
}

void Mappings::tag(Mapping& mapping) {
  if (mapping.tag_busy || mapping.removing) return;
  const int value = mapping.tag + 1;
  story_.tell("TagResource ", mapping.settings.function, " n=", value);
  mapping.tag_busy = true;
  mapping.wanted_tag = value;
  const int failures = story_.server.disk().failures;
  story_.server.send(rest("POST", str_cat("/2017-03-31/tags/", encoded(mapping.arn)),
                          str_cat(R"({"Tags":{"n":")", value, "\"}}")),
                     [this, &mapping, value, failures](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       mapping.tag_busy = false;
                       mapping.wanted_tag.reset();
                       if (is_done("TagResource", reply, failures)) mapping.tag = value;
                     });
}

// --- Functions

// Each on a port of its own: what has run on another one may still be at work there.
std::string Mappings::runtime_target() {
  return str_cat("runtime:", ++last_port_);
}

void Mappings::rebind(Function& function) {
  if (function.busy) return;
  if (story_.sometimes(Feature::kRuntimeApi, 50)) return bind(function, runtime_target(), true);
  switch (story_.chance.from(0, 3)) {
    case 0:
      return bind(function, "runtime:8000", false);  // The server's own port.
    case 1:
      return delete_and_bind(function);
    default:
      return bind(function, str_cat("http://", function.name, ".sim/", story_.chance.from(1, 9)),
                  true);
  }
}

void Mappings::bind(Function& function, const std::string& target, bool valid) {
  story_.tell("bind ", function.name, " to ", target);
  function.busy = true;
  if (valid) function.wanted = target;
  const int failures = story_.server.disk().failures;
  story_.server.send(
      rest("PUT", function_path(function.name), str_cat(R"({"Target":")", target, "\"}")),
      [this, &function, target, valid, failures](const Reply& reply) {
        if (reply.fate == Fate::kReset) return;
        function.busy = false;
        if (reply.ok() && !valid) story_.wrong("bound to a port that is taken: ", function.name);
        if (reply.fate == Fate::kAnswered && !reply.ok() && valid &&
            story_.server.disk().failures == failures)
          story_.wrong("not bound: ", function.name, ": ", reply.status, " ", reply.body);
        if (reply.ok() && valid) {
          function.target = target;
          use_target(function);
        }
        function.wanted.reset();
      });
}

void Mappings::delete_and_bind(Function& function) {
  story_.tell("DeleteFunction ", function.name, ", then bind it again");
  function.busy = true;
  function.wanted = function.target;
  story_.server.send(rest("DELETE", str_cat("/2015-03-31/functions/", function.name)),
                     [this, &function](const Reply& reply) {
                       if (reply.fate == Fate::kReset) return;
                       bind(function, *function.wanted, true);
                     });
}

}  // namespace tailrace::simulation
