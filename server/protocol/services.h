// What the gateway knows of the rooms above it: a service of the JSON protocol, and REST services.
// They implement these; server/app hands them to the Gateway.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/json.h"
#include "server/http/http_message.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::protocol {

enum class ContentCoding : std::uint8_t { kIdentity, kGzip, kDeflate };

// What of a request decides the form of its answer.
struct AnswerForm {
  bool json_1_0 = false;                            // Content type application/x-amz-json-1.0.
  bool cross_origin = false;                        // There was an Origin header.
  ContentCoding coding = ContentCoding::kIdentity;  // Preferred by the client for large bodies.
};

// One request of the JSON protocol that has passed all checks of protocol and authentication.
// Everything in it is valid until JsonService::call returns, no longer.
struct JsonCall {
  std::string_view service;    // "DynamoDB_20120810"
  std::string_view operation;  // "PutItem"
  Owner caller;
  const json::Value& body;  // An object.
  std::string_view host;    // host:port that the client used.
};

// The way back; copyable. Exactly one of the two calls, once, from any thread.
class JsonReply {
 public:
  JsonReply(http::Respond respond, AnswerForm form) : respond_(std::move(respond)), form_(form) {}

  // JSON text of the answer (empty: no body), or the error.
  void operator()(Result<std::string> answer) const;
  // As above, but `encode` makes the answer on the connection's thread (at once if called there):
  // encoding does not belong on the thread that happened to commit.
  void encoded_by(std::function<Result<std::string>()> encode) const;

 private:
  http::Respond respond_;
  AnswerForm form_;
};

class JsonService {
 public:
  virtual ~JsonService() = default;
  // Any thread; must not block.
  virtual bool known(std::string_view service, std::string_view operation) const = 0;
  // On the connection's thread.
  virtual void call(const JsonCall& call, JsonReply reply) = 0;
};

// Who asks: a client over HTTP, or a file that the user gave (--template), which is trusted to say
// what his processes run with.
enum class RequestSource : std::uint8_t { kHttp, kFile };

// A request by path. Valid until its answer is given; body and the rest of the HTTP message are in
// `http`.
struct RestRequest {
  http::Request& http;
  std::vector<std::string>
      path;  // Segments, percent-decoded, without empty ones: "2015-03-31", "functions", …
  std::vector<std::pair<std::string, std::string>> query;  // Decoded, in order.
  Owner caller;
  http::Respond raw;  // For connected(); answers go through the RestRespond.
  RequestSource source = RequestSource::kHttp;

  // By which its route is found: HEAD has GET's, and the connection leaves the body out.
  std::string_view method() const { return http.method == "HEAD" ? "GET" : http.method; }
  // First value of that name; nullptr if absent.
  const std::string* query_value(std::string_view name) const;
};

// Once, from any thread. Adds x-amzn-RequestId (a UUID) unless there is one.
using RestRespond = std::function<void(http::Response)>;

class RestService {
 public:
  virtual ~RestService() = default;
  // On the home thread. `request` is the service's to keep until it responds.
  virtual void handle(RestRequest request, RestRespond respond) = 0;
};

}  // namespace tailrace::protocol
