#include "server/declarations.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/api/json.h"
#include "storage/base/json_text.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

// Members of a mapping that an update cannot change, or that an answer shows in another form.
constexpr std::string_view kNotCompared[] = {"EventSourceArn", "FunctionName", "StartingPosition",
                                             "Enabled", "Tags"};

std::string message_of(const ServiceAnswer& answer) {
  rapidjson::Document document;
  if (!json::parse_copy(answer.body, document) || !document.IsObject())
    return str_cat("HTTP ", answer.status);
  std::string_view text = json::string_or(document, "message");
  if (text.empty()) text = json::string_or(document, "Message");
  return text.empty() ? answer.body : std::string(text);
}

ApiError refused(std::string_view place, const ServiceAnswer& answer) {
  return validation_error(str_cat(place, ": ", message_of(answer)));
}

std::string name_json(std::string_view member, std::string_view name) {
  std::string text;
  JsonWriter(text).begin_object().string(member, name).end_object();
  return text;
}

std::string latest_stream_arn(const ServiceAnswer& answer) {
  rapidjson::Document document;
  CHECK(json::parse_copy(answer.body, document));
  for (const char* member : {"Table", "TableDescription"})
    if (const json::Value* table = json::find(document, member))
      return std::string(json::string_or(*table, "LatestStreamArn"));
  return {};
}

// `text` with one more member.
std::string with_member(const std::string& text, std::string_view name, std::string_view json) {
  CHECK(text.ends_with('}'));
  std::string result = text.substr(0, text.size() - 1);
  if (result != "{") result.push_back(',');
  append_json_string(result, name);
  return str_cat(result, ":", json, "}");
}

std::string json_quoted(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result;
}

// Whether every member that is wanted stands so in what there is.
bool mapping_differs(const json::Value& existing, const json::Value& wanted) {
  for (const auto& member : wanted.GetObject()) {
    const std::string_view name = json::view(member.name);
    if (std::find(std::begin(kNotCompared), std::end(kNotCompared), name) != std::end(kNotCompared))
      continue;
    const json::Value* value = json::find(existing, name);
    if (value == nullptr || *value != member.value) return true;
  }
  const bool enabled = json::bool_or(wanted, "Enabled", true);
  return enabled != (json::string_or(existing, "State") == "Enabled");
}

bool function_differs(const json::Value& existing, const json::Value& wanted) {
  for (const auto& member : wanted.GetObject()) {
    const json::Value* value = json::find(existing, json::view(member.name));
    if (value == nullptr || *value != member.value) return true;
  }
  return false;
}

}  // namespace

Declarations::Declarations(const Parts& parts) : parts_(parts) {}

Declarations::~Declarations() {
  if (subscription_) parts_.stream_log.unsubscribe(*subscription_);
}

Result<void> Declarations::read_triggers(const std::filesystem::path& file) {
  TRY(templates::TriggersFile triggers, templates::read_triggers_file(file));
  triggers_.push_back(std::move(triggers));
  return {};
}

Result<void> Declarations::read_template(const std::filesystem::path& file) {
  TRY(templates::Node document, templates::read_document(file));
  LoadedTemplate& loaded = templates_.emplace_back();
  loaded.document = std::move(document);
  loaded.file = file.string();
  // CDK writes MyStack.template.json.
  std::string stack = file.filename().string();
  stack.resize(std::min(stack.find('.'), stack.size()));
  loaded.plan.emplace(loaded.document, loaded.file, parts_.services.owner(), stack);
  return {};
}

void Declarations::apply(std::function<void(Result<void>)> done) {
  done_ = std::move(done);
  if (auto bound = bind_functions(); !bound) return fail(std::move(bound).error());
  if (auto bound = bind_destinations(); !bound) return fail(std::move(bound).error());
  for (LoadedTemplate& loaded : templates_)
    steps_.push_back([this, &loaded] { apply_template(loaded); });
  for (const templates::TriggersFile& triggers : triggers_)
    for (const templates::DeclaredMapping& mapping : triggers.mappings)
      steps_.push_back([this, &mapping] { apply_declared(mapping); });
  steps_.push_back([this] {
    watch_streams();
    next();
  });
  next();
}

void Declarations::next() {
  if (steps_.empty()) {
    if (const auto done = std::exchange(done_, nullptr)) done({});
    return;
  }
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  step();
}

void Declarations::fail(ApiError error) {
  if (const auto done = std::exchange(done_, nullptr)) {
    steps_.clear();
    return done(std::move(error));
  }
  log_error(error.message);  // Long after the start: a stream that came to be later.
  next();
}

void Declarations::first(std::vector<Step> steps) {
  steps_.insert(steps_.begin(), std::make_move_iterator(steps.begin()),
                std::make_move_iterator(steps.end()));
}

