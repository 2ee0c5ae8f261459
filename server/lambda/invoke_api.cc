#include "server/lambda/invoke_api.h"

#include <cmath>
#include <optional>
#include <utility>

#include "server/lambda/event_stream.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::size_t kPayloadBytesMax = 6 * 1024 * 1024;
constexpr std::size_t kEventBytesMax = 1024 * 1024;
constexpr std::size_t kClientContextBytesMax = 3583;
constexpr std::size_t kLogTailBytes = 4096;
enum class InvocationType : std::uint8_t { kRequestResponse, kEvent, kDryRun };
enum class Tail : std::uint8_t { kNone, kWanted };

struct ReadInvocation {
  InvokeRequest request;
  InvocationType type = InvocationType::kRequestResponse;
  Tail tail = Tail::kNone;
};

ApiError invalid_content(std::string message) {
  return {.code = ErrorCode::kInvalidRequestContentException, .message = std::move(message)};
}

ApiError too_large(std::size_t limit, std::string_view operation) {
  return {.code = ErrorCode::kRequestEntityTooLargeException,
          .message = str_cat("Request must be smaller than ", limit, " bytes for the ", operation,
                             " operation")};
}

ApiError throttled(std::string_view reason) {
  return {.code = ErrorCode::kTooManyRequestsException,
          .message = "Rate Exceeded.",
          .extra_members = str_cat("\"Reason\":\"", reason, "\"")};
}

ApiError not_in_enum(std::string_view value, std::string_view member, std::string_view values) {
  return validation_error(str_cat("1 validation error detected: Value '", value, "' at '", member,
                                  "' failed to satisfy constraint: Member must satisfy enum value "
                                  "set: [",
                                  values, "]"));
}

Result<InvocationType> read_type(std::string_view text) {
  if (text.empty() || text == "RequestResponse") return InvocationType::kRequestResponse;
  if (text == "Event") return InvocationType::kEvent;
  if (text == "DryRun") return InvocationType::kDryRun;
  return not_in_enum(text, "invocationType", "Event, RequestResponse, DryRun");
}

Result<Tail> read_tail(std::string_view text) {
  if (text.empty() || text == "None") return Tail::kNone;
  if (text == "Tail") return Tail::kWanted;
  return not_in_enum(text, "logType", "None, Tail");
}

bool is_json(std::string_view text) {
  rapidjson::Document document;
  return json::parse_copy(text, document);
}

Result<void> check_client_context(std::string_view context) {
  if (context.empty()) return {};
  const auto text = from_base64(context);
  if (context.size() > kClientContextBytesMax)
    return invalid_content(str_cat("Client context must be at most ", kClientContextBytesMax,
                                   " bytes of base64-encoded data."));
  if (!text || !is_json(*text))
    return invalid_content("Client context must be a valid Base64-encoded JSON object.");
  return {};
}

Result<ReadInvocation> read_invocation(const FunctionApi& functions, const LambdaCall& call) {
  http::Request& http = call.request.http;
  ReadInvocation invocation;
  TRY(invocation.type, read_type(http.header("X-Amz-Invocation-Type")));
  TRY(invocation.tail, read_tail(http.header("X-Amz-Log-Type")));
  const bool event = invocation.type == InvocationType::kEvent;
  const std::size_t limit = event ? kEventBytesMax : kPayloadBytesMax;
  if (http.body.size() > limit) return too_large(limit, "InvokeFunction");
  TRY(const FoundFunction found,
      functions.require_to_invoke({.caller = call.request.caller,
                                   .name = call.parameters[0],
                                   .qualifier = call.request.query_value("Qualifier")}));
  TRY_VOID(check_client_context(http.header("X-Amz-Client-Context")));
  if (http.body.empty()) http.body = "{}";
  if (!is_json(http.body))
    return invalid_content(
        "Could not parse request body into json: Could not parse payload into json: Unexpected "
        "character");
  invocation.request = {.owner = found.function->owner,
                        .function_name = found.function->name,
                        .qualifier = found.qualifier,
                        .request_id = random_uuid(),
                        .payload = std::make_shared<const std::string>(std::move(http.body)),
                        .client_context = std::string(http.header("X-Amz-Client-Context"))};
  return invocation;
}

// The last 4 KB of the log, as Lambda writes it around what the function printed.
std::string log_result(const std::string& request_id,
                       const std::string& version,
                       const std::string& printed,
                       std::chrono::steady_clock::duration duration) {
  const double milliseconds = std::chrono::duration<double, std::milli>(duration).count();
  const auto hundredths = std::llround(milliseconds * 100);
  std::string log = str_cat("START RequestId: ", request_id, " Version: ", version, "\n", printed);
  if (!log.ends_with('\n')) log += '\n';
  str_append(log, "END RequestId: ", request_id, "\nREPORT RequestId: ", request_id,
             "\tDuration: ", hundredths / 100, ".", hundredths % 100 / 10, hundredths % 10,
             " ms\tBilled Duration: ", static_cast<std::int64_t>(std::ceil(milliseconds)),
             " ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n");
  if (log.size() > kLogTailBytes) log.erase(0, log.size() - kLogTailBytes);
  return to_base64(log);
}

// The function did not run: what Invoke answers for it.
ApiError refusal(const InvokeOutcome& outcome) {
  if (outcome.error_type == "FunctionNotFound") return resource_not_found(outcome.error_text);
  // A mistake in the set-up, which no repetition by the SDK would mend.
  if (outcome.error_type == "FunctionNotBound") return invalid_parameter(outcome.error_text);
  if (outcome.error_type == "Throttled" || outcome.error_type == "Busy")
    return throttled("ConcurrentInvocationLimitExceeded");
  return {.code = ErrorCode::kServiceException,
          .message = str_cat(outcome.error_type, ": ", outcome.error_text)};
}

