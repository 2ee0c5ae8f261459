#include "server/service_caller.h"

#include <memory>

#include "storage/base/check.h"

namespace tailrace {
namespace {

// Keeps the message of a request alive until it is answered, and hands the answer to the home
// thread.
http::Respond answer_to(ServiceCaller::Callback callback,
                        Scheduler& scheduler,
                        std::shared_ptr<http::Request> request) {
  return http::Respond([callback = std::move(callback), &scheduler,
                        request = std::move(request)](http::Response response) {
    scheduler.post(
        [callback, answer = ServiceAnswer{.status = response.status,
                                          .body = std::move(response.body)}] { callback(answer); });
  });
}

}  // namespace

std::string ServiceAnswer::error_type() const {
  rapidjson::Document document;
  if (ok() || !json::parse_copy(body, document) || !document.IsObject()) return {};
  const std::string_view type = json::string_or(document, "__type");
  return std::string(type.substr(type.find('#') + 1));
}

ServiceCaller::ServiceCaller(protocol::JsonService& dynamodb,
                             protocol::RestService& lambda,
                             Scheduler& scheduler,
                             Owner owner)
    : dynamodb_(dynamodb), lambda_(lambda), scheduler_(scheduler), owner_(std::move(owner)) {}

void ServiceCaller::dynamodb(std::string_view operation, std::string body, Callback callback) {
  rapidjson::Document document;
  CHECK(json::parse_in_place(body, document));
  dynamodb_.call({.service = "DynamoDB_20120810",
                  .operation = operation,
                  .caller = owner_,
                  .body = document,
                  .host = "localhost"},
                 protocol::JsonReply(answer_to(std::move(callback), scheduler_, nullptr), {}));
}

void ServiceCaller::lambda(std::string_view method,
                           std::vector<std::string> path,
                           std::vector<std::pair<std::string, std::string>> query,
                           std::string body,
                           Callback callback) {
  auto request = std::make_shared<http::Request>();
  request->method = method;
  request->body = std::move(body);
  http::Respond respond = answer_to(std::move(callback), scheduler_, request);
  lambda_.handle({.http = *request,
                  .path = std::move(path),
                  .query = std::move(query),
                  .caller = owner_,
                  .raw = respond,
                  .source = protocol::RequestSource::kFile},
                 [respond](http::Response response) { respond(std::move(response)); });
}

}  // namespace tailrace
