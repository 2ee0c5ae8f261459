#include "server/lambda/invoke_api.h"

#include <map>

#include "server/lambda/event_stream.h"
#include "server/protocol/crc32.h"
#include "storage/base/base64.h"
#include "tests/server/lambda/lambda_fixture.h"

namespace tailrace::lambda {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kInvoke = "/2015-03-31/functions/f/invocations";
constexpr std::string_view kConcurrency = "/2017-10-31/functions/f/concurrency";

class InvokeApiTest : public LambdaTest {
 protected:
  InvokeApiTest() { bind("f"); }
  static InvokeOutcome failure() { return function_error("TypeError", "broken"); }
};

TEST_F(InvokeApiTest, ReturnsTheFunctionsAnswerAsItIs) {
  script_.outcomes.push_back({.body = R"("text")"});
  const RestAnswer answer = call("POST", kInvoke, R"({"a":1})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"("text")");
  EXPECT_EQ(answer.header("X-Amz-Executed-Version"), "$LATEST");
  EXPECT_EQ(answer.header("X-Amz-Function-Error"), "");
  ASSERT_THAT(script_.invocations, SizeIs(1));
  EXPECT_EQ(*script_.invocations[0].request.payload, R"({"a":1})");
}

TEST_F(InvokeApiTest, TakesAnEmptyBodyForAnEmptyObjectAndAnswersNullForNothing) {
  script_.outcomes.push_back({});
  EXPECT_EQ(call("POST", kInvoke).body, "null");
  EXPECT_EQ(*script_.invocations[0].request.payload, "{}");
}

TEST_F(InvokeApiTest, AnswersFunctionErrorsWithStatus200) {
  script_.outcomes.push_back(failure());
  const RestAnswer answer = call("POST", kInvoke);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("X-Amz-Function-Error"), "Unhandled");
  EXPECT_EQ(answer.body, R"({"errorType":"TypeError","errorMessage":"broken"})");
}

TEST_F(InvokeApiTest, ReturnsTheTailOfTheLog) {
  script_.outcomes.push_back({.body = "1", .log_tail = std::string(5000, 'x') + "hello\n"});
  const RestAnswer answer = call("POST", kInvoke, "{}", {{"X-Amz-Log-Type", "Tail"}});
  const std::string log = from_base64(answer.header("X-Amz-Log-Result")).value_or("");
  EXPECT_EQ(log.size(), 4096u);
  EXPECT_THAT(log, AllOf(HasSubstr("hello\nEND RequestId: "), HasSubstr("REPORT RequestId: "),
                         HasSubstr("\tDuration: ")));
}

TEST_F(InvokeApiTest, NamesTheVersionThatRan) {
  create("f", R"(,"Publish":true)");
  call("POST", "/2015-03-31/functions/f/aliases", R"({"Name":"live","FunctionVersion":"1"})");
  EXPECT_EQ(call("POST", str_cat(kInvoke, "?Qualifier=live")).header("X-Amz-Executed-Version"),
            "1");
  EXPECT_EQ(script_.invocations[0].function_arn,
            "arn:aws:lambda:us-east-1:000000000000:function:f:live");
}

TEST_F(InvokeApiTest, RunsTheVersionsOfARoutedAliasByTheirWeights) {
  create("f", R"(,"Publish":true)");
  call("PUT", "/2015-03-31/functions/f/configuration", R"({"Timeout":4})");
  call("POST", "/2015-03-31/functions/f/versions");
  const std::string alias =
      R"({"Name":"live","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"2":0.5}}})";
  ASSERT_EQ(call("POST", "/2015-03-31/functions/f/aliases", alias).status, 201);
  std::map<std::string, int> runs;
  for (int i = 0; i < 200; ++i)
    ++runs[call("POST", str_cat(kInvoke, "?Qualifier=live")).header("X-Amz-Executed-Version")];
  EXPECT_EQ(runs["1"] + runs["2"], 200);
  EXPECT_GT(runs["1"], 40);  // Less by chance once in 10^18.
  EXPECT_GT(runs["2"], 40);
  const RestAnswer ended = call("PUT", "/2015-03-31/functions/f/aliases/live",
                                R"({"RoutingConfig":{"AdditionalVersionWeights":{}}})");
  EXPECT_THAT(ended.body, Not(HasSubstr("RoutingConfig")));
}

