#include "server/lambda/lambda_api.h"

#include "server/lambda/lambda_error.h"

namespace tailrace::lambda {

namespace {

// The request and what its handler sees of it, kept until the answer.
struct KeptCall {
  explicit KeptCall(protocol::RestRequest kept)
      : request(std::move(kept)), call{.request = request, .parameters = {}} {}
  protocol::RestRequest request;
  LambdaCall call;
};

ApiError not_json() {
  return {.code = ErrorCode::kInvalidRequestContentException,
          .message = "Could not parse request body into json: Unexpected character",
          .extra_members = {}};
}

http::Response success(int status, const std::string& body) {
  if (!body.empty()) return json_response(status, body);
  http::Response response;
  response.status = status;
  return response;
}

http::Response no_route() {
  http::Response response =
      json_response(404, R"({"Message":"no such operation in Lambda's API"})");
  response.add_header("x-amzn-ErrorType", "UnknownOperationException");
  return response;
}

}  // namespace

void LambdaApi::add(std::string_view method,
                    std::string_view path,
                    int success_status,
                    Handler handler) {
  add_raw(
      method, path,
      [success_status, handler = std::move(handler)](const std::shared_ptr<const LambdaCall>& call,
                                                     const protocol::RestRespond& respond) {
        rapidjson::Document input(rapidjson::kObjectType);
        std::string& body = call->request.http.body;
        if (!body.empty() && (!json::parse_in_place(body, input) || !input.IsObject())) {
          respond(error_response(not_json()));
          return;
        }
        handler(*call, input, [call, success_status, respond](const Result<std::string>& result) {
          respond(result ? success(success_status, *result) : error_response(result.error()));
        });
      });
}

void LambdaApi::add_raw(std::string_view method, std::string_view path, RawHandler handler) {
  routes_.push_back({.method = std::string(method),
                     .path = protocol::PathPattern(path),
                     .handler = std::move(handler)});
}

void LambdaApi::handle(protocol::RestRequest request, protocol::RestRespond respond) {
  for (const Route& route : routes_) {
    if (route.method != request.method()) continue;
    auto parameters = route.path.match(request.path);
    if (!parameters) continue;
    auto kept = std::make_shared<KeptCall>(std::move(request));
    kept->call.parameters = *std::move(parameters);
    route.handler(std::shared_ptr<const LambdaCall>(kept, &kept->call), std::move(respond));
    return;
  }
  respond(no_route());
}

}  // namespace tailrace::lambda
