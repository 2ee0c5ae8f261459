// The Runtime API's host as clients see it, without sockets. (behaviour/runtimes 1-3)
#include "server/lambda/runtime_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "storage/base/base64.h"
#include "storage/base/str_cat.h"

namespace tailrace::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class RuntimeApiTest : public ::testing::Test {
 protected:
  // The answer; nullopt while the request waits. `slot` is filled when it comes later.
  using Slot = std::shared_ptr<std::optional<http::Response>>;
  Slot send(std::string_view method,
            std::string_view path,
            std::string body = {},
            std::vector<http::Header> headers = {}) {
    http::Request request;
    request.method = method;
    request.target = path;
    request.headers = std::move(headers);
    request.body = std::move(body);
    auto slot = std::make_shared<std::optional<http::Response>>();
    api_.handle(request, http::Respond([slot](http::Response response) {
                  EXPECT_FALSE(slot->has_value());
                  *slot = std::move(response);
                }));
    return slot;
  }
  http::Response call(std::string_view method,
                      std::string_view path,
                      std::string body = {},
                      std::vector<http::Header> headers = {}) {
    const Slot slot = send(method, path, std::move(body), std::move(headers));
    EXPECT_TRUE(slot->has_value()) << path;
    return slot->value_or(http::Response{});
  }
  Slot next() { return send("GET", "/2018-06-01/runtime/invocation/next"); }
  http::Response post(std::string_view id,
                      std::string_view what,
                      std::string body,
                      std::vector<http::Header> headers = {}) {
    return call("POST", str_cat("/2018-06-01/runtime/invocation/", id, "/", what), std::move(body),
                std::move(headers));
  }
  void hand_out(std::string id, Millis timeout = Millis(3000), std::string context = {}) {
    api_.hand_out({.request = {.request_id = std::move(id),
                               .payload = std::make_shared<const std::string>(R"({"n":1})"),
                               .client_context = std::move(context)},
                   .function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f",
                   .timeout = timeout},
                  from_millis(1000));
  }
  static void expect_refusal(const http::Response& response, int status, std::string_view type) {
    EXPECT_EQ(response.status, status);
    EXPECT_THAT(response.body, HasSubstr(str_cat("\"errorType\":\"", type, "\"")));
  }

  int waits_ = 0;
  std::vector<InvokeOutcome> finished_;
  std::vector<InvokeOutcome> init_failures_;
  RuntimeApi api_{{.waiting = [this] { ++waits_; },
                   .finished = [this](InvokeOutcome o) { finished_.push_back(std::move(o)); },
                   .failed_to_initialize =
                       [this](InvokeOutcome o) { init_failures_.push_back(std::move(o)); }}};
};

TEST_F(RuntimeApiTest, RefusesWebPages) {
  constexpr std::string_view kNext = "/2018-06-01/runtime/invocation/next";
  const std::vector<http::Header> pages[] = {
      {{"Host", "127.0.0.1:9001"}, {"Origin", "https://evil.example"}},
      {{"Host", "127.0.0.1:9001"}, {"Sec-Fetch-Site", "cross-site"}},
      {{"Host", "evil.example:9001"}},
      {{"Host", "0.0.0.0:9001"}},
  };
  for (const auto& headers : pages) {
    expect_refusal(call("GET", kNext, {}, headers), 403, "Forbidden");
    expect_refusal(call("POST", "/2018-06-01/runtime/init/error", "{}", headers), 403, "Forbidden");
    expect_refusal(call("OPTIONS", kNext, {}, headers), 403, "Forbidden");
  }
  EXPECT_EQ(waits_, 0);
  EXPECT_FALSE(send("GET", kNext, {}, {{"Host", "127.0.0.1:9001"}})->has_value());
  EXPECT_EQ(waits_, 1);
}

TEST_F(RuntimeApiTest, AnswersHeadOfPingButTakesNoEventByIt) {
  EXPECT_EQ(call("HEAD", "/ping").status, 200);
  expect_refusal(call("HEAD", "/2018-06-01/runtime/invocation/next"), 404, "NotFound");
  EXPECT_EQ(waits_, 0);
}

TEST_F(RuntimeApiTest, HoldsNextUntilThereIsAnEvent) {
  const Slot waiting = next();
  EXPECT_FALSE(waiting->has_value());
  EXPECT_TRUE(api_.waiting());
  EXPECT_EQ(waits_, 1);
  hand_out("id-1");
  ASSERT_TRUE(waiting->has_value());
  EXPECT_EQ((*waiting)->status, 200);
  EXPECT_EQ((*waiting)->body, R"({"n":1})");
  EXPECT_EQ((*waiting)->header("Content-Type"), "application/json");
  EXPECT_EQ((*waiting)->header("Lambda-Runtime-Aws-Request-Id"), "id-1");
  EXPECT_EQ((*waiting)->header("Lambda-Runtime-Deadline-Ms"), "4000");
  EXPECT_EQ((*waiting)->header("Lambda-Runtime-Invoked-Function-Arn"),
            "arn:aws:lambda:us-east-1:000000000000:function:f");
  EXPECT_THAT(std::string((*waiting)->header("Lambda-Runtime-Trace-Id")),
              MatchesRegex("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0"));
  EXPECT_EQ((*waiting)->header("Lambda-Runtime-Client-Context"), "");
}

TEST_F(RuntimeApiTest, HandsOverTheClientContextDecoded) {
  const Slot waiting = next();
  hand_out("id-1", Millis(0), to_base64(R"({"custom":{}})"));
  EXPECT_EQ((*waiting)->header("Lambda-Runtime-Client-Context"), R"({"custom":{}})");
}

