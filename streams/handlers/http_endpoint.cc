#include "streams/handlers/http_endpoint.h"

#include <rapidjson/document.h>

#include <cstdio>
#include <optional>

#include "storage/base/clock.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

constexpr std::size_t kLoggedBodyBytesMax = 2048;

bool parse(std::string_view body, rapidjson::Document& document) {
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  return !document.HasParseError();
}

bool has_text(const rapidjson::Value& object, const char* member) {
  const auto it = object.FindMember(member);
  return it != object.MemberEnd() && it->value.IsString();
}

struct ErrorObject {
  std::string type;
  std::string message;
};

// {"errorType":…,"errorMessage":…}, which runtimes report failures with.
std::optional<ErrorObject> error_object(std::string_view body) {
  rapidjson::Document document;
  if (!parse(body, document) || !document.IsObject()) return std::nullopt;
  if (!has_text(document, "errorType") || !has_text(document, "errorMessage")) return std::nullopt;
  return ErrorObject{document["errorType"].GetString(), document["errorMessage"].GetString()};
}

bool is_service_error(std::string_view body) {
  rapidjson::Document document;
  return parse(body, document) && document.IsObject() && has_text(document, "Type") &&
         std::string_view(document["Type"].GetString()) == "Service";
}

bool is_json(std::string_view body) {
  rapidjson::Document document;
  return parse(body, document);
}

// A function error that keeps the handler's own body, as Lambda returns it.
InvokeOutcome failed_with_body(const OutgoingResponse& response, std::string type) {
  InvokeOutcome outcome{
      .status = InvokeStatus::kFunctionError, .body = response.body, .error_type = std::move(type)};
  if (auto object = error_object(response.body)) {
    outcome.error_text = str_cat(object->type, ": ", object->message);
  } else {
    outcome.error_text = str_cat("HTTP ", response.status, ' ',
                                 std::string_view(response.body).substr(0, kLoggedBodyBytesMax));
  }
  return outcome;
}

InvokeOutcome succeeded(const OutgoingResponse& response) {
  InvokeOutcome outcome{.status = InvokeStatus::kSuccess, .body = response.body};
  if (const std::string* version = response.header("X-Amz-Executed-Version"))
    outcome.executed_version = *version;
  return outcome;
}

// Failures below HTTP, alike for every target that is reached by it (behaviour/triggers 7.1).
std::optional<InvokeOutcome> outcome_of_exchange(const OutgoingResponse& response) {
  switch (response.failure) {
    case ExchangeFailure::kNone:
      return std::nullopt;
    case ExchangeFailure::kNotConnected:
      return invocation_failure("NotConnected", response.failure_text);
    case ExchangeFailure::kInterrupted:
      return function_error("Interrupted", response.failure_text);
    case ExchangeFailure::kTimedOut:
      return function_error("Sandbox.Timedout", response.failure_text);
    case ExchangeFailure::kResponseTooLarge:
      return response_too_large();
  }
  CHECK(false);
}

bool is_2xx(int status) {
  return status >= 200 && status < 300;
}

}  // namespace

InvokeOutcome invocation_failure(std::string type, std::string text) {
  return {.status = InvokeStatus::kInvocationFailure,
          .error_type = std::move(type),
          .error_text = std::move(text)};
}

InvokeOutcome function_error(std::string type, std::string text) {
  InvokeOutcome outcome{.status = InvokeStatus::kFunctionError, .error_type = "Unhandled"};
  JsonWriter json(outcome.body);
  json.begin_object().string("errorType", type).string("errorMessage", text).end_object();
  outcome.error_text = str_cat(type, ": ", text);
  return outcome;
}

InvokeOutcome timed_out(std::string_view request_id, Millis timeout) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.2f", static_cast<double>(timeout.count()) / 1000);
  return function_error("Sandbox.Timedout",
                        str_cat("RequestId: ", request_id, " Error: Task timed out after ",
                                std::string_view(seconds), " seconds"));
}

InvokeOutcome response_too_large() {
  return function_error(
      "Function.ResponseSizeTooLarge",
      "Response payload size exceeded maximum allowed payload size (6291556 bytes).");
}

InvokeOutcome outcome_of_http(const OutgoingResponse& response) {
  if (auto failure = outcome_of_exchange(response)) return *std::move(failure);
  const bool throttled = response.status == 429 ||
                         (response.status == 503 && response.header("Retry-After") != nullptr);
  if (throttled) return invocation_failure("Throttled", str_cat("HTTP ", response.status));
  if (!is_2xx(response.status)) return failed_with_body(response, "Unhandled");
  if (const std::string* error = response.header("X-Amz-Function-Error"))
    return failed_with_body(response, *error);
  return succeeded(response);
}

InvokeOutcome outcome_of_invoke(const OutgoingResponse& response) {
  if (auto failure = outcome_of_exchange(response)) return *std::move(failure);
  if (const std::string* error = response.header("X-Amz-Function-Error"))
    return failed_with_body(response, *error);
  const int status = response.status;
  if (!is_2xx(status)) {
    if (error_object(response.body)) return failed_with_body(response, "Unhandled");
    // The Runtime Interface Emulator answers 400 with an empty body while it is busy.
    const bool busy = status == 400 && response.body.empty();
    if (busy || status == 429 || status == 404 || status == 503 || status == 504 ||
        is_service_error(response.body))
      return invocation_failure(busy ? "Busy" : "ServiceError", str_cat("HTTP ", status));
    return failed_with_body(response, "Unhandled");
  }
  // It reports errors, and its timeout as plain text, with status 200 and without the header.
  if (error_object(response.body)) return failed_with_body(response, "Unhandled");
  if (!response.body.empty() && !is_json(response.body))
    return failed_with_body(response, "Unhandled");
  return succeeded(response);
}

HttpEndpoint::HttpEndpoint(HttpClient& client, Target target)
    : client_(client), target_(std::move(target)) {}

std::shared_ptr<void> HttpEndpoint::invoke(const Invocation& invocation, Callback callback) {
  OutgoingRequest request{.method = "POST",
                          .url = target_.text,
                          .body = *invocation.request.payload,
                          .timeout = invocation.timeout};
  request.headers = {{"Content-Type", "application/json"}};
  if (target_.kind == TargetKind::kInvoke) {
    request.headers.emplace_back("X-Amz-Invocation-Type", "RequestResponse");
    request.headers.emplace_back("X-Amz-Log-Type", "None");
  } else {
    request.headers.emplace_back("X-Amzn-RequestId", invocation.request.request_id);
    request.headers.emplace_back("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn);
    if (invocation.timeout.count() > 0)
      request.headers.emplace_back("Lambda-Runtime-Deadline-Ms",
                                   str_cat(to_millis(machine_now() + invocation.timeout)));
  }
  if (!invocation.request.client_context.empty())
    request.headers.emplace_back("X-Amz-Client-Context", invocation.request.client_context);
  return client_.send(std::move(request), [kind = target_.kind, id = invocation.request.request_id,
                                           timeout = invocation.timeout,
                                           callback =
                                               std::move(callback)](OutgoingResponse response) {
    if (response.failure == ExchangeFailure::kTimedOut) return callback(timed_out(id, timeout));
    callback(kind == TargetKind::kInvoke ? outcome_of_invoke(response) : outcome_of_http(response));
  });
}

}  // namespace tailrace