TEST_F(InvokeApiTest, DryRunInvokesNothing) {
  EXPECT_EQ(call("POST", kInvoke, "{}", {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204);
  EXPECT_THAT(script_.invocations, SizeIs(0));
}

struct Refusal {
  std::string name;
  std::string target;
  std::string body;
  std::vector<http::Header> headers;
  int status;
  std::string type;
  std::string text;
};

TEST_F(InvokeApiTest, RefusesInLambdasWords) {
  create("unbound");
  const Refusal refusals[] = {
      {"unknown",
       "/2015-03-31/functions/no/invocations",
       "",
       {},
       404,
       "ResourceNotFoundException",
       "function:no:$LATEST\""},
      {"unknown version",
       str_cat(kInvoke, "?Qualifier=3"),
       "",
       {},
       404,
       "ResourceNotFoundException",
       "function:f:3\""},
      {"not bound",
       "/2015-03-31/functions/unbound/invocations",
       "",
       {},
       400,
       "InvalidParameterValueException",
       "--function unbound=TARGET"},
      {"no JSON",
       std::string(kInvoke),
       "{",
       {},
       400,
       "InvalidRequestContentException",
       "Could not parse request body into json: "},
      {"type",
       std::string(kInvoke),
       "",
       {{"X-Amz-Invocation-Type", "Later"}},
       400,
       "ValidationException",
       "at 'invocationType'"},
      {"context",
       std::string(kInvoke),
       "",
       {{"X-Amz-Client-Context", "%"}},
       400,
       "InvalidRequestContentException",
       "Client context"},
      {"large",
       std::string(kInvoke),
       std::string(6 * 1024 * 1024 + 1, ' '),
       {},
       413,
       "RequestEntityTooLargeException",
       "smaller than 6291456 bytes"},
      {"large event",
       std::string(kInvoke),
       std::string(1024 * 1024 + 1, ' '),
       {{"X-Amz-Invocation-Type", "Event"}},
       413,
       "RequestEntityTooLargeException",
       "1048576"},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.name);
    const RestAnswer answer = call("POST", refusal.target, refusal.body, refusal.headers);
    EXPECT_EQ(answer.status, refusal.status) << answer.body;
    EXPECT_EQ(answer.header("x-amzn-ErrorType"), refusal.type);
    EXPECT_THAT(answer.body, HasSubstr(refusal.text));
  }
  EXPECT_THAT(script_.invocations, SizeIs(0));
}

TEST_F(InvokeApiTest, RefusesEverythingWhenNoConcurrencyIsReserved) {
  call("PUT", kConcurrency, R"({"ReservedConcurrentExecutions":0})");
  const RestAnswer answer = call("POST", kInvoke);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.body,
            R"({"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User",)"
            R"("message":"Rate Exceeded."})");
  EXPECT_EQ(answer.header("Retry-After"), "1");
  call("DELETE", kConcurrency);
  EXPECT_EQ(call("POST", kInvoke).status, 200);
}

TEST_F(InvokeApiTest, RefusesOnlyBeyondTheReservedConcurrency) {
  call("PUT", kConcurrency, R"({"ReservedConcurrentExecutions":1})");
  script_.silent = true;
  const auto first = send("POST", kInvoke);
  scheduler_.run_posted();
  EXPECT_EQ(call("POST", kInvoke).status, 429);
  script_.unanswered[0]({.body = "1"});
  scheduler_.run_posted();
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->status, 200);
}

TEST_F(InvokeApiTest, UsesTheFunctionsTimeoutUnlessTheBindingHasOne) {
  call("POST", kInvoke);
  create("f", R"(,"Timeout":7)");
  call("POST", kInvoke);
  Binding patient = binding("f");
  patient.timeout = Millis(2500);
  ASSERT_TRUE(registry_->bind(patient));
  call("POST", kInvoke);
  ASSERT_THAT(script_.invocations, SizeIs(3));
  EXPECT_EQ(script_.invocations[0].timeout, Millis(30'000));
  EXPECT_EQ(script_.invocations[1].timeout, Millis(7'000));
  EXPECT_EQ(script_.invocations[2].timeout, Millis(2'500));
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

TEST_F(InvokeApiTest, StreamsAnswersAsEventsWithChecksums) {
  script_.outcomes.push_back({.body = "hello"});
  const RestAnswer answer =
      call("POST", "/2021-11-15/functions/f/response-streaming-invocations", "{}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/vnd.amazon.eventstream");
  std::string_view rest = answer.body;
  std::vector<std::string> payloads;
  while (!rest.empty()) {
    const std::uint32_t total = big_endian(rest), headers = big_endian(rest.substr(4));
    ASSERT_LE(total, rest.size());
    EXPECT_EQ(big_endian(rest.substr(8)), protocol::crc32_of(rest.substr(0, 8)));
    EXPECT_EQ(big_endian(rest.substr(total - 4)), protocol::crc32_of(rest.substr(0, total - 4)));
    payloads.emplace_back(rest.substr(12 + headers, total - headers - 16));
    rest.remove_prefix(total);
  }
  EXPECT_THAT(payloads, ::testing::ElementsAre("hello", "{}"));
}

}  // namespace
}  // namespace tailrace::lambda