TEST_F(RuntimeApiTest, AcceptsAResultOnceAndNeverLate) {
  next();
  hand_out("id-1");
  const http::Response accepted = post("id-1", "response", "7");
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(accepted.body, R"({"status":"OK"})");
  ASSERT_THAT(finished_, SizeIs(1));
  EXPECT_EQ(finished_[0].status, InvokeStatus::kSuccess);
  EXPECT_EQ(finished_[0].body, "7");
  const http::Response again = post("id-1", "error", "{}");
  expect_refusal(again, 403, "InvalidStateTransition");
  EXPECT_THAT(again.body, HasSubstr("from RuntimeResponseSentState to InvocationErrorResponse"));
  next();
  hand_out("id-2");
  expect_refusal(post("id-1", "response", "late"), 400, "InvalidRequestID");
  EXPECT_THAT(finished_, SizeIs(1));
}

TEST_F(RuntimeApiTest, RefusesResultsOfAnInvocationThatTimedOut) {
  next();
  hand_out("id-1");
  api_.reset();
  expect_refusal(post("id-1", "response", "late"), 400, "InvalidRequestID");
  expect_refusal(post("id-1", "error", "late"), 400, "InvalidRequestID");
  EXPECT_THAT(finished_, IsEmpty());
}

TEST_F(RuntimeApiTest, RefusesAResultBeforeAnyInvocation) {
  next();
  expect_refusal(post("id-1", "response", "7"), 403, "InvalidStateTransition");
}

TEST_F(RuntimeApiTest, PassesErrorsOnUnchanged) {
  next();
  hand_out("id-1");
  const std::string body = R"({"errorType":"TypeError","errorMessage":"x","trace":[]})";
  EXPECT_EQ(
      post("id-1", "error", body, {{"Lambda-Runtime-Function-Error-Type", "Unhandled"}}).status,
      202);
  ASSERT_THAT(finished_, SizeIs(1));
  EXPECT_EQ(finished_[0].status, InvokeStatus::kFunctionError);
  EXPECT_EQ(finished_[0].body, body);
}

TEST_F(RuntimeApiTest, RefusesResponsesAboveSixMegabytesAndFailsTheInvocation) {
  next();
  hand_out("id-1");
  expect_refusal(post("id-1", "response", std::string(6'291'557, 'x')), 413,
                 "RequestEntityTooLarge");
  ASSERT_THAT(finished_, SizeIs(1));
  EXPECT_THAT(finished_[0].body, HasSubstr("Function.ResponseSizeTooLarge"));
  next();
  hand_out("id-2");
  EXPECT_EQ(post("id-2", "response", std::string(6'291'556, 'x')).status, 202);
}

TEST_F(RuntimeApiTest, TakesStreamedResponsesAndTheirErrorsInTrailers) {
  next();
  hand_out("id-1");
  EXPECT_EQ(post("id-1", "response", "a", {{"Lambda-Runtime-Function-Response-Mode", "streaming"}})
                .status,
            202);
  next();
  hand_out("id-2");
  const std::string error = to_base64(R"({"errorType":"E"})");
  post("id-2", "response", "half",
       {{"Lambda-Runtime-Function-Response-Mode", "streaming"},
        {"Lambda-Runtime-Function-Error-Type", "Unhandled"},
        {"Lambda-Runtime-Function-Error-Body", error}});
  ASSERT_THAT(finished_, SizeIs(2));
  EXPECT_EQ(finished_[0].status, InvokeStatus::kSuccess);
  EXPECT_EQ(finished_[1].status, InvokeStatus::kFunctionError);
  EXPECT_EQ(finished_[1].body, R"({"errorType":"E"})");
}

TEST_F(RuntimeApiTest, RefusesUnknownResponseModes) {
  next();
  hand_out("id-1");
  expect_refusal(post("id-1", "response", "a", {{"Lambda-Runtime-Function-Response-Mode", "odd"}}),
                 400, "InvalidFunctionResponseMode");
}

TEST_F(RuntimeApiTest, TakesAnInitErrorOnlyBeforeTheFirstNext) {
  EXPECT_EQ(call("POST", "/2018-06-01/runtime/init/error", R"({"errorType":"E"})").status, 202);
  ASSERT_THAT(init_failures_, SizeIs(1));
  EXPECT_EQ(init_failures_[0].body, R"({"errorType":"E"})");
  next();
  expect_refusal(call("POST", "/2018-06-01/runtime/init/error", "{}"), 403,
                 "InvalidStateTransition");
  EXPECT_THAT(init_failures_, SizeIs(1));
}

TEST_F(RuntimeApiTest, EndsAnInvocationWhoseClientAsksAgainWithoutAResult) {
  next();
  hand_out("id-1");
  next();
  ASSERT_THAT(finished_, SizeIs(1));
  EXPECT_EQ(finished_[0].status, InvokeStatus::kFunctionError);
  EXPECT_THAT(finished_[0].body, HasSubstr("Runtime.ExitError"));
  EXPECT_TRUE(api_.waiting());
}

TEST_F(RuntimeApiTest, AnswersPingAndNothingElse) {
  EXPECT_EQ(call("GET", "/ping").body, "pong");
  for (const char* path :
       {"/2020-01-01/extension/register", "/2018-06-01/runtime/restore/next",
        "/2022-07-01/telemetry", "/", "/2018-06-01/runtime/invocation//response"})
    EXPECT_EQ(call("GET", path).status, 404) << path;
  EXPECT_EQ(call("POST", "/2018-06-01/runtime/invocation/next").status, 404);
}

}  // namespace
}  // namespace tailrace::lambda
