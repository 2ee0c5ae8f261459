#include "server/lambda/runtime_api.h"

#include <utility>

#include "server/protocol/page_policy.h"
#include "storage/base/base64.h"
#include "storage/base/json_text.h"
#include "storage/base/random.h"
#include "storage/base/str_cat.h"
#include "streams/handlers/http_endpoint.h"

namespace tailrace::lambda {
namespace {

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";
constexpr std::size_t kResponseBytesMax = 6'291'556;
constexpr Millis kNoDeadline = std::chrono::hours(24 * 365);

http::Response json_response(int status, std::string body) {
  http::Response response{.status = status, .body = std::move(body)};
  response.add_header("Content-Type", "application/json");
  return response;
}

http::Response accepted() {
  return json_response(202, R"({"status":"OK"})");
}

http::Response refusal(int status, std::string_view type, std::string_view message) {
  std::string body;
  JsonWriter(body)
      .begin_object()
      .string("errorType", type)
      .string("errorMessage", message)
      .end_object();
  return json_response(status, std::move(body));
}

// Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0
std::string trace_id() {
  return str_cat("Root=1-", random_hex(8), "-", random_hex(24), ";Parent=", random_hex(16),
                 ";Sampled=0");
}

InvokeOutcome error_outcome(std::string body, std::string_view type) {
  InvokeOutcome outcome{
      .status = InvokeStatus::kFunctionError, .body = std::move(body), .error_type = "Unhandled"};
  outcome.error_text =
      str_cat(type, type.empty() ? "" : ": ", std::string_view(outcome.body).substr(0, 500));
  return outcome;
}

}  // namespace

struct RuntimeApi::Route {
  std::string_view method;
  std::string_view path;  // Below the prefix; {} stands for the request id.
  void (RuntimeApi::*answer)(http::Request&, http::Respond, const std::string& request_id);
};

const RuntimeApi::Route* RuntimeApi::find_route(std::string_view method,
                                                std::string_view path,
                                                std::string& request_id) {
  static constexpr Route kRoutes[] = {
      {"GET", "invocation/next", &RuntimeApi::next},
      {"POST", "invocation/{}/response", &RuntimeApi::response},
      {"POST", "invocation/{}/error", &RuntimeApi::error},
      {"POST", "init/error", &RuntimeApi::init_error},
  };
  static constexpr Route kPing = {"GET", "/ping", &RuntimeApi::ping};
  if ((method == kPing.method || method == "HEAD") && path == kPing.path) return &kPing;
  if (!path.starts_with(kPrefix)) return nullptr;
  path.remove_prefix(kPrefix.size());
  for (const Route& route : kRoutes) {
    if (route.method != method) continue;
    const std::size_t hole = route.path.find("{}");
    if (hole == std::string_view::npos) {
      if (path == route.path) return &route;
      continue;
    }
    const std::string_view head = route.path.substr(0, hole);
    const std::string_view tail = route.path.substr(hole + 2);
    if (path.size() <= head.size() + tail.size() || !path.starts_with(head) ||
        !path.ends_with(tail))
      continue;
    request_id = path.substr(head.size(), path.size() - head.size() - tail.size());
    return &route;
  }
  return nullptr;
}

void RuntimeApi::handle(http::Request& request, http::Respond respond) {
  if (const auto refused =
          protocol::PagePolicy::refuse_runtime_call(protocol::page_headers_of(request)))
    return respond(refusal(403, "Forbidden", *refused));
  std::string request_id;
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const Route* route = find_route(request.method, path, request_id);
  if (route == nullptr)
    return respond(refusal(404, "NotFound", "there is no such path in the Runtime API"));
  (this->*route->answer)(request, std::move(respond), request_id);
}

bool RuntimeApi::waiting() const {
  return next_.has_value() && next_->connected();
}

void RuntimeApi::next(http::Request&, http::Respond respond, const std::string&) {
  ever_connected_ = true;
  next_.emplace(std::move(respond));
  // Asking again without a result: the process that had the event crashed and was started again by
  // hand.
  if (!running_.empty())
    finish(function_error(
        "Runtime.ExitError",
        str_cat("RequestId: ", running_, " Error: Runtime exited without providing a reason")));
  events_.waiting();
}

// As the host of AWS's base images words it, with its names of states.
http::Response RuntimeApi::not_allowed(std::string_view wanted) const {
  const std::string_view state = !ever_connected_   ? "Started"
                                 : !running_.empty() ? "Running"
                                 : next_             ? "Ready"
                                                     : "RuntimeResponseSentState";
  return refusal(403, "InvalidStateTransition",
                 str_cat("State transition from ", state, " to ", wanted,
                         " failed for runtime. Error: State transition is not allowed"));
}

bool RuntimeApi::accept_result(const http::Respond& respond,
                               const std::string& request_id,
                               std::string_view wanted) {
  if (!running_.empty() && request_id == running_) return true;
  const bool again = running_.empty() && !finished_.empty() && request_id == finished_;
  if (again || (running_.empty() && next_.has_value()))
    respond(not_allowed(wanted));
  else
    respond(refusal(400, "InvalidRequestID", "Invalid request ID"));
  return false;
}

void RuntimeApi::response(http::Request& request,
                          http::Respond respond,
                          const std::string& request_id) {
  if (!accept_result(respond, request_id, "InvocationResponse")) return;
  const std::string_view mode = request.header("Lambda-Runtime-Function-Response-Mode");
  if (!mode.empty() && mode != "streaming")
    return respond(refusal(400, "InvalidFunctionResponseMode",
                           str_cat("Invalid function response mode: ", mode)));
  if (request.body.size() > kResponseBytesMax) {
    respond(refusal(413, "RequestEntityTooLarge",
                    "Exceeded maximum allowed payload size (6291556 bytes)."));
    return finish(response_too_large());
  }
  // A streamed response that failed half way says so in its trailers.
  const std::string_view error_type = request.header("Lambda-Runtime-Function-Error-Type");
  const std::optional<Buffer> error_body =
      from_base64(request.header("Lambda-Runtime-Function-Error-Body"));
  InvokeOutcome outcome{.status = InvokeStatus::kSuccess, .body = std::move(request.body)};
  if (!error_type.empty()) outcome = error_outcome(error_body.value_or(Buffer()), error_type);
  respond(accepted());
  finish(std::move(outcome));
}

void RuntimeApi::error(http::Request& request,
                       http::Respond respond,
                       const std::string& request_id) {
  if (!accept_result(respond, request_id, "InvocationErrorResponse")) return;
  InvokeOutcome outcome =
      error_outcome(std::move(request.body), request.header("Lambda-Runtime-Function-Error-Type"));
  respond(accepted());
  finish(std::move(outcome));
}

void RuntimeApi::init_error(http::Request& request, http::Respond respond, const std::string&) {
  if (ever_connected_) return respond(not_allowed("InitError"));
  InvokeOutcome outcome =
      error_outcome(std::move(request.body), request.header("Lambda-Runtime-Function-Error-Type"));
  respond(accepted());
  events_.failed_to_initialize(std::move(outcome));
}

void RuntimeApi::ping(http::Request&, http::Respond respond, const std::string&) {
  http::Response response{.status = 200, .body = "pong"};
  response.add_header("Content-Type", "text/plain");
  respond(std::move(response));
}

void RuntimeApi::hand_out(const Invocation& invocation, Instant machine_now) {
  const InvokeRequest& request = invocation.request;
  const Instant deadline =
      machine_now + (invocation.timeout.count() > 0 ? invocation.timeout : kNoDeadline);
  // Exactly this content type: two clients crash without it, and a parameter makes another hand
  // over raw bytes.
  http::Response response = json_response(200, *request.payload);
  response.add_header("Lambda-Runtime-Aws-Request-Id", request.request_id);
  response.add_header("Lambda-Runtime-Deadline-Ms", str_cat(to_millis(deadline)));
  response.add_header("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn);
  response.add_header("Lambda-Runtime-Trace-Id", trace_id());
  if (const auto context = from_base64(request.client_context); context && !context->empty())
    response.add_header("Lambda-Runtime-Client-Context", *context);
  running_ = request.request_id;
  const http::Respond respond = *std::exchange(next_, std::nullopt);
  respond(std::move(response));
}

void RuntimeApi::reset() {
  next_.reset();
  running_.clear();
  finished_.clear();
  ever_connected_ = false;
}

void RuntimeApi::finish(InvokeOutcome outcome) {
  finished_ = std::exchange(running_, {});
  events_.finished(std::move(outcome));
}

}  // namespace tailrace::lambda