http::Response refused(const ApiError& error) {
  http::Response response = error_response(error);
  if (error.code == ErrorCode::kTooManyRequestsException) response.add_header("Retry-After", "1");
  return response;
}

http::Response no_content(int status) {
  http::Response response;
  response.status = status;
  return response;
}

}  // namespace

InvokeApi::InvokeApi(FunctionApi& functions, FunctionRegistry& registry, AsyncEvents& events)
    : functions_(functions), registry_(registry), events_(events) {}

void InvokeApi::run(InvokeRequest request, Callback callback) {
  const std::uint64_t id = next_id_++;
  running_[id] = registry_.invoke(
      std::move(request), [this, id, callback = std::move(callback)](InvokeOutcome outcome) {
        const std::shared_ptr<void> handle = std::move(running_.extract(id).mapped());
        callback(std::move(outcome));
      });
}

void InvokeApi::invoke(const LambdaCall& call, protocol::RestRespond respond) {
  auto invocation = read_invocation(functions_, call);
  if (!invocation) return respond(refused(invocation.error()));
  if (invocation->type == InvocationType::kDryRun) return respond(no_content(204));
  if (invocation->type == InvocationType::kEvent) {
    const auto queued = events_.enqueue(std::move(invocation->request));
    return respond(queued ? no_content(202) : refused(queued.error()));
  }
  const InvokeRequest& request = invocation->request;
  if (registry_.reserved_are_busy(request.owner, request.function_name))
    return respond(refused(throttled("ReservedFunctionConcurrentInvocationLimitExceeded")));
  run(request, [id = request.request_id, tail = invocation->tail,
                started = std::chrono::steady_clock::now(),
                respond = std::move(respond)](const InvokeOutcome& outcome) {
    if (outcome.status == InvokeStatus::kInvocationFailure)
      return respond(refused(refusal(outcome)));
    http::Response response = json_response(200, outcome.body.empty() ? "null" : outcome.body);
    response.add_header("x-amzn-RequestId", id);
    response.add_header("X-Amz-Executed-Version", outcome.executed_version);
    if (outcome.status == InvokeStatus::kFunctionError)
      response.add_header("X-Amz-Function-Error", "Unhandled");
    if (tail == Tail::kWanted)
      response.add_header(
          "X-Amz-Log-Result",
          log_result(id, outcome.executed_version, outcome.log_tail,
                     std::chrono::steady_clock::now() - started));
    respond(std::move(response));
  });
}

void InvokeApi::invoke_async(const LambdaCall& call, protocol::RestRespond respond) {
  auto invocation = read_invocation(functions_, call);
  if (!invocation) return respond(refused(invocation.error()));
  const auto queued = events_.enqueue(std::move(invocation->request));
  respond(queued ? json_response(202, R"({"Status":202})") : refused(queued.error()));
}

void InvokeApi::invoke_with_response_stream(const LambdaCall& call, protocol::RestRespond respond) {
  auto invocation = read_invocation(functions_, call);
  if (!invocation) return respond(refused(invocation.error()));
  if (invocation->type == InvocationType::kDryRun) return respond(no_content(204));
  const InvokeRequest& request = invocation->request;
  if (registry_.reserved_are_busy(request.owner, request.function_name))
    return respond(refused(throttled("ReservedFunctionConcurrentInvocationLimitExceeded")));
  run(request, [id = request.request_id, tail = invocation->tail,
                started = std::chrono::steady_clock::now(),
                respond = std::move(respond)](const InvokeOutcome& outcome) {
    if (outcome.status == InvokeStatus::kInvocationFailure)
      return respond(refused(refusal(outcome)));
    std::string complete;
    JsonWriter json(complete);
    json.begin_object();
    if (outcome.status == InvokeStatus::kFunctionError)
      json.string("ErrorCode", "Unhandled").string("ErrorDetails", outcome.body);
    if (tail == Tail::kWanted)
      json.string("LogResult", log_result(id, outcome.executed_version, outcome.log_tail,
                                          std::chrono::steady_clock::now() - started));
    json.end_object();
    http::Response response;
    response.add_header("Content-Type", kEventStreamType);
    response.add_header("x-amzn-RequestId", id);
    response.add_header("X-Amz-Executed-Version", outcome.executed_version);
    if (outcome.status == InvokeStatus::kSuccess)
      append_event(response.body, "PayloadChunk", "application/octet-stream",
                   outcome.body.empty() ? "null" : outcome.body);
    append_event(response.body, "InvokeComplete", "application/json", complete);
    respond(std::move(response));
  });
}

void add_invoke_routes(LambdaApi& api, InvokeApi& invoke) {
  using Call = std::shared_ptr<const LambdaCall>;
  api.add_raw("POST", "2015-03-31/functions/*/invocations",
              [&invoke](const Call& call, protocol::RestRespond respond) {
                invoke.invoke(*call, std::move(respond));
              });
  api.add_raw("POST", "2014-11-13/functions/*/invoke-async",
              [&invoke](const Call& call, protocol::RestRespond respond) {
                invoke.invoke_async(*call, std::move(respond));
              });
  api.add_raw("POST", "2021-11-15/functions/*/response-streaming-invocations",
              [&invoke](const Call& call, protocol::RestRespond respond) {
                invoke.invoke_with_response_stream(*call, std::move(respond));
              });
}

}  // namespace tailrace::lambda
