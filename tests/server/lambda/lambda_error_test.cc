#include "server/lambda/lambda_error.h"

#include <gtest/gtest.h>

namespace tailrace::lambda {
namespace {

struct ErrorCase {
  ErrorCode code;
  int status;
  const char* type;
  const char* body;
};

TEST(LambdaError, HasTheRestFormOfEachError) {
  const ErrorCase cases[] = {
      {ErrorCode::kResourceNotFoundException, 404, "ResourceNotFoundException",
       R"({"Type":"User","Message":"m"})"},
      {ErrorCode::kInvalidParameterValueException, 400, "InvalidParameterValueException",
       R"({"Type":"User","message":"m"})"},
      {ErrorCode::kResourceConflictException, 409, "ResourceConflictException",
       R"({"Type":"User","message":"m"})"},
      {ErrorCode::kResourceInUseException, 400, "ResourceInUseException",
       R"({"Type":"User","Message":"m"})"},
      {ErrorCode::kValidationException, 400, "ValidationException", R"({"message":"m"})"},
      {ErrorCode::kServiceException, 500, "ServiceException",
       R"({"Type":"Service","Message":"m"})"},
      {ErrorCode::kInternalServerError, 500, "ServiceException",
       R"({"Type":"Service","Message":"m"})"},
      {ErrorCode::kAccessDeniedException, 403, "AccessDeniedException", R"({"Message":"m"})"},
  };
  for (const ErrorCase& row : cases) {
    const http::Response response =
        error_response({.code = row.code, .message = "m", .extra_members = {}});
    EXPECT_EQ(response.status, row.status);
    EXPECT_EQ(response.header("x-amzn-ErrorType"), row.type);
    EXPECT_EQ(response.body, row.body);
  }
}

TEST(LambdaError, PutsTheThrottlingReasonFirst) {
  const http::Response response = error_response(
      {.code = ErrorCode::kTooManyRequestsException,
       .message = "Rate Exceeded.",
       .extra_members = R"("Reason":"ReservedFunctionConcurrentInvocationLimitExceeded")"});
  EXPECT_EQ(
      response.body,
      R"({"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."})");
}

}  // namespace
}  // namespace tailrace::lambda
