#include "server/protocol/gateway.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/protocol/answers.h"
#include "server/protocol/authentication.h"
#include "server/protocol/content_coding.h"
#include "server/protocol/page_policy.h"
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
// Bodies beyond this may be parsed to much more than they are: 16 MB of `0,` to 8 million values.
constexpr std::size_t kLargeBodyBytes = 256 * 1024;
constexpr std::size_t kValueBytes = 96;  // Of a parsed value, with the same value decoded.
constexpr std::size_t kTreeBytes = 64 * 1024;            // For the tree of a body of some 50 KB.

constexpr std::string_view kControlPath = "/_tailrace";

enum class JsonType { kNone, kAmz10, kPlain };

// What the gateway looks at, found in one pass. First of each name.
struct Heads {
  PageHeaders page;
  std::string_view content_type, target, accept_encoding, content_encoding;
};

Heads heads_of(const Request& request) {
  Heads heads;
  const auto take = [](std::string_view& place, const http::Header& header, std::string_view name) {
    if (place.data() == nullptr && equals_ignoring_case(header.name, name)) place = header.value;
  };
  for (const http::Header& header : request.headers) {
    switch (header.name.size()) {
      case 4:
        take(heads.page.host, header, "host");
        break;
      case 6:
        take(heads.page.origin, header, "origin");
        break;
      case 12:
        take(heads.target, header, "x-amz-target");
        take(heads.content_type, header, "content-type");
        break;
      case 14:
        take(heads.page.fetch_site, header, "sec-fetch-site");
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

// HEAD is GET but for the body, which the connection leaves out.
bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

bool is_health(const Request& request, std::string_view path) {
  const std::vector<std::string> segments = path_segments(path);
  return is_read(request.method) && segments.size() == 2 && segments.back() == "health";
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
  complete_rest_answer(response);
  return response;
}

ApiError access_denied(std::string_view message) {
  return {.code = ErrorCode::kAccessDeniedException,
          .message = std::string(message),
          .extra_members = {}};
}

// For a page that may not use DynamoDB's API: 403 as elsewhere on the web, and no CORS headers.
Response page_refusal(std::string_view why, AnswerForm form) {
  form.cross_origin = false;
  Response response = json_error(access_denied(why), form);
  response.status = 403;
  return response;
}

ApiError without_message(ErrorCode code) {
  return {.code = code, .message = {}, .extra_members = {}};
}

// The service says InternalServerError (behaviour/dynamodb 1.1), which SDKs take for passing and
// repeat. Nothing about such a body passes, so it is refused like one that is no JSON.
ApiError undecodable(std::string_view content_encoding) {
  return {.code = ErrorCode::kSerializationException,
          .message = str_cat("The body cannot be decoded as Content-Encoding '", content_encoding,
                             "' says; gzip, deflate and identity are known"),
          .extra_members = {}};
}

// No less than what the values of a body take when it is parsed: each but the first follows one of
// four characters, outside of strings.
std::size_t tree_bytes(std::string_view body) {
  std::size_t values = 1;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (c == ',' || c == ':' || c == '[' || c == '{') ++values;
    if (c != '"') continue;
    for (++i; i < body.size() && body[i] != '"'; ++i)
      if (body[i] == '\\') ++i;
  }
  return kValueBytes * values;
}

}  // namespace

struct Gateway::State {
  GatewayOptions options;
  Parts parts;
  PagePolicy pages{options.pages};

  void json(Request& request, const Heads& heads, Respond respond);
  void control(Request& request, const Heads& heads, Respond respond);
  void lambda(Request& request, const Heads& heads, Respond respond);
  void other(Request& request, const Heads& heads, std::string_view path, Respond respond);
  void rest(RestService& service, Request& request, Owner caller, Respond respond);

  bool verifies() const { return options.signatures == SignaturePolicy::kVerify; }
  Result<void> verify(const Request& request,
                      const Digest& body_hash,
                      const Credentials& credentials,
                      std::string_view service);
  Owner owner(const Credentials& credentials) const {
    return owner_of(options.owners == OwnerPolicy::kShared ? Credentials{} : credentials,
                    options.default_region);
  }
};

Gateway::Gateway(GatewayOptions options, const Parts& parts)
    : state_(new State{.options = std::move(options), .parts = parts}) {}
Gateway::~Gateway() = default;

void Gateway::handle(Request& request, Respond respond) {
  const Heads heads = heads_of(request);
  const std::string_view path = split_target(request.target).path;
  if (path == "/" && request.method == "POST")
    return state_->json(request, heads, std::move(respond));
  if (is_control(path)) return state_->control(request, heads, std::move(respond));
  if (has_dated_prefix(path)) return state_->lambda(request, heads, std::move(respond));
  state_->other(request, heads, path, std::move(respond));
}

// What the service answers to other methods and paths (behaviour/dynamodb 1.3). Its health is no
// secret.
void Gateway::State::other(Request& request,
                           const Heads& heads,
                           std::string_view path,
                           Respond respond) {
  const bool from_page = heads.page.sent_by_page();
  const auto refusal = from_page ? pages.refuse_table_call(heads.page) : std::nullopt;
  const AnswerForm form{.cross_origin = heads.page.origin.data() != nullptr && !refusal};
  if (path == "/" && is_read(request.method))
    return respond(plain_answer(
        200, str_cat("healthy: dynamodb.", options.default_region, ".amazonaws.com "), form));
  if (refusal) return respond(page_refusal(*refusal, form));
  if (request.method == "OPTIONS" && form.cross_origin) return respond(preflight_answer(request));
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

// The checks in the service's order (behaviour/dynamodb 1.4); the body's size was the connection's.
void Gateway::State::json(Request& request, const Heads& heads, Respond respond) {
  const JsonType type = json_type_of(heads.content_type);
  const AnswerForm form{.json_1_0 = type == JsonType::kAmz10,
                        .cross_origin = heads.page.origin.data() != nullptr,
                        .coding = heads.accept_encoding.empty()
                                      ? ContentCoding::kIdentity
                                      : preferred_coding(heads.accept_encoding)};
  const auto refuse = [&](const ApiError& error) { respond(json_error(error, form)); };

  if (heads.page.sent_by_page())
    if (const auto refusal = pages.refuse_table_call(heads.page))
      return respond(page_refusal(*refusal, form));
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

  MemoryShare tree(parts.memory);
  if (body.size() > kLargeBodyBytes && !tree.try_hold(tree_bytes(body))) {
    return refuse({.code = ErrorCode::kInternalServerError,
                   .message = "There is not enough memory for all the values of this request; send "
                              "fewer, or start the server with a larger --max-memory",
                   .extra_members = {}});
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
                      .host = heads.page.host.empty() ? request.local_endpoint : heads.page.host};
  parts.json.call(call, JsonReply(std::move(respond), form));
  request.body_is_read = true;
}

// Commands change and reveal everything, and are not signed: they are for programs on this machine,
// and not for the scripts of web pages that a browser on it shows. Health is for every program, by
// whatever name.
void Gateway::State::control(Request& request, const Heads& heads, Respond respond) {
  PageHeaders headers = heads.page;
  const bool health = is_health(request, split_target(request.target).path);
  if (health && !headers.sent_by_page()) headers.host = {};
  if (const auto refusal = pages.refuse_command(headers))
    return respond(message_answer(403, *refusal));
  if (!health && options.control == ControlAccess::kLoopbackOnly && !request.from_loopback)
    return respond(message_answer(
        403, "control requests are answered to this machine only; see --help for the option"));
  rest(parts.control, request, owner({}), std::move(respond));
}

// Functions are code, and their settings hold secrets: what holds for commands holds for them.
void Gateway::State::lambda(Request& request, const Heads& heads, Respond respond) {
  if (const auto refusal = pages.refuse_command(heads.page))
    return respond(rest_refusal(access_denied(*refusal)));
  const Result<Credentials> credentials = read_credentials(request);
  if (verifies()) {
    const Result<void> verified =
        credentials ? verify(request, sha256(request.body), *credentials, "lambda")
                    : Result<void>(credentials.error());
    if (!verified) return respond(rest_refusal(verified.error()));
  }
  // Functions' own tools call without signature, so none is asked for unless it is checked.
  rest(parts.lambda, request, owner(credentials ? *credentials : Credentials{}),
       std::move(respond));
}

void Gateway::State::rest(RestService& service, Request& request, Owner caller, Respond respond) {
  parts.scheduler.post([&service, &request, caller = std::move(caller), respond] {
    const Target target = split_target(request.target);
    service.handle({.http = request,
                    .path = path_segments(target.path),
                    .query = query_parameters(target.query),
                    .caller = caller,
                    .raw = respond},
                   [respond](Response response) {
                     complete_rest_answer(response);
                     respond(std::move(response));
                   });
  });
}

}  // namespace tailrace::protocol
