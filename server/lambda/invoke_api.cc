#include "server/lambda/invoke_api.h"

#include <optional>
#include <utility>

#include "server/lambda/function_name.h"
#include "server/lambda/lambda_error.h"
#include "storage/base/base64.h"
#include "storage/base/log.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

constexpr std::size_t kPayloadBytesMax = 6'291'456;
constexpr std::size_t kEventBytesMax = 1'048'576;
constexpr std::size_t kLogTailBytes = 4096;
constexpr Millis kRetryDelays[] = {std::chrono::minutes(1),
                                   std::chrono::minutes(2)};  // Of events, after function errors.

enum class InvocationType : std::uint8_t { kRequestResponse, kEvent, kDryRun };

std::optional<InvocationType> invocation_type(std::string_view header) {
  if (header.empty() || header == "RequestResponse") return InvocationType::kRequestResponse;
  if (header == "Event") return InvocationType::kEvent;
  if (header == "DryRun") return InvocationType::kDryRun;
  return std::nullopt;
}

ApiError enum_error(std::string_view value, std::string_view member, std::string_view values) {
  return validation_error(str_cat(
      "1 validation error detected: Value '", value, "' at '", member,
      "' failed to satisfy constraint: Member must satisfy enum value set: [", values, "]"));
}

// Name and qualifier of the call, from path and query. (spec lambda 6.3)
Result<FunctionName> function_of(const LambdaCall& call) {
  auto name = parse_function_name(call.parameters[0], call.request.caller);
  if (!name) return invalid_parameter(str_cat("'", call.parameters[0], "' is no function name"));
  if (const std::string* qualifier = call.request.query_value("Qualifier")) {
    if (!name->qualifier.empty() && name->qualifier != *qualifier)
      return invalid_parameter(
          "The derived qualifier from the function name does not match the specified qualifier.");
    name->qualifier = *qualifier;
  }
  return *std::move(name);
}

Result<std::string> payload_of(const LambdaCall& call, std::size_t bytes_max) {
  const std::string& body = call.request.http.body;
  if (body.size() > bytes_max)
    return ApiError{.code = ErrorCode::kRequestEntityTooLargeException,
                    .message = str_cat(
                        body.size(), " byte payload is too large for the Invoke operation (limit ",
                        bytes_max, " bytes)")};
  if (body.empty()) return std::string("{}");
  rapidjson::Document document;
  if (json::parse_copy(body, document)) return body;
  return ApiError{.code = ErrorCode::kInvalidRequestContentException,
                  .message = "Could not parse request body into json: the body is not JSON"};
}

http::Response answer_of(InvokeOutcome outcome, bool tail) {
  if (outcome.status == InvokeStatus::kInvocationFailure)
    return error_response({.code = ErrorCode::kServiceException, .message = outcome.error_text});
  http::Response response =
      json_response(200, outcome.body.empty() ? "null" : std::move(outcome.body));
  response.add_header("X-Amz-Executed-Version", outcome.executed_version);
  if (outcome.status == InvokeStatus::kFunctionError)
    response.add_header("X-Amz-Function-Error", "Unhandled");
  if (tail) {
    const std::size_t kept = std::min(outcome.log_tail.size(), kLogTailBytes);
    response.add_header(
        "X-Amz-Log-Result",
        to_base64(std::string_view(outcome.log_tail).substr(outcome.log_tail.size() - kept)));
  }
  return response;
}

}  // namespace

InvokeApi::InvokeApi(Scheduler& scheduler, const Clock& clock, FunctionRegistry& registry)
    : scheduler_(scheduler), clock_(clock), registry_(registry) {}

InvokeApi::~InvokeApi() = default;

void InvokeApi::add_routes(LambdaApi& api) {
  api.add_raw("POST", "2015-03-31/functions/*/invocations",
              [this](const std::shared_ptr<const LambdaCall>& call,
                     const protocol::RestRespond& respond) { invoke(call, respond); });
  api.add_raw("POST", "2014-11-13/functions/*/invoke-async",
              [this](const std::shared_ptr<const LambdaCall>& call,
                     const protocol::RestRespond& respond) { invoke_async(call, respond); });
}

