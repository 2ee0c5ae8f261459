// ApiError: an answer that is AWS's refusal. One enum and one table hold every error's wire form.
// (behaviour/dynamodb 1.6; behaviour/streams 10; behaviour/triggers 1.1)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace {

enum class ErrorCode : std::uint8_t {
  // DynamoDB and DynamoDB Streams.
  kValidationException,
  kSerializationException,
  kUnknownOperationException,
  kMissingAuthenticationTokenException,
  kIncompleteSignatureException,
  kInvalidSignatureException,
  kUnrecognizedClientException,
  kAccessDeniedException,
  kExpiredTokenException,
  kResourceNotFoundException,
  kResourceInUseException,
  kConditionalCheckFailedException,
  kTransactionCanceledException,
  kTransactionConflictException,
  kTransactionInProgressException,
  kIdempotentParameterMismatchException,
  kDuplicateItemException,
  kItemCollectionSizeLimitExceededException,
  kLimitExceededException,
  kProvisionedThroughputExceededException,
  kRequestLimitExceeded,
  kThrottlingException,
  kTrimmedDataAccessException,
  kExpiredIteratorException,
  kInternalServerError,
  kInternalFailure,
  kServiceUnavailable,
  // Lambda.
  kInvalidParameterValueException,
  kResourceConflictException,
  kTooManyRequestsException,
  kRequestTooLargeException,
  kRequestEntityTooLargeException,
  kInvalidRequestContentException,
  kPreconditionFailedException,
  kServiceException,
};

struct ApiError {
  ErrorCode code;
  std::string message;        // Empty: the wire form has no message member (e.g. malformed JSON).
  std::string extra_members;  // JSON text of further members, `"Item":{…}`, without a leading comma.
};

// Names and wire form of a code.
struct ErrorForm {
  std::string_view name;            // "ValidationException"
  std::string_view prefix;          // "com.amazon.coral.validate#"
  std::string_view message_member;  // "message" or "Message"
  int http_status;                  // Of the JSON protocol; Lambda's REST form has its own (server/lambda).
};

const ErrorForm& error_form(ErrorCode code);

// {"__type":"<prefix>#<name>","message":"…",…}
std::string error_body(const ApiError& error);

// The error that is by far the most frequent.
inline ApiError validation_error(std::string message) {
  return {.code = ErrorCode::kValidationException, .message = std::move(message), .extra_members = {}};
}

}  // namespace tailrace
