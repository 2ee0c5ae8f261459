#include "streams/triggers/handler_response.h"

#include <gtest/gtest.h>

#include <vector>

namespace tailrace::triggers {
namespace {

constexpr ResponseRules kReports{.report_item_failures = true};
constexpr ResponseRules kWindow{.window_state = true};
const std::vector<std::uint64_t> kSequences = {40, 42, 45};

AttemptResult result_of(std::string_view body) {
  return read_response(body, kReports, kSequences).attempt.result;
}

TEST(HandlerResponse, TakesTheseForSuccess) {
  for (const char* body :
       {R"({"batchItemFailures":[]})", R"({"batchItemFailures":null})", "{}", "null", "[]", R"("")",
        "", "  \n", R"({"ok":1})", "7", R"("text")", "[1]"}) {
    EXPECT_EQ(result_of(body), AttemptResult::kSuccess) << body;
  }
}

TEST(HandlerResponse, TakesTheseForAFailureOfTheWholeBatch) {
  for (
      const char* body :
      {R"({"batchItemFailures":[{"itemIdentifier":""}]})",
       R"({"batchItemFailures":[{"itemIdentifier":null}]})",
       R"({"batchItemFailures":[{"itemIdentifier":123}]})",
       R"({"batchItemFailures":[{"foo":123}]})", R"({"batchItemFailures":[{"foo":null}]})",
       R"({"batchItemFailures":[{"itemIdentifier":"100000000000000000041"}]})",
       R"({"batchItemFailures":[{"itemIdentifier":"42"}]})", R"({"batchItemFailures":{}})",
       R"({"batchItemFailures":"x"})", R"({"batchItemFailures":["100000000000000000042"]})",
       R"({"batchItemFailures":[{"itemIdentifier":"100000000000000000042"},{"itemIdentifier":""}]})",
       "not json"}) {
    EXPECT_EQ(result_of(body), AttemptResult::kFunctionError) << body;
  }
}

TEST(HandlerResponse, FindsTheLowestReportedRecord) {
  const auto response = read_response(
      R"({"batchItemFailures":[{"itemIdentifier":"100000000000000000045"},{"itemIdentifier":"100000000000000000042"}]})",
      kReports, kSequences);
  EXPECT_EQ(response.attempt.result, AttemptResult::kPartialFailure);
  EXPECT_EQ(response.attempt.first_failed, 1u);
}

TEST(HandlerResponse, IgnoresWhatNobodyAskedFor) {
  const auto response =
      read_response(R"({"batchItemFailures":[{"itemIdentifier":""}]})", {}, kSequences);
  EXPECT_EQ(response.attempt.result, AttemptResult::kSuccess);
  EXPECT_EQ(read_response("not json", {}, kSequences).attempt.result, AttemptResult::kSuccess);
}

TEST(HandlerResponse, NeedsAStateInAWindow) {
  for (const char* body : {"", "null", "{}", R"({"state":null})", "7"}) {
    EXPECT_EQ(read_response(body, kWindow, kSequences).attempt.result,
              AttemptResult::kFunctionError)
        << body;
  }
  const auto response =
      read_response(R"({ "state" : {"count": 41, "mean": 0.1} })", kWindow, kSequences);
  EXPECT_EQ(response.attempt.result, AttemptResult::kSuccess);
  EXPECT_EQ(response.state, R"({"count":41,"mean":0.1})");
}

}  // namespace
}  // namespace tailrace::triggers
