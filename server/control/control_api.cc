#include "server/control/control_api.h"

#include <algorithm>
#include <span>

#include "storage/base/str_cat.h"

namespace tailrace::control {
namespace {

constexpr std::string_view kContentType = "application/json";

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.add_header("Content-Type", kContentType);
  response.body = std::move(body);
  return response;
}

http::Response error_response(const ApiError& error) {
  return json_response(error_form(error.code).http_status, error_body(error));
}

// The path's form and its own status: whoever mistypes a path should see so at once.
http::Response no_route(int status, std::string message) {
  return json_response(status, error_body({.code = ErrorCode::kUnknownOperationException,
                                           .message = std::move(message),
                                           .extra_members = {}}));
}

http::Response answer(Result<std::string> result) {
  if (!result) return error_response(result.error());
  if (result->empty()) return {.status = 204, .header_lines = {}, .body = {}, .close = false};
  return json_response(200, *std::move(result));
}

}  // namespace

void ControlApi::add(std::string_view method, std::string_view path, ControlHandler handler) {
  routes_.push_back({.method = std::string(method),
                     .path = protocol::PathPattern(path),
                     .handler = std::move(handler)});
}

void ControlApi::handle(protocol::RestRequest request, protocol::RestRespond respond) {
  // The first segment of a request's path is `_tailrace`.
  const auto below_root = std::span<const std::string>(request.path)
                              .subspan(std::min<std::size_t>(1, request.path.size()));
  bool path_known = false;
  for (const Route& route : routes_) {
    auto parameters = route.path.match(below_root);
    if (!parameters) continue;
    path_known = true;
    if (route.method != request.method()) continue;

    rapidjson::Document body(rapidjson::kObjectType);
    if (!request.http.body.empty() &&
        (!json::parse_in_place(request.http.body, body) || !body.IsObject())) {
      respond(error_response({.code = ErrorCode::kSerializationException,
                              .message = "The body must be a JSON object",
                              .extra_members = {}}));
      return;
    }
    route.handler({.caller = request.caller,
                   .parameters = *std::move(parameters),
                   .body = body,
                   .client = request.raw},
                  [respond = std::move(respond)](Result<std::string> result) {
                    respond(answer(std::move(result)));
                  });
    return;
  }
  respond(path_known ? no_route(405, str_cat("No such method here: ", request.method()))
                     : no_route(404, "No such path in the control API"));
}

}  // namespace tailrace::control
