#include "storage/base/api_error.h"

#include <array>

#include "storage/base/check.h"
#include "storage/base/json_text.h"

namespace tailrace {
namespace {

constexpr std::string_view kService = "com.amazon.coral.service#";
constexpr std::string_view kValidate = "com.amazon.coral.validate#";
constexpr std::string_view kDynamo = "com.amazonaws.dynamodb.v20120810#";
constexpr std::string_view kNone = "";

struct Row {
  ErrorCode code;
  ErrorForm form;
};

// clang-format off
constexpr Row kRows[] = {
    {ErrorCode::kValidationException,                      {"ValidationException", kValidate, "message", 400}},
    {ErrorCode::kSerializationException,                   {"SerializationException", kService, "Message", 400}},
    {ErrorCode::kUnknownOperationException,                {"UnknownOperationException", kService, "message", 400}},
    {ErrorCode::kMissingAuthenticationTokenException,      {"MissingAuthenticationTokenException", kService, "message", 400}},
    {ErrorCode::kIncompleteSignatureException,             {"IncompleteSignatureException", kService, "message", 400}},
    {ErrorCode::kInvalidSignatureException,                {"InvalidSignatureException", kService, "message", 400}},
    {ErrorCode::kUnrecognizedClientException,              {"UnrecognizedClientException", kService, "message", 400}},
    {ErrorCode::kAccessDeniedException,                    {"AccessDeniedException", kService, "Message", 400}},
    {ErrorCode::kExpiredTokenException,                    {"ExpiredTokenException", kService, "message", 400}},
    {ErrorCode::kResourceNotFoundException,                {"ResourceNotFoundException", kDynamo, "message", 400}},
    {ErrorCode::kResourceInUseException,                   {"ResourceInUseException", kDynamo, "message", 400}},
    {ErrorCode::kConditionalCheckFailedException,          {"ConditionalCheckFailedException", kDynamo, "message", 400}},
    {ErrorCode::kTransactionCanceledException,             {"TransactionCanceledException", kDynamo, "Message", 400}},
    {ErrorCode::kTransactionConflictException,             {"TransactionConflictException", kDynamo, "message", 400}},
    {ErrorCode::kTransactionInProgressException,           {"TransactionInProgressException", kDynamo, "message", 400}},
    {ErrorCode::kIdempotentParameterMismatchException,     {"IdempotentParameterMismatchException", kDynamo, "message", 400}},
    {ErrorCode::kDuplicateItemException,                   {"DuplicateItemException", kDynamo, "message", 400}},
    {ErrorCode::kItemCollectionSizeLimitExceededException, {"ItemCollectionSizeLimitExceededException", kDynamo, "message", 400}},
    {ErrorCode::kLimitExceededException,                   {"LimitExceededException", kDynamo, "message", 400}},
    {ErrorCode::kProvisionedThroughputExceededException,   {"ProvisionedThroughputExceededException", kDynamo, "message", 400}},
    {ErrorCode::kRequestLimitExceeded,                     {"RequestLimitExceeded", kDynamo, "message", 400}},
    {ErrorCode::kThrottlingException,                      {"ThrottlingException", kDynamo, "message", 400}},
    {ErrorCode::kTrimmedDataAccessException,               {"TrimmedDataAccessException", kDynamo, "message", 400}},
    {ErrorCode::kExpiredIteratorException,                 {"ExpiredIteratorException", kDynamo, "message", 400}},
    {ErrorCode::kInternalServerError,                      {"InternalServerError", kDynamo, "message", 500}},
    {ErrorCode::kInternalFailure,                          {"InternalFailure", kService, "message", 500}},
    {ErrorCode::kServiceUnavailable,                       {"ServiceUnavailable", kService, "message", 503}},
    {ErrorCode::kInvalidParameterValueException,           {"InvalidParameterValueException", kNone, "message", 400}},
    {ErrorCode::kResourceConflictException,                {"ResourceConflictException", kNone, "message", 409}},
    {ErrorCode::kTooManyRequestsException,                 {"TooManyRequestsException", kNone, "message", 429}},
    {ErrorCode::kRequestTooLargeException,                 {"RequestTooLargeException", kNone, "message", 413}},
    {ErrorCode::kRequestEntityTooLargeException,           {"RequestEntityTooLargeException", kNone, "message", 413}},
    {ErrorCode::kInvalidRequestContentException,           {"InvalidRequestContentException", kNone, "message", 400}},
    {ErrorCode::kPreconditionFailedException,              {"PreconditionFailedException", kNone, "Message", 412}},
    {ErrorCode::kServiceException,                         {"ServiceException", kNone, "Message", 500}},
};
// clang-format on

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (static_cast<std::size_t>(kRows[i].code) != i) return false;
  return std::size(kRows) == static_cast<std::size_t>(ErrorCode::kServiceException) + 1;
}
static_assert(rows_follow_the_enum());

}  // namespace

const ErrorForm& error_form(ErrorCode code) {
  return kRows[static_cast<std::size_t>(code)].form;
}

std::string error_body(const ApiError& error) {
  const ErrorForm& form = error_form(error.code);
  std::string body = "{\"__type\":\"";
  body.append(form.prefix).append(form.name).push_back('"');
  if (!error.message.empty()) {
    body.append(",\"").append(form.message_member).append("\":");
    append_json_string(body, error.message);
  }
  if (!error.extra_members.empty()) body.append(",").append(error.extra_members);
  body.push_back('}');
  return body;
}

}  // namespace tailrace
