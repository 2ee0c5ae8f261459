#include "server/lambda/async_events.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/base/json_text.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::lambda {
namespace {

// After a function error, and while the function cannot be run.
constexpr Millis kRetryDelays[] = {std::chrono::minutes(1), std::chrono::minutes(2)};
constexpr Millis kFirstThrottleDelay = std::chrono::seconds(1);
constexpr Millis kThrottleDelayMax = std::chrono::minutes(5);

// Lambda, too, stops a loop of functions after about so many rounds ("Use Lambda recursive loop
// detection").
constexpr int kLinksMax = 16;

constexpr std::string_view kSuccess = "Success";
constexpr std::string_view kRetriesExhausted = "RetriesExhausted";
constexpr std::string_view kEventAgeExceeded = "EventAgeExceeded";
constexpr std::string_view kZeroConcurrency = "ZeroReservedConcurrency";

constexpr std::size_t kEventBytes = 1024;  // Besides its payload, roughly.

bool is_function(std::string_view arn) {
  return arn.find(":function:") != std::string_view::npos;
}

bool is_event_bus(std::string_view arn) {
  return arn.find(":event-bus/") != std::string_view::npos;
}

// A function's return value as a member of a document; what is no JSON goes as a text.
std::string json_or_text(const std::string& body) {
  if (body.empty()) return "null";
  rapidjson::Document document;
  return json::parse_copy(body, document) ? body : quoted(body);
}

}  // namespace

struct AsyncEvents::Event {
  InvokeRequest request;
  Instant accepted{};
  int links = 0;  // Of the chain of functions that are each other's destinations, before this one.
  int invocations = 0;
  int function_errors = 0;
  int refusals = 0;                   // In a row.
  std::optional<InvokeOutcome> last;  // Of the last invocation that ran.
  std::string error;
  TimerId timer = TimerId::kNone;
  std::shared_ptr<void> running;
  std::optional<MemoryShare> share = {};  // Of the payload.

  std::string arn() const {
    return function_arn(request.owner, request.function_name,
                        request.qualifier.empty() ? kLatestVersion : request.qualifier);
  }
  std::string record_json(std::string_view condition, Instant now) const;
};

std::string AsyncEvents::Event::record_json(std::string_view condition, Instant now) const {
  std::string text;
  JsonWriter json(text);
  json.begin_object().string("version", "1.0").string("timestamp", iso_millis_z(now));
  json.key("requestContext").begin_object();
  json.string("requestId", request.request_id).string("functionArn", arn());
  json.string("condition", condition).number("approximateInvokeCount", invocations).end_object();
  json.raw("requestPayload", *request.payload);
  if (last) {
    json.key("responseContext").begin_object().number("statusCode", 200);
    json.string("executedVersion", last->executed_version);
    if (last->status == InvokeStatus::kFunctionError) json.string("functionError", "Unhandled");
    json.end_object();
    json.raw("responsePayload", json_or_text(last->body));
  }
  json.end_object();
  return text;
}

AsyncEvents::AsyncEvents(const FunctionApi& functions,
                         FunctionRegistry& registry,
                         MessageDestinations& destinations,
                         Scheduler& scheduler,
                         const Clock& clock,
                         MemoryBudget* memory)
    : functions_(functions),
      registry_(registry),
      destinations_(destinations),
      scheduler_(scheduler),
      clock_(clock),
      memory_(memory) {}

AsyncEvents::~AsyncEvents() {
  for (const auto& [id, event] : events_) scheduler_.cancel(event->timer);
}

Result<void> AsyncEvents::enqueue(InvokeRequest request) {
  return add({.request = std::move(request), .accepted = clock_.now()});
}

Result<void> AsyncEvents::add(Event event) {
  MemoryShare share(memory_);
  if (!share.try_hold(event.request.payload->size() + kEventBytes)) {
    return ApiError{.code = ErrorCode::kTooManyRequestsException,
                    .message =
                        "There is no memory for more asynchronous events; wait, or start "
                        "the server with a larger --max-memory",
                    .extra_members = {}};
  }
  event.share.emplace(std::move(share));
  const Id id = next_id_++;
  events_[id] = std::make_unique<Event>(std::move(event));
  attempt(id);
  return {};
}

EventInvokeSettings AsyncEvents::settings_of(const Event& event) const {
  return functions_.event_invoke_settings(event.request.owner, event.request.function_name,
                                          event.request.qualifier);
}