// A step that makes one call whose answer need only be a success.
Declarations::Step Declarations::checked(std::string place,
                                         std::function<void(ServiceCaller::Callback)> call) {
  return [this, place = std::move(place), call = std::move(call)] {
    call([this, place](const ServiceAnswer& answer) {
      if (!answer.ok()) return fail(refused(place, answer));
      next();
    });
  };
}

Result<void> Declarations::bind_functions() {
  for (const templates::TriggersFile& triggers : triggers_)
    for (const templates::DeclaredFunction& function : triggers.functions) {
      TRY(Binding binding, parse_binding(function.name, function.binding));
      TRY_VOID(parts_.functions.bind(std::move(binding)));
    }
  return {};
}

Result<void> Declarations::bind_destinations() {
  for (const templates::TriggersFile& triggers : triggers_)
    for (const auto& [arn, text] : triggers.destinations) {
      TRY(DestinationTarget target, parse_destination_target(text));
      parts_.destinations.bind(arn, std::move(target));
    }
  return {};
}

void Declarations::apply_template(LoadedTemplate& loaded) {
  Result<std::vector<templates::PlannedTable>> tables = loaded.plan->tables();
  if (!tables) return fail(std::move(tables).error());
  std::vector<Step> steps;
  for (const templates::PlannedTable& table : *tables)
    steps.push_back([this, &loaded, table] { apply_table(loaded, table); });
  steps.push_back([this, &loaded] { plan_after_tables(loaded); });
  first(std::move(steps));
  next();
}

void Declarations::plan_after_tables(LoadedTemplate& loaded) {
  Result<std::vector<templates::PlannedFunction>> functions = loaded.plan->functions();
  if (!functions) return fail(std::move(functions).error());
  Result<std::vector<templates::PlannedMapping>> mappings = loaded.plan->mappings();
  if (!mappings) return fail(std::move(mappings).error());
  std::vector<Step> steps;
  for (const templates::PlannedFunction& function : *functions)
    steps.push_back([this, function] { apply_function(function); });
  for (const templates::PlannedMapping& mapping : *mappings) {
    const std::string place = str_cat(loaded.file, ": ", mapping.logical_id);
    steps.push_back([this, place, mapping] {
      apply_mapping(place, mapping.stream_arn, mapping.create_mapping);
    });
  }
  first(std::move(steps));
  next();
}

void Declarations::apply_table(LoadedTemplate& loaded, const templates::PlannedTable& table) {
  parts_.services.dynamodb(
      "DescribeTable", name_json("TableName", table.name),
      [this, &loaded, table](const ServiceAnswer& answer) {
        if (answer.ok()) return table_is_there(loaded, table, answer);
        if (answer.error_type() != "ResourceNotFoundException")
          return fail(refused(str_cat(loaded.file, ": ", table.logical_id), answer));
        parts_.services.dynamodb(
            "CreateTable", table.create_table,
            [this, &loaded, table](const ServiceAnswer& created) {
              if (!created.ok())
                return fail(refused(str_cat(loaded.file, ": ", table.logical_id), created));
              log_info("table created", {{"table", table.name}, {"template", loaded.file}});
              table_is_there(loaded, table, created);
            });
      });
}

void Declarations::table_is_there(LoadedTemplate& loaded,
                                  const templates::PlannedTable& table,
                                  const ServiceAnswer& answer) {
  if (std::string arn = latest_stream_arn(answer); !arn.empty())
    loaded.plan->set_stream_arn(table.logical_id, std::move(arn));
  if (!table.ttl_attribute) return next();
  parts_.services.dynamodb("DescribeTimeToLive", name_json("TableName", table.name),
                           [this, table](const ServiceAnswer& described) {
                             rapidjson::Document document;
                             CHECK(json::parse_copy(described.body, document));
                             const json::Value* description =
                                 json::find(document, "TimeToLiveDescription");
                             if (description != nullptr &&
                                 json::string_or(*description, "TimeToLiveStatus") == "ENABLED")
                               return next();
                             apply_ttl(table);
                           });
}

void Declarations::apply_ttl(const templates::PlannedTable& table) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().string("TableName", table.name).key("TimeToLiveSpecification").begin_object();
  json.string("AttributeName", *table.ttl_attribute)
      .boolean("Enabled", true)
      .end_object()
      .end_object();
  checked(table.name, [this, body](ServiceCaller::Callback callback) {
    parts_.services.dynamodb("UpdateTimeToLive", body, std::move(callback));
  })();
}

