#include "server/lambda/lambda_error.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include "storage/base/json_text.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {

namespace {

constexpr std::string_view kUser = "User";
constexpr std::string_view kService = "Service";
constexpr std::string_view kNoType = "";

struct RestForm {
  ErrorCode code;
  int status;
  std::string_view type;  // Member `Type`; empty: absent.
  std::string_view message_member;
};

constexpr RestForm kForms[] = {
    {ErrorCode::kResourceNotFoundException, 404, kUser, "Message"},
    {ErrorCode::kInvalidParameterValueException, 400, kUser, "message"},
    {ErrorCode::kResourceConflictException, 409, kUser, "message"},
    {ErrorCode::kResourceInUseException, 400, kUser, "Message"},
    {ErrorCode::kValidationException, 400, kNoType, "message"},
    {ErrorCode::kTooManyRequestsException, 429, kUser, "message"},
    {ErrorCode::kRequestTooLargeException, 413, kUser, "message"},
    {ErrorCode::kRequestEntityTooLargeException, 413, kUser, "message"},
    {ErrorCode::kInvalidRequestContentException, 400, kUser, "message"},
    {ErrorCode::kPreconditionFailedException, 412, kUser, "Message"},
    {ErrorCode::kSerializationException, 400, kUser, "message"},
    {ErrorCode::kAccessDeniedException, 403, kNoType, "Message"},
};
// Whatever else comes up is ours: ServiceException.
constexpr RestForm kServiceForm{ErrorCode::kServiceException, 500, kService, "Message"};

const RestForm& form_of(ErrorCode code) {
  const auto* form = std::ranges::find(kForms, code, &RestForm::code);
  return form == std::end(kForms) ? kServiceForm : *form;
}

}  // namespace

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.add_header("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

http::Response error_response(const ApiError& error) {
  const RestForm& form = form_of(error.code);
  std::string body = "{";
  if (!error.extra_members.empty()) str_append(body, error.extra_members, ",");
  if (!form.type.empty()) str_append(body, "\"Type\":\"", form.type, "\",");
  str_append(body, '"', form.message_member, "\":");
  append_json_string(body, error.message);
  body += '}';
  http::Response response = json_response(form.status, std::move(body));
  response.add_header("x-amzn-ErrorType", error_form(form.code).name);
  return response;
}

ApiError invalid_parameter(std::string message) {
  return {.code = ErrorCode::kInvalidParameterValueException,
          .message = std::move(message),
          .extra_members = {}};
}

ApiError resource_not_found(std::string message) {
  return {.code = ErrorCode::kResourceNotFoundException,
          .message = std::move(message),
          .extra_members = {}};
}

}  // namespace tailrace::lambda