void InvokeApi::invoke(const std::shared_ptr<const LambdaCall>& call,
                       const protocol::RestRespond& respond) {
  const http::Request& message = call->request.http;
  const std::string_view type_text = message.header("X-Amz-Invocation-Type");
  const auto type = invocation_type(type_text);
  if (!type)
    return respond(
        error_response(enum_error(type_text, "invocationType", "Event, DryRun, RequestResponse")));
  const std::string_view log_type = message.header("X-Amz-Log-Type");
  if (!log_type.empty() && log_type != "None" && log_type != "Tail")
    return respond(error_response(enum_error(log_type, "logType", "None, Tail")));
  Result<FunctionName> name = function_of(*call);
  if (!name) return respond(error_response(name.error()));
  Result<std::string> payload =
      payload_of(*call, *type == InvocationType::kEvent ? kEventBytesMax : kPayloadBytesMax);
  if (!payload) return respond(error_response(payload.error()));
  if (!registry_.exists(name->owner, name->name))
    return respond(error_response(resource_not_found(
        str_cat("Function not found: ",
                function_arn(name->owner, name->name,
                             name->qualifier.empty() ? "$LATEST" : name->qualifier)))));
  if (*type == InvocationType::kDryRun) return respond({.status = 204});
  if (registry_.reserved_concurrency(name->owner, name->name) == 0)
    return respond(error_response(
        {.code = ErrorCode::kTooManyRequestsException,
         .message = "Rate Exceeded.",
         .extra_members = "\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\""}));
  InvokeRequest request{.owner = name->owner,
                        .function_name = name->name,
                        .qualifier = name->qualifier,
                        .request_id = random_uuid(),
                        .payload = std::make_shared<const std::string>(*std::move(payload)),
                        .client_context = std::string(message.header("X-Amz-Client-Context"))};
  if (*type == InvocationType::kEvent) {
    run_event(std::move(request), 0);
    return respond({.status = 202});
  }
  start(std::move(request), [respond, tail = log_type == "Tail"](InvokeOutcome outcome) {
    respond(answer_of(std::move(outcome), tail));
  });
}

void InvokeApi::invoke_async(const std::shared_ptr<const LambdaCall>& call,
                             const protocol::RestRespond& respond) {
  Result<FunctionName> name = function_of(*call);
  if (!name) return respond(error_response(name.error()));
  Result<std::string> payload = payload_of(*call, kEventBytesMax);
  if (!payload) return respond(error_response(payload.error()));
  if (!registry_.exists(name->owner, name->name))
    return respond(error_response(resource_not_found(
        str_cat("Function not found: ", function_arn(name->owner, name->name, {})))));
  run_event({.owner = name->owner,
             .function_name = name->name,
             .qualifier = name->qualifier,
             .request_id = random_uuid(),
             .payload = std::make_shared<const std::string>(*std::move(payload))},
            0);
  respond(json_response(202, R"({"Status":202})"));
}

void InvokeApi::run_event(InvokeRequest request, int failures) {
  start(request, [this, request, failures](const InvokeOutcome& outcome) mutable {
    if (outcome.status == InvokeStatus::kSuccess) return;
    const bool more = failures < static_cast<int>(std::size(kRetryDelays));
    log_warn("event invocation failed", {{"function", request.function_name},
                                         {"attempt", str_cat(failures + 1)},
                                         {"error", outcome.error_text}});
    if (!more) return;
    scheduler_.run_at(
        clock_.now() + kRetryDelays[failures],
        [this, request = std::move(request), failures] { run_event(request, failures + 1); });
  });
}

void InvokeApi::start(InvokeRequest request, std::function<void(InvokeOutcome)> done) {
  const std::uint64_t id = next_id_++;
  running_[id] = registry_.invoke(std::move(request),
                                  [this, id, done = std::move(done)](InvokeOutcome outcome) {
                                    done(std::move(outcome));
                                    running_.erase(id);  // Last: the handle may own this callback.
                                  });
}

}  // namespace tailrace::lambda
