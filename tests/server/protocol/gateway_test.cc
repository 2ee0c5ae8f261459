#include "server/protocol/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/http/product_clock.h"
#include "server/protocol/content_coding.h"
#include "server/protocol/crc32.h"
#include "storage/base/str_cat.h"
#include "tests/server/http/raw_client.h"

namespace tailrace::protocol {
namespace {

using http::Header;
using http::Request;
using http::Response;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr std::string_view kAuthorization =
    "AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-2/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=abc";

// Knows "Echo", which answers with what it was told, "Large", "Nothing" and "Fail".
class FakeJson final : public JsonService {
 public:
  bool known(std::string_view service, std::string_view operation) const override {
    return service == "DynamoDB_20120810" && (operation == "Echo" || operation == "Large" ||
                                              operation == "Nothing" || operation == "Fail");
  }
  void call(const JsonCall& call, JsonReply reply) override {
    if (call.operation == "Large")
      return reply(str_cat("{\"a\":\"", std::string(large_bytes, 'x'), "\"}"));
    if (call.operation == "Nothing") return reply(std::string());
    if (call.operation == "Fail")
      return reply(ApiError{
          .code = ErrorCode::kInternalServerError, .message = "broken", .extra_members = {}});
    reply.encoded_by(
        [text = str_cat(call.caller.account, ' ', call.caller.region, ' ', call.host, ' ',
                        json::text(call.body))]() -> Result<std::string> { return text; });
  }
  std::size_t large_bytes = 5000;
};

class FakeRest final : public RestService {
 public:
  explicit FakeRest(std::string name) : name_(std::move(name)) {}
  void handle(RestRequest request, RestRespond respond) override {
    Response response;
    response.status = 202;
    response.body = str_cat(name_, ' ', request.method(), ' ', request.caller.account, ' ',
                            request.caller.region);
    for (const std::string& segment : request.path) str_append(response.body, " /", segment);
    for (const auto& [name, value] : request.query)
      str_append(response.body, ' ', name, '=', value);
    str_append(response.body, ' ', request.http.body);
    respond(std::move(response));
  }

 private:
  std::string name_;
};

class InlineScheduler final : public Scheduler {
 public:
  void post(Task task) override {
    ++posted;
    task();
  }
  TimerId run_at(Instant, Task) override { return TimerId::kNone; }
  void cancel(TimerId) override {}
  void after(Millis, Task) override {}
  int posted = 0;
};

class FixedClock final : public Clock {
 public:
  Instant now() const override { return from_millis(1'440'938'160'000); }  // 2015-08-30T12:36:00Z
};

class GatewayTest : public testing::Test {
 protected:
  Response call(std::string_view method,
                std::string_view target,
                std::vector<Header> headers,
                std::string body = {}) {
    Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.from_loopback = from_loopback;
    request.local_endpoint = "127.0.0.1:8000";
    std::optional<Response> answer;
    Gateway gateway(options, {json, lambda, control, scheduler, clock});
    gateway.handle(request, http::Respond([&](Response response) {
                     EXPECT_FALSE(answer) << "answered twice";
                     answer = std::move(response);
                   }));
    EXPECT_TRUE(answer) << "not answered";
    return answer ? *std::move(answer) : Response{};
  }

  // A request of the JSON protocol that is right but for what the test changes.
  Response post(std::string body,
                std::vector<Header> more = {},
                std::string_view operation = "Echo") {
    const std::string target = str_cat("DynamoDB_20120810.", operation);
    std::vector<Header> headers{{"Host", "localhost:8000"},
                                {"Content-Type", "application/x-amz-json-1.0"},
                                {"X-Amz-Target", target},
                                {"X-Amz-Date", "20260101T000000Z"},
                                {"Authorization", kAuthorization}};
    headers.insert(headers.end(), more.begin(), more.end());
    return call("POST", "/", std::move(headers), std::move(body));
  }