void AsyncEvents::attempt(Id id) {
  Event& event = *events_.at(id);
  event.timer = TimerId::kNone;
  if (settings_of(event).stopped) return end(id, kZeroConcurrency);
  // All attempts of an event have one request id.
  event.running = registry_.invoke(event.request, [this, id](InvokeOutcome outcome) {
    const std::shared_ptr<void> handle = std::move(events_.at(id)->running);
    attempted(id, std::move(outcome));
  });
}

void AsyncEvents::attempted(Id id, InvokeOutcome outcome) {
  Event& event = *events_.at(id);
  ++event.invocations;
  event.error = outcome.error_text;
  switch (outcome.status) {
    case InvokeStatus::kSuccess:
      event.last = std::move(outcome);
      return end(id, kSuccess);
    case InvokeStatus::kFunctionError: {
      event.last = std::move(outcome);
      event.refusals = 0;
      const int errors = event.function_errors++;
      if (errors >= settings_of(event).retries_max) return end(id, kRetriesExhausted);
      return repeat_after(id, kRetryDelays[std::min<std::size_t>(static_cast<std::size_t>(errors),
                                                                 std::size(kRetryDelays) - 1)]);
    }
    case InvokeStatus::kInvocationFailure:
      return repeat_after(id, std::min(kFirstThrottleDelay * (1 << std::min(event.refusals++, 10)),
                                       kThrottleDelayMax));
  }
}

void AsyncEvents::repeat_after(Id id, Millis delay) {
  Event& event = *events_.at(id);
  const Instant at = clock_.now() + delay;
  if (at - event.accepted > settings_of(event).age_max) return end(id, kEventAgeExceeded);
  event.timer = scheduler_.run_at(at, [this, id] { attempt(id); });
}

void AsyncEvents::end(Id id, std::string_view condition) {
  const std::unique_ptr<Event> event = std::move(events_.extract(id).mapped());
  const EventInvokeSettings settings = settings_of(*event);
  if (condition == kSuccess) return deliver(*event, settings.on_success, condition);
  log_warn("event given up", {{"function", event->request.function_name},
                              {"request", event->request.request_id},
                              {"condition", std::string(condition)},
                              {"error", event->error}});
  deliver(*event, settings.on_failure, condition);
  if (!settings.dead_letter.empty()) send(*event, settings.dead_letter, *event->request.payload);
}

void AsyncEvents::deliver(const Event& event,
                          const std::string& arn,
                          std::string_view condition) {
  if (arn.empty()) return;
  std::string record = event.record_json(condition, clock_.now());
  if (is_function(arn)) {
    const auto name = parse_function_name(arn, event.request.owner);
    if (!name || event.links == kLinksMax)
      return log_error(name ? "functions are each other's destinations without end"
                            : "no such destination",
                       {{"destination", arn}});
    const auto queued =
        add({.request = {.owner = name->owner,
                         .function_name = name->name,
                         .qualifier = name->qualifier,
                         .request_id = random_uuid(),
                         .payload = std::make_shared<const std::string>(std::move(record))},
             .accepted = clock_.now(),
             .links = event.links + 1});
    if (!queued)
      log_error("an event for a destination is dropped",
                {{"destination", arn}, {"error", queued.error().message}});
    return;
  }
  if (!is_event_bus(arn)) return send(event, arn, std::move(record));
  std::string entry;
  JsonWriter json(entry);
  json.begin_object().string("version", "0").string("id", random_uuid());
  json.string("detail-type", str_cat("Lambda Function Invocation Result - ",
                                     condition == kSuccess ? "Success" : "Failure"));
  json.string("source", "lambda").string("account", event.request.owner.account);
  json.string("time", iso_seconds_z(clock_.now())).string("region", event.request.owner.region);
  json.key("resources").begin_array().string(arn).string(event.arn()).end_array();
  json.raw("detail", record).end_object();
  send(event, arn, std::move(entry));
}

void AsyncEvents::send(const Event& event, const std::string& arn, std::string document) {
  const bool bound = destinations_.send(
      {.destination_arn = arn,
       .document = std::move(document),
       .object_path = str_cat("aws/lambda/async/", event.request.function_name),
       .at = clock_.now()},
      [](bool) {});  // Destinations logs what is not delivered; Lambda gives up then, too.
  if (!bound)
    log_warn("destination is not bound; its message is dropped",
             {{"destination", arn},
              {"request", event.request.request_id},
              {"bind it with", str_cat("--destination ", arn, "=TARGET")}});
}

}  // namespace tailrace::lambda