void Declarations::apply_function(const templates::PlannedFunction& function) {
  parts_.services.lambda(
      "GET", {"2015-03-31", "functions", function.name, "configuration"}, {}, {},
      [this, function](const ServiceAnswer& answer) {
        if (!answer.ok()) {
          const std::string body = with_member(function.create_function, "Code",
                                               R"({"S3Bucket":"template","S3Key":"code"})");
          parts_.services.lambda("POST", {"2015-03-31", "functions"}, {}, body,
                                 [this, function](const ServiceAnswer& created) {
                                   if (!created.ok())
                                     return fail(refused(function.logical_id, created));
                                   function_is_there(function);
                                 });
          return;
        }
        rapidjson::Document existing;
        rapidjson::Document wanted;
        CHECK(json::parse_copy(answer.body, existing) &&
              json::parse_copy(function.create_function, wanted));
        if (!function_differs(existing, wanted)) return function_is_there(function);
        parts_.services.lambda("PUT", {"2015-03-31", "functions", function.name, "configuration"},
                               {}, function.create_function,
                               [this, function](const ServiceAnswer& updated) {
                                 if (!updated.ok())
                                   return fail(refused(function.logical_id, updated));
                                 function_is_there(function);
                               });
      });
}

void Declarations::function_is_there(const templates::PlannedFunction& function) {
  if (parts_.functions.find(function.name) == nullptr)
    log_warn(str_cat("function ", function.name, " has no target yet; bind it with --function ",
                     function.name, "=http://host:port/path"));
  if (!function.reserved_concurrency) return next();
  const std::string body =
      str_cat("{\"ReservedConcurrentExecutions\":", *function.reserved_concurrency, "}");
  checked(function.logical_id, [this, function, body](ServiceCaller::Callback callback) {
    parts_.services.lambda("PUT", {"2017-10-31", "functions", function.name, "concurrency"}, {},
                           body, std::move(callback));
  })();
}

void Declarations::apply_mapping(const std::string& place,
                                 const std::string& stream_arn,
                                 const std::string& create_mapping) {
  rapidjson::Document wanted;
  CHECK(json::parse_copy(create_mapping, wanted));
  const std::string function(json::string_or(wanted, "FunctionName"));
  parts_.services.lambda(
      "GET", {"2015-03-31", "event-source-mappings"},
      {{"EventSourceArn", stream_arn}, {"FunctionName", function}}, {},
      [this, place, create_mapping](const ServiceAnswer& listed) {
        if (!listed.ok()) return fail(refused(place, listed));
        rapidjson::Document document;
        CHECK(json::parse_copy(listed.body, document));
        const json::Value* mappings = json::find(document, "EventSourceMappings");
        if (mappings != nullptr && !mappings->Empty())
          return update_mapping(place, json::text((*mappings)[0]), create_mapping);
        checked(place, [this, create_mapping](ServiceCaller::Callback callback) {
          parts_.services.lambda("POST", {"2015-03-31", "event-source-mappings"}, {},
                                 create_mapping, std::move(callback));
        })();
      });
}

void Declarations::update_mapping(const std::string& place,
                                  const std::string& existing_text,
                                  const std::string& wanted_text) {
  rapidjson::Document existing;
  rapidjson::Document wanted;
  CHECK(json::parse_copy(existing_text, existing) && json::parse_copy(wanted_text, wanted));
  if (!mapping_differs(existing, wanted)) return next();
  const std::string uuid(json::string_or(existing, "UUID"));
  checked(place, [this, uuid, wanted_text](ServiceCaller::Callback callback) {
    parts_.services.lambda("PUT", {"2015-03-31", "event-source-mappings", uuid}, {}, wanted_text,
                           std::move(callback));
  })();
}

void Declarations::apply_declared(const templates::DeclaredMapping& mapping) {
  if (mapping.table) return apply_to_newest_stream(mapping);
  rapidjson::Document wanted;
  CHECK(json::parse_copy(mapping.create_mapping, wanted));
  apply_mapping(mapping.place, std::string(json::string_or(wanted, "EventSourceArn")),
                mapping.create_mapping);
}

void Declarations::apply_to_newest_stream(const templates::DeclaredMapping& mapping) {
  parts_.services.dynamodb(
      "DescribeTable", name_json("TableName", *mapping.table),
      [this, &mapping](const ServiceAnswer& answer) {
        const std::string arn = answer.ok() ? latest_stream_arn(answer) : std::string();
        if (arn.empty() || !mapped_streams_.insert(str_cat(arn, " ", mapping.place)).second)
          return next();
        apply_mapping(mapping.place, arn,
                      with_member(mapping.create_mapping, "EventSourceArn", json_quoted(arn)));
      });
}

void Declarations::watch_streams() {
  const auto apply_new = [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    const bool idle = steps_.empty();
    for (const templates::TriggersFile& triggers : triggers_)
      for (const templates::DeclaredMapping& mapping : triggers.mappings)
        if (mapping.table) steps_.push_back([this, &mapping] { apply_to_newest_stream(mapping); });
    if (idle) next();
  };
  // Only a stream that was not seen before can need a mapping.
  subscription_ = parts_.stream_log.subscribe(
      [&scheduler = parts_.scheduler, apply_new,
       newest = std::make_shared<std::uint64_t>(0)](std::uint64_t stream_id) {
        if (stream_id <= *newest) return;
        *newest = stream_id;
        scheduler.post(apply_new);
      });
}

}  // namespace tailrace