  GatewayOptions options;
  bool from_loopback = true;
  FakeJson json;
  FakeRest lambda{"lambda"};
  FakeRest control{"control"};
  InlineScheduler scheduler;
  FixedClock clock;
};

constexpr std::string_view kSerialization =
    R"({"__type":"com.amazon.coral.service#SerializationException"})";
constexpr std::string_view kUnknown =
    R"({"__type":"com.amazon.coral.service#UnknownOperationException"})";
constexpr std::string_view kNotFound = "<UnknownOperationException/>\n";
constexpr std::string_view kNoToken =
    R"({"__type":"com.amazon.coral.service#MissingAuthenticationTokenException",)"
    R"("message":"Request is missing Authentication Token"})";

TEST_F(GatewayTest, HandsACallToTheServiceAndDressesItsAnswer) {
  const Response answer = post(R"({"a":1})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"(000000000000 eu-west-2 localhost:8000 {"a":1})");
  EXPECT_EQ(answer.header("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(answer.header("x-amz-crc32"), std::to_string(crc32_of(answer.body)));
  EXPECT_THAT(std::string(answer.header("x-amzn-RequestId")), MatchesRegex("[0-9A-Z]{52}"));
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(scheduler.posted, 0);
}

TEST_F(GatewayTest, ChecksInTheServicesOrder) {
  const Header type{"Content-Type", "application/json"};
  const Header wrong_type{"Content-Type", "text/plain"};
  const Header target{"X-Amz-Target", "DynamoDB_20120810.Echo"};
  const Header unknown{"X-Amz-Target", "DynamoDB_20120810.Nope"};
  const Header no_dot{"X-Amz-Target", "Echo"};
  const Header authorization{"Authorization", kAuthorization};
  const Header date{"Date", "today"};
  struct Case {
    std::vector<Header> headers;
    std::string body;
    int status;
    std::string_view answer;
  };
  const Case cases[] = {
      {{wrong_type}, "no JSON", 404, kNotFound},
      {{}, "{}", 404, kNotFound},
      {{type, unknown}, "no JSON", 400, kSerialization},
      {{type, unknown}, "\xff", 400, kSerialization},
      {{type, unknown}, "{} {}", 400, kSerialization},
      {{type, unknown}, "{}", 400, kUnknown},
      {{type, no_dot}, "{}", 400, kUnknown},
      {{type}, "{}", 400, kUnknown},
      {{}, "", 400, kUnknown},
      {{wrong_type}, "", 400, kUnknown},
      {{type, target}, "[]", 400, kNoToken},
      {{type, target}, "", 400, kNoToken},
      {{target, authorization, date}, "", 400, kSerialization},
      {{type, target, authorization, date}, "[]", 400, kSerialization},
      {{type, target, authorization, date}, "1", 400, kSerialization},
      {{type, target, authorization, date}, "{}", 200, "000000000000 eu-west-2 127.0.0.1:8000 {}"},
  };
  for (const Case& c : cases) {
    const Response answer = call("POST", "/", c.headers, c.body);
    EXPECT_EQ(answer.status, c.status) << c.body << c.answer;
    EXPECT_EQ(answer.body, c.answer) << c.body;
    EXPECT_EQ(answer.header("Content-Type"), c.status == 404 ? "" : "application/json");
    EXPECT_EQ(answer.header("x-amz-crc32"), std::to_string(crc32_of(answer.body)));
  }
}

TEST_F(GatewayTest, TakesContentTypesWithParametersAndBlanks) {
  for (const std::string_view type : {"application/json", "application/json; charset=utf-8",
                                      " Application/JSON ;x", "application/x-amz-json-1.0;"}) {
    const Response answer = call(
        "POST", "/", {{"Content-Type", type}, {"X-Amz-Target", "DynamoDB_20120810.Nope"}}, "{}");
    EXPECT_EQ(answer.status, 400) << type;
    EXPECT_EQ(answer.header("Content-Type"),
              type.find("amz") != type.npos ? "application/x-amz-json-1.0" : "application/json");
  }
}

TEST_F(GatewayTest, AnswersOtherMethodsAndPaths) {
  struct Case {
    std::string_view method, target;
    int status;
    std::string_view body;
  };
  const Case cases[] = {
      {"GET", "/", 200, "healthy: dynamodb.us-east-1.amazonaws.com "},
      {"GET", "/?a=b", 200, "healthy: dynamodb.us-east-1.amazonaws.com "},
      {"GET", "http://localhost:8000/", 200, "healthy: dynamodb.us-east-1.amazonaws.com "},
      {"GET", "/shell", 404, kNotFound},
      {"POST", "/other", 404, kNotFound},
      {"PUT", "/", 404, kNotFound},
      {"DELETE", "/", 404, kNotFound},
      {"OPTIONS", "/", 404, kNotFound},
      {"GET", "/2015-03-3/functions", 404, kNotFound},
      {"HEAD", "/", 200, "healthy: dynamodb.us-east-1.amazonaws.com "},
      {"HEAD", "/shell", 404, kNotFound},
  };
  for (const Case& c : cases) {
    const Response answer = call(c.method, c.target, {});
    EXPECT_EQ(answer.status, c.status) << c.method << ' ' << c.target;
    EXPECT_EQ(answer.body, c.body) << c.method << ' ' << c.target;
    EXPECT_EQ(answer.header("Content-Type"), "");
    EXPECT_EQ(answer.header("x-amzn-RequestId").size(), 52U);
  }
}

TEST_F(GatewayTest, AnswersHeadAsGet) {
  EXPECT_EQ(call("HEAD", "/2015-03-31/functions", {}).body,
            call("GET", "/2015-03-31/functions", {}).body);
  EXPECT_EQ(call("HEAD", "/_tailrace/clock", {}).body, call("GET", "/_tailrace/clock", {}).body);
  from_loopback = false;
  EXPECT_EQ(call("HEAD", "/_tailrace/health", {}).status, 202);
}

TEST_F(GatewayTest, AnswersBrowsers) {
  const Header origin{"Origin", "http://localhost:3000"};
  const Response preflight = call("OPTIONS", "/",
                                  {origin,
                                   {"Access-Control-Request-Headers", "x-a,x-b"},
                                   {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.body, "");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(preflight.header("Access-Control-Max-Age"), "172800");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Headers"), "x-a,x-b");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Methods"), "POST");
  for (const Response& answer : {post("{}", {origin}), post("{", {origin}),
                                 call("GET", "/", {origin}), call("PUT", "/", {origin})}) {
    EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "*");
    EXPECT_THAT(std::string(answer.header("Access-Control-Expose-Headers")),
                HasSubstr("x-amzn-requestid"));
  }
}

TEST_F(GatewayTest, RefusesPagesOfOtherOrigins) {
  const Header origin{"Origin", "https://evil.example"};
  const Header method{"Access-Control-Request-Method", "POST"};
  for (const Response& answer :
       {post("{}", {origin}), post("{}", {{"Sec-Fetch-Site", "cross-site"}}),
        call("POST", "/", {origin, {"Content-Type", "text/plain"}}, "{}"),
        call("OPTIONS", "/", {origin, method}), call("PUT", "/", {origin}),
        call("GET", "/2015-03-31/functions", {origin}),
        call("GET", "/2015-03-31/functions", {{"Sec-Fetch-Site", "cross-site"}}),
        call("POST", "/2015-03-31/functions", {origin, {"Content-Type", "text/plain"}}, "{}"),
        call("OPTIONS", "/2015-03-31/functions", {origin, method}),
        call("GET", "/2015-03-31/functions", {{"Host", "evil.example"}}),
        call("OPTIONS", "/_tailrace/clock", {origin, method}),
        call("GET", "/_tailrace/health", {origin})}) {
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, testing::AnyOf(HasSubstr("refused"), HasSubstr("--control-host")));
    EXPECT_THAT(answer.header_lines, testing::Not(HasSubstr("Access-Control")));
  }
  EXPECT_EQ(scheduler.posted, 0);
  const Response health = call("GET", "/", {origin});
  EXPECT_EQ(health.status, 200);
  EXPECT_THAT(health.header_lines, testing::Not(HasSubstr("Access-Control")));
}

TEST_F(GatewayTest, SaysInTheServicesFormsThatAPageIsRefused) {
  const Header origin{"Origin", "https://evil.example"};
  const Response tables = post("{}", {origin});
  EXPECT_EQ(tables.header("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_THAT(tables.body,
              HasSubstr(R"({"__type":"com.amazon.coral.service#AccessDeniedException",)"));
  EXPECT_THAT(tables.body, HasSubstr("--cors"));
  const Response functions = call("GET", "/2015-03-31/functions", {origin});
  EXPECT_EQ(functions.header("x-amzn-ErrorType"), "AccessDeniedException");
  EXPECT_THAT(functions.body, HasSubstr(R"({"message":")"));
}

TEST_F(GatewayTest, TakesPagesOfListedOriginsForTablesOnly) {
  options.pages.cors_origins = {"*"};
  const Header origin{"Origin", "https://app.example"};
  EXPECT_EQ(post("{}", {origin}).header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(call("OPTIONS", "/", {origin}).status, 200);
  EXPECT_EQ(call("GET", "/2015-03-31/functions", {origin}).status, 403);
  EXPECT_EQ(call("GET", "/_tailrace/clock", {origin}).status, 403);
}

TEST_F(GatewayTest, SendsEmptyBodiesAndErrorsAsServicesGiveThem) {
  EXPECT_EQ(post("{}", {}, "Nothing").body, "");
  EXPECT_EQ(post("{}", {}, "Nothing").status, 200);
  const Response failure = post("{}", {}, "Fail");
  EXPECT_EQ(failure.status, 500);
  EXPECT_EQ(
      failure.body,
      R"({"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"broken"})");
}

TEST_F(GatewayTest, DecodesRequestBodies) {
  const std::string gzip = encode_body(ContentCoding::kGzip, R"({"z":2})");
  EXPECT_THAT(post(gzip, {{"Content-Encoding", "gzip"}}).body, HasSubstr(R"({"z":2})"));
  const Response broken = post("{}", {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(broken.status, 400) << "final: SDKs repeat what is answered 500";
  EXPECT_THAT(broken.body, HasSubstr("#SerializationException"));
  EXPECT_THAT(broken.body, HasSubstr("Content-Encoding 'gzip'"));
  EXPECT_EQ(post("{}", {{"Content-Encoding", "br"}}).status, 400);
  EXPECT_EQ(post("", {{"Content-Encoding", "br"}}).status, 400);
  const std::string bomb =
      encode_body(ContentCoding::kGzip, std::string(16 * 1024 * 1024 + 1, ' '));
  const Response too_large = post(bomb, {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(too_large.status, 413);
  EXPECT_EQ(too_large.body, "");
}

TEST_F(GatewayTest, CompressesLargeAnswersForThoseWhoAsk) {
  const Header gzip{"Accept-Encoding", "br, gzip;q=0.5, deflate"};
  const Response answer = post("{}", {gzip}, "Large");
  EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
  EXPECT_EQ(answer.header("x-amz-crc32"), std::to_string(crc32_of(answer.body)));
  std::string body = answer.body;
  EXPECT_EQ(decode_body("gzip", 1'000'000, body), Decoded::kDone);
  EXPECT_EQ(body.size(), 5008U);
  EXPECT_EQ(post("{}", {}, "Large").header("Content-Encoding"), "");
  EXPECT_EQ(post("{}", {{"Accept-Encoding", "identity"}, gzip}, "Large").header("Content-Encoding"),
            "")
      << "only the first Accept-Encoding counts";
  json.large_bytes = 4096 - 8;
  EXPECT_EQ(post("{}", {gzip}, "Large").header("Content-Encoding"), "");
  json.large_bytes = 4097 - 8;
  EXPECT_EQ(post("{}", {gzip}, "Large").header("Content-Encoding"), "gzip");
}

TEST_F(GatewayTest, PutsAllCallersTogetherWhenShared) {
  options.owners = OwnerPolicy::kShared;
  options.default_region = "eu-central-1";
  EXPECT_THAT(post("{}").body, HasSubstr("000000000000 eu-central-1 "));
  EXPECT_THAT(call("GET", "/", {}).body, HasSubstr("dynamodb.eu-central-1."));
}

TEST_F(GatewayTest, RoutesDatedPathsToLambdaOnTheHomeThread) {
  const Response answer = call("PUT", "/2015-03-31/event-source-mappings/a%3Ab/?x=1&y=%20",
                               {{"Authorization", kAuthorization}, {"Date", "d"}}, "{}");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body,
            "lambda PUT 000000000000 eu-west-2 /2015-03-31 /event-source-mappings /a:b x=1 y=  {}");
  EXPECT_THAT(std::string(answer.header("x-amzn-RequestId")), MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(scheduler.posted, 1);
  EXPECT_THAT(call("GET", "/2017-03-31/tags/arn", {}).body,
              HasSubstr("000000000000 us-east-1 /2017-03-31"));
}

TEST_F(GatewayTest, KeepsStrangersFromTheControlApi) {
  const Header host{"Host", "localhost:8000"};
  EXPECT_EQ(call("POST", "/_tailrace/clock", {host}, "{}").status, 202);
  EXPECT_EQ(call("POST", "/_tailrace/clock", {{"Host", "127.0.0.1:8000"}}).status, 202);
  EXPECT_EQ(call("POST", "/_tailrace/clock", {{"Host", "[::1]:8000"}}).status, 202);
  EXPECT_EQ(call("POST", "/_tailrace/clock", {host, {"Origin", "http://localhost:8000"}}).status,
            202);
  EXPECT_EQ(call("POST", "/_tailrace/clock", {host, {"Origin", "http://localhost:3000"}}).status,
            403);
  EXPECT_EQ(call("POST", "/_tailrace/clock", {host, {"Origin", "null"}}).status, 403);
  EXPECT_EQ(call("OPTIONS", "/_tailrace/clock", {host, {"Origin", "http://evil.example"}}).status,
            403);
  EXPECT_EQ(call("GET", "/_tailrace/clock", {{"Host", "evil.example:8000"}}).status, 403);
  EXPECT_EQ(call("GET", "/_tailrace/clock", {{"Host", "[evil"}}).status, 403);
  EXPECT_EQ(call("GET", "/_tailrace/clock", {host, {"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(call("GET", "/_tailracer", {host}).status, 404);

  from_loopback = false;
  EXPECT_EQ(call("GET", "/_tailrace/clock", {host}).status, 403);
  EXPECT_EQ(call("GET", "/_tailrace", {host}).status, 403);
  EXPECT_EQ(call("GET", "/_tailrace/health", {{"Host", "tailrace.example"}}).status, 202);
  EXPECT_EQ(call("POST", "/_tailrace/health", {host}).status, 403);
  options.control = ControlAccess::kAnyone;
  EXPECT_EQ(call("GET", "/_tailrace/clock", {{"Host", "tailrace:8000"}}).status, 202);
  EXPECT_EQ(call("GET", "/_tailrace/clock", {host, {"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(call("GET", "/_tailrace/clock", {{"Host", "tailrace.example"}}).status, 403)
      << "a name can be made to point here";
  options.pages.own_names = {"tailrace.example"};
  EXPECT_EQ(call("GET", "/_tailrace/clock", {{"Host", "tailrace.example:8000"}}).status, 202);
}

TEST_F(GatewayTest, VerifiesSignaturesWhenTold) {
  options.signatures = SignaturePolicy::kVerify;
  options.secret_keys = {{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}};
  const auto signed_with = [&](std::string_view scope) {
    const std::string authorization =
        str_cat("AWS4-HMAC-SHA256 Credential=", scope,
                "/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
                "Signature=SIGNATURE");
    return call("POST", "/",
                {{"Host", "localhost:8000"},
                 {"Content-Type", "application/x-amz-json-1.0"},
                 {"X-Amz-Target", "DynamoDB_20120810.Echo"},
                 {"X-Amz-Date", "20150830T123600Z"},
                 {"Authorization", authorization}},
                "{}")
        .body;
  };
  EXPECT_THAT(signed_with("AKIDEXAMPLE/20150830/us-east-1/dynamodb"),
              HasSubstr("The request signature we calculated"));
  EXPECT_THAT(signed_with("OTHER/20150830/us-east-1/dynamodb"),
              HasSubstr("The security token included in the request is invalid."));
  EXPECT_THAT(signed_with("AKIDEXAMPLE/20150830/us-east-1/lambda"),
              HasSubstr("Credential should be scoped to correct service: 'dynamodb'. "));

  const Response lambda_refusal = call("GET", "/2015-03-31/functions", {});
  EXPECT_EQ(lambda_refusal.status, 403);
  EXPECT_EQ(lambda_refusal.body, R"({"message":"Request is missing Authentication Token"})");
  EXPECT_EQ(lambda_refusal.header("x-amzn-ErrorType"), "MissingAuthenticationTokenException");
  EXPECT_EQ(lambda_refusal.header("x-amz-crc32"), std::to_string(crc32_of(lambda_refusal.body)));

  const Response accepted =
      call("GET",
           "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/"
           "?Qualifier=a%20b&A=%2F&empty=",
           {{"Host", "localhost:8000"},
            {"X-Amz-Date", "20150830T123600Z"},
            {"Authorization",
             "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/lambda/aws4_request, "
             "SignedHeaders=host;x-amz-date, "
             "Signature=163135dfd3a5f09610a5ab1684c33868b7451e040fd0517a164283531fd59e09"}});
  EXPECT_EQ(accepted.status, 202) << accepted.body;
}

TEST_F(GatewayTest, AnswersOverSockets) {
  http::IoRuntime runtime(2);
  MachineClock machine_clock;
  Gateway gateway(options, {json, lambda, control, runtime, machine_clock});
  http::ListenOptions listen;
  listen.port = 0;
  auto listener = runtime.listen(listen, gateway);
  std::thread thread([&] { runtime.run({}); });
  {
    http::RawClient client(listener->port());
    client.send(
        str_cat("POST / HTTP/1.1\r\nHost: a:1\r\nContent-Type: application/x-amz-json-1.0\r\n"
                "X-Amz-Target: DynamoDB_20120810.Echo\r\nX-Amz-Date: x\r\nAuthorization: ",
                kAuthorization,
                "\r\nContent-Length: 7\r\n\r\n{\"a\":1}GET /2015-03-31/f HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(http::body_of(client.read_answer()), R"(000000000000 eu-west-2 a:1 {"a":1})");
    EXPECT_EQ(http::body_of(client.read_answer()),
              "lambda GET 000000000000 us-east-1 /2015-03-31 /f ");
  }
  runtime.stop(std::chrono::milliseconds(0));
  thread.join();
}

}  // namespace
}  // namespace tailrace::protocol
