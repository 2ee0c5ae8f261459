// What answers of HTTP targets mean, row by row. (behaviour/triggers 7.1-7.3)
#include <gtest/gtest.h>

#include "streams/handlers/http_endpoint.h"

namespace tailrace {
namespace {

using enum InvokeStatus;

struct Row {
  std::string name;
  int status;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  InvokeStatus expected;
};

OutgoingResponse response_of(const Row& row) {
  return {.status = row.status, .headers = row.headers, .body = row.body};
}

const std::string kError = R"({"errorType":"TypeError","errorMessage":"x","trace":["a"]})";

const Row kInvokeRows[] = {
    {"success", 200, {{"X-Amz-Executed-Version", "$LATEST"}}, R"({"ok":true})", kSuccess},
    {"success without a body", 200, {}, "", kSuccess},
    {"text as JSON", 200, {}, R"("text")", kSuccess},
    {"AWS: marked error", 200, {{"X-Amz-Function-Error", "Unhandled"}}, kError, kFunctionError},
    {"AWS: handled error", 200, {{"x-amz-function-error", "Handled"}}, kError, kFunctionError},
    {"marked error of another form",
     200,
     {{"X-Amz-Function-Error", "Unhandled"}},
     "1",
     kFunctionError},
    {"RIE: handler error without a mark", 200, {}, kError, kFunctionError},
    {"sam local: Python's four keys, unmarked",
     200,
     {},
     R"({"errorMessage":"m","errorType":"E","requestId":"r","stackTrace":[]})",
     kFunctionError},
    {"only one of both members", 200, {}, R"({"errorMessage":"m"})", kSuccess},
    {"members that are no texts", 200, {}, R"({"errorMessage":1,"errorType":"E"})", kSuccess},
    {"RIE: timeout as text", 200, {}, "Task timed out after 3.00 seconds", kFunctionError},
    {"RIE: process exit",
     502,
     {},
     R"({"errorType":"Runtime.ExitError","errorMessage":"exit status 1"})",
     kFunctionError},
    {"RIE: busy", 400, {}, "", kInvocationFailure},
    {"RIE: reservation failure", 504, {}, "", kInvocationFailure},
    {"sam local: unknown function",
     404,
     {{"x-amzn-errortype", "ResourceNotFound"}},
     R"({"Type":"User","Message":"Function not found: f"})",
     kInvocationFailure},
    {"throttled",
     429,
     {},
     R"({"Reason":"x","Type":"User","message":"Rate Exceeded."})",
     kInvocationFailure},
    {"unavailable", 503, {}, "", kInvocationFailure},
    {"service error", 500, {}, R"({"Type":"Service","Message":"internal"})", kInvocationFailure},
    {"other refusal", 400, {}, R"({"Type":"User","message":"no"})", kFunctionError},
    {"other failure", 500, {}, "oops", kFunctionError},
};

TEST(InvokeOutcome, FollowsTheTableOfInvokeEndpoints) {
  for (const Row& row : kInvokeRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(outcome_of_invoke(response_of(row)).status, row.expected);
  }
}

const Row kHttpRows[] = {
    {"success", 200, {}, R"({"batchItemFailures":[]})", kSuccess},
    {"no content", 204, {}, "", kSuccess},
    {"text", 200, {}, "thanks", kSuccess},
    {"an error object is a return value", 200, {}, kError, kSuccess},
    {"marked error", 200, {{"X-Amz-Function-Error", "Unhandled"}}, kError, kFunctionError},
    {"throttled", 429, {}, "", kInvocationFailure},
    {"throttled for a while", 503, {{"Retry-After", "1"}}, "", kInvocationFailure},
    {"503 alone", 503, {}, "", kFunctionError},
    {"redirect", 302, {{"Location", "/"}}, "", kFunctionError},
    {"not found", 404, {}, "", kFunctionError},
    {"failure", 500, {}, "oops", kFunctionError},
};

TEST(HttpOutcome, FollowsTheRulesOfPlainHandlers) {
  for (const Row& row : kHttpRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(outcome_of_http(response_of(row)).status, row.expected);
  }
}

TEST(HttpOutcome, KeepsTheHandlersOwnErrorBody) {
  const InvokeOutcome outcome = outcome_of_http(
      {.status = 200, .headers = {{"X-Amz-Function-Error", "Unhandled"}}, .body = kError});
  EXPECT_EQ(outcome.body, kError);
  EXPECT_EQ(outcome.error_text, "TypeError: x");
}

struct ExchangeRow {
  ExchangeFailure failure;
  InvokeStatus expected;
};

TEST(HttpOutcome, TellsWhetherTheHandlerMayHaveRun) {
  constexpr ExchangeRow kRows[] = {
      {ExchangeFailure::kNotConnected, kInvocationFailure},
      {ExchangeFailure::kInterrupted, kFunctionError},
      {ExchangeFailure::kTimedOut, kFunctionError},
      {ExchangeFailure::kResponseTooLarge, kFunctionError},
  };
  for (const ExchangeRow& row : kRows) {
    EXPECT_EQ(outcome_of_http({.failure = row.failure}).status, row.expected);
    EXPECT_EQ(outcome_of_invoke({.failure = row.failure}).status, row.expected);
  }
}

TEST(HttpOutcome, WordsTimeoutsAndSizesAsLambda) {
  EXPECT_EQ(timed_out("id", Millis(1000)).body,
            R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: Task timed )"
            R"(out after 1.00 seconds"})");
  EXPECT_EQ(response_too_large().body,
            R"({"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size )"
            R"(exceeded maximum allowed payload size (6291556 bytes)."})");
}

}  // namespace
}  // namespace tailrace
