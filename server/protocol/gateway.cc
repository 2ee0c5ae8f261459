#include "server/protocol/gateway.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/protocol/answers.h"
#include "server/protocol/authentication.h"
#include "server/protocol/content_coding.h"
#include "server/protocol/text.h"
#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::protocol {
namespace {

using http::equals_ignoring_case;
using http::Request;
using http::Respond;
using http::Response;

constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;  // Decoded; as sent it is the listener's.
constexpr std::size_t kTreeBytes = 64 * 1024;            // For the tree of a body of some 50 KB.

constexpr std::string_view kControlPath = "/_tailrace";

enum class JsonType { kNone, kAmz10, kPlain };

// What the gateway looks at, found in one pass. First of each name.
struct Heads {
  std::string_view host, origin, content_type, target, accept_encoding, content_encoding;
};

Heads heads_of(const Request& request) {
  Heads heads;
  const auto take = [](std::string_view& place, const http::Header& header, std::string_view name) {
    if (place.data() == nullptr && equals_ignoring_case(header.name, name)) place = header.value;
  };
  for (const http::Header& header : request.headers) {
    switch (header.name.size()) {
      case 4:
        take(heads.host, header, "host");
        break;
      case 6:
        take(heads.origin, header, "origin");
        break;
      case 12:
        take(heads.target, header, "x-amz-target");
        take(heads.content_type, header, "content-type");
        break;
      case 15:
        take(heads.accept_encoding, header, "accept-encoding");
        break;
      case 16:
        take(heads.content_encoding, header, "content-encoding");
        break;
      default:
        break;
    }
  }
  return heads;
}

JsonType json_type_of(std::string_view content_type) {
  const std::string_view type = trimmed(take_until(content_type, ';'));
  if (equals_ignoring_case(type, "application/x-amz-json-1.0")) return JsonType::kAmz10;
  if (equals_ignoring_case(type, "application/json")) return JsonType::kPlain;
  return JsonType::kNone;
}

// "/2015-03-31/…"
bool has_dated_prefix(std::string_view path) {
  constexpr std::string_view kForm = "/dddd-dd-dd/";
  if (path.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = path[i] >= '0' && path[i] <= '9';
    if (kForm[i] == 'd' ? !digit : path[i] != kForm[i]) return false;
  }
  return true;
}

bool is_control(std::string_view path) {
  return path == kControlPath ||
         (path.starts_with(kControlPath) && path[kControlPath.size()] == '/');
}

bool is_same_origin(std::string_view origin, std::string_view host) {
  const std::size_t scheme_end = origin.find("://");
  return scheme_end != std::string_view::npos &&
         equals_ignoring_case(origin.substr(scheme_end + 3), host);
}

// An address or localhost: a name could have been made by a stranger to point here (DNS rebinding).
bool is_own_host(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::string_view name = take_until(host, ':');
  const bool address = std::all_of(name.begin(), name.end(),
                                   [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return address || equals_ignoring_case(name, "localhost");
}

Response message_answer(int status, std::string_view message) {
  Response response;
  response.status = status;
  response.add_header("Content-Type", "application/json");
  JsonWriter(response.body).begin_object().string("message", message).end_object();
  return response;
}

// As Lambda's front refuses signatures.
Response rest_refusal(const ApiError& error) {
  Response response = message_answer(403, error.message);
  response.add_header("x-amzn-ErrorType", error_form(error.code).name);
  return response;
}

ApiError without_message(ErrorCode code) {
  return {.code = code, .message = {}, .extra_members = {}};
}

}  // namespace

struct Gateway::State {
  GatewayOptions options;
  Parts parts;

  void json(Request& request, const Heads& heads, Respond respond);
  void control(Request& request, const Heads& heads, Respond respond);
  void lambda(Request& request, const Heads& heads, Respond respond);
  void rest(RestService& service, Request& request, Owner caller, AnswerForm form, Respond respond);

  bool verifies() const { return options.signatures == SignaturePolicy::kVerify; }
  Result<void> verify(const Request& request,
                      const Digest& body_hash,
// The service says InternalServerError (spec dynamodb 1.1), which SDKs take for passing and repeat.
// Nothing about such a body passes, so it is refused like one that is no JSON.
ApiError undecodable(std::string_view content_encoding) {
  return {.code = ErrorCode::kSerializationException,
          .message = str_cat("The body cannot be decoded as Content-Encoding '", content_encoding,
                             "' says; gzip, deflate and identity are known"),
          .extra_members = {}};
}

                      const Credentials& credentials,
                      std::string_view service);
  Owner owner(const Credentials& credentials) const {
    return owner_of(options.owners == OwnerPolicy::kShared ? Credentials{} : credentials,
                    options.default_region);
  }
};

Gateway::Gateway(GatewayOptions options, const Parts& parts)
    : state_(new State{std::move(options), parts}) {}
Gateway::~Gateway() = default;

void Gateway::handle(Request& request, Respond respond) {
  const Heads heads = heads_of(request);
  const std::string_view path = split_target(request.target).path;
  if (path == "/" && request.method == "POST")
    return state_->json(request, heads, std::move(respond));
  if (is_control(path)) return state_->control(request, heads, std::move(respond));

  const AnswerForm form{.cross_origin = heads.origin.data() != nullptr};
  if (request.method == "OPTIONS")
    return respond(form.cross_origin ? preflight_answer(request) : not_found(form));
  if (has_dated_prefix(path)) return state_->lambda(request, heads, std::move(respond));
  if (path == "/" && request.method == "GET")
    return respond(plain_answer(
        200, str_cat("healthy: dynamodb.", state_->options.default_region, ".amazonaws.com "),
        form));
  respond(not_found(form));
}

Result<void> Gateway::State::verify(const Request& request,
                                    const Digest& body_hash,
                                    const Credentials& credentials,
                                    std::string_view service) {
  if (!verifies()) return {};
  return verify_signature(request, body_hash, credentials, service, options.secret_keys,
                          parts.machine_clock.now());
}

// The checks in the service's order (spec dynamodb 1.4); the body's size was the connection's.
void Gateway::State::json(Request& request, const Heads& heads, Respond respond) {
  const JsonType type = json_type_of(heads.content_type);
  const AnswerForm form{.json_1_0 = type == JsonType::kAmz10,
                        .cross_origin = heads.origin.data() != nullptr,
                        .coding = heads.accept_encoding.empty()
                                      ? ContentCoding::kIdentity
                                      : preferred_coding(heads.accept_encoding)};
  const auto refuse = [&](const ApiError& error) { respond(json_error(error, form)); };

  std::string& body = request.body;
  if (!body.empty() && type == JsonType::kNone) return respond(not_found(form));
  const Digest body_hash = verifies() ? sha256(body) : Digest{};
  if (!heads.content_encoding.empty()) {
    switch (decode_body(heads.content_encoding, kBodyBytesMax, body)) {
      case Decoded::kDone:
        break;
      case Decoded::kTooLarge:
        return respond(plain_answer(413, {}, form));
      case Decoded::kBroken:
        return refuse(undecodable(heads.content_encoding));
    }
  }

  char memory[kTreeBytes];  // Most trees fit, and cost no allocation.
  rapidjson::MemoryPoolAllocator<> allocator(memory, sizeof memory);
  rapidjson::Document document(&allocator);
  if (!body.empty() && !json::parse_in_place(body, document))
    return refuse(without_message(ErrorCode::kSerializationException));

  std::string_view operation = heads.target;
  const std::string_view service = take_until(operation, '.');
  if (operation.empty() || !parts.json.known(service, operation))
    return refuse(without_message(ErrorCode::kUnknownOperationException));

  const Result<Credentials> credentials = read_credentials(request);
  if (!credentials) return refuse(credentials.error());
  if (const auto verified = verify(request, body_hash, *credentials, "dynamodb"); !verified)
    return refuse(verified.error());

  if (!document.IsObject())  // An empty body among them.
    return refuse(without_message(ErrorCode::kSerializationException));

  const JsonCall call{.service = service,
                      .operation = operation,
                      .caller = owner(*credentials),
                      .body = document,
                      .host = heads.host.empty() ? request.local_endpoint : heads.host};
  parts.json.call(call, JsonReply(std::move(respond), form));
  request.body_is_read = true;
}

// Commands change and reveal everything, and are not signed: they are for programs on this machine,
// and not for the scripts of web pages that a browser on it shows.
void Gateway::State::control(Request& request, const Heads& heads, Respond respond) {
  const Target target = split_target(request.target);
  const bool health = request.method == "GET" && path_segments(target.path).back() == "health" &&
                      path_segments(target.path).size() == 2;
  const bool foreign = heads.origin.data() != nullptr && !is_same_origin(heads.origin, heads.host);
  if (foreign)
    return respond(message_answer(403, "control requests of foreign web pages are refused"));
  if (!health && options.control == ControlAccess::kLoopbackOnly) {
    if (!request.from_loopback)
      return respond(message_answer(
          403, "control requests are answered to this machine only; see --help for the option"));
    if (!is_own_host(heads.host))
      return respond(
          message_answer(403, "use localhost or an address as host of control requests"));
  }
  rest(parts.control, request, owner({}), {}, std::move(respond));
}

void Gateway::State::lambda(Request& request, const Heads& heads, Respond respond) {
  const AnswerForm form{.cross_origin = heads.origin.data() != nullptr};
  const Result<Credentials> credentials = read_credentials(request);
  if (verifies()) {
    const Result<void> verified =
        credentials ? verify(request, sha256(request.body), *credentials, "lambda")
                    : Result<void>(credentials.error());
    if (!verified) {
      Response response = rest_refusal(verified.error());
      complete_rest_answer(response, form);
      return respond(std::move(response));
    }
  }
  // Functions' own tools call without signature, so none is asked for unless it is checked.
  rest(parts.lambda, request, owner(credentials ? *credentials : Credentials{}), form,
       std::move(respond));
}

void Gateway::State::rest(
    RestService& service, Request& request, Owner caller, AnswerForm form, Respond respond) {
  parts.scheduler.post([&service, &request, caller = std::move(caller), form, respond] {
    const Target target = split_target(request.target);
    service.handle({.http = request,
                    .path = path_segments(target.path),
                    .query = query_parameters(target.query),
                    .caller = caller,
                    .raw = respond},
                   [respond, form](Response response) {
                     complete_rest_answer(response, form);
                     respond(std::move(response));
                   });
  });
}

}  // namespace tailrace::protocol
