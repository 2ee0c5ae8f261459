#include "server/protocol/authentication.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/base/str_cat.h"
#include "storage/base/time_text.h"

namespace tailrace::protocol {
namespace {

using http::Header;
using http::Request;

Request request_with(std::string_view target, std::vector<Header> headers) {
  Request request;
  request.method = "POST";
  request.target = target;
  request.headers = std::move(headers);
  return request;
}

constexpr std::string_view kComplete =
    "AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-2/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=abc";

struct RefusalCase {
  std::string_view target;
  std::vector<Header> headers;
  ErrorCode code;
  std::string_view message;
};

TEST(ReadCredentials, RefusesIncompleteMaterialWithTheServicesWords) {
  const Header date{"X-Amz-Date", "20260101T000000Z"};
  const RefusalCase cases[] = {
      {"/?X-Amz-Algorithm=a",
       {{"Authorization", "AWS4-"}},
       ErrorCode::kInvalidSignatureException,
       "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
      {"/",
       {},
       ErrorCode::kMissingAuthenticationTokenException,
       "Request is missing Authentication Token"},
      {"/",
       {{"Authorization", "Basic abc"}},
       ErrorCode::kMissingAuthenticationTokenException,
       "Request is missing Authentication Token"},
      {"/",
       {{"Authorization", "AWS4-HMAC-SHA256 Credential=a,Signature=b SignedHeaders=c"}},
       ErrorCode::kIncompleteSignatureException,
       "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
       "Authorization=AWS4-HMAC-SHA256 Credential=a,Signature=b SignedHeaders=c"},
      {"/",
       {{"Authorization", "AWS4-"}},
       ErrorCode::kIncompleteSignatureException,
       "Authorization header requires 'Credential' parameter. "
       "Authorization header requires 'Signature' parameter. "
       "Authorization header requires 'SignedHeaders' parameter. "
       "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
       "Authorization=AWS4-"},
      {"/",
       {{"Authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=c"}, date},
       ErrorCode::kIncompleteSignatureException,
       "Authorization header requires 'Signature' parameter. "
       "Authorization=AWS4-HMAC-SHA256 Credential=a, SignedHeaders=c"},
      {"/",
       {{"Authorization", "AWS4-HMAC-SHA256 Credential=a /b, SignedHeaders=c, Signature=d"}, date},
       ErrorCode::kIncompleteSignatureException,
       "'/b' not a valid key=value pair (missing equal-sign) in Authorization header: "
       "'AWS4-HMAC-SHA256 Credential=a /b, SignedHeaders=c, Signature=d'."},
      {"/?X-Amz-Algorithm=",
       {},
       ErrorCode::kIncompleteSignatureException,
       "AWS query-string parameters must include 'X-Amz-Algorithm'. "
       "AWS query-string parameters must include 'X-Amz-Credential'. "
       "AWS query-string parameters must include 'X-Amz-Signature'. "
       "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
       "AWS query-string parameters must include 'X-Amz-Date'. "
       "Re-examine the query-string parameters."},
      {"/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-SignedHeaders=d&X-Amz-Date=",
       {},
       ErrorCode::kIncompleteSignatureException,
       "AWS query-string parameters must include 'X-Amz-Date'. "
       "Re-examine the query-string parameters."},
  };
  for (const RefusalCase& c : cases) {
    const auto credentials = read_credentials(request_with(c.target, c.headers));
    ASSERT_FALSE(credentials) << c.message;
    EXPECT_EQ(credentials.error().code, c.code) << c.message;
    EXPECT_EQ(credentials.error().message, c.message);
  }
}

TEST(ReadCredentials, TakesEitherDateAndEitherPlace) {
  EXPECT_TRUE(read_credentials(request_with("/", {{"authorization", kComplete}, {"date", "x"}})));
  const auto query = read_credentials(request_with(
      "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F1%2Fr%2Fs%2Faws4_request"
      "&X-Amz-Signature=c&X-Amz-SignedHeaders=host%3Bdate&X-Amz-Date=d",
      {}));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->credential, "AK/1/r/s/aws4_request");
  EXPECT_EQ(query->signed_headers, "host;date");
}

TEST(OwnerOf, TakesAccountAndRegionFromTheCredential) {
  struct Case {
    std::string credential;
    Owner owner;
  };
  const Case cases[] = {
      {"AKIDEXAMPLE/20260101/eu-west-2/dynamodb/aws4_request", {"000000000000", "eu-west-2"}},
      {"123456789012/20260101/us-gov-west-1/dynamodb/aws4_request",
       {"123456789012", "us-gov-west-1"}},
      {"12345678901x/20260101/local/dynamodb/aws4_request", {"000000000000", "local"}},
      {"AK", {"000000000000", "us-east-1"}},
      {"AK/20260101//dynamodb/aws4_request", {"000000000000", "us-east-1"}},
      {"AK/20260101/EU\"/dynamodb/aws4_request", {"000000000000", "us-east-1"}},
      {"", {"000000000000", "us-east-1"}},
  };
  for (const Case& c : cases) {
    Credentials credentials;
    credentials.credential = c.credential;
    EXPECT_EQ(owner_of(credentials, "us-east-1"), c.owner) << c.credential;
  }
}

// --- Signatures. Key, time and first rows: AWS's Signature Version 4 test suite; the others were
// signed by botocore.

constexpr std::string_view kAccessKey = "AKIDEXAMPLE";
constexpr std::string_view kSecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct SignedCase {
  std::string_view method;
  std::string_view target;
  std::vector<Header> headers;
  std::string_view body;
  std::string_view service;
  std::string_view signed_headers;
  std::string_view signature;
};

const SignedCase kSigned[] = {
    {"GET",
     "/",
     {{"Host", "example.amazonaws.com"}},
     "",
     "service",
     "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"POST",
     "/",
     {{"Host", "example.amazonaws.com"}},
     "",
     "service",
     "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"GET",
     "/?Param2=value2&Param1=value1",
     {{"Host", "example.amazonaws.com"}},
     "",
     "service",
     "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"POST",
     "/",
     {{"Content-Type", "application/x-www-form-urlencoded"}, {"Host", "example.amazonaws.com"}},
     "Param1=value1",
     "service",
     "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"POST",
     "/",
     {{"Host", "localhost:8000"},
      {"Content-Type", "application/x-amz-json-1.0"},
      {"X-Amz-Target", "DynamoDB_20120810.ListTables"}},
     "{}",
     "dynamodb",
     "content-type;host;x-amz-date;x-amz-target",
     "2c15ed7ee8360be5191c4f7fa4c3786076090b77a41d66fafd26efa4f0cd0e21"},
    {"GET",
     "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/"
     "?Qualifier=a%20b&A=%2F&empty=",
     {{"Host", "localhost:8000"}},
     "",
     "lambda",
     "host;x-amz-date",
     "163135dfd3a5f09610a5ab1684c33868b7451e040fd0517a164283531fd59e09"},
};

Request signed_request(const SignedCase& c, std::string& authorization) {
  authorization =
      str_cat("AWS4-HMAC-SHA256 Credential=", kAccessKey, "/20150830/us-east-1/", c.service,
              "/aws4_request, SignedHeaders=", c.signed_headers, ", Signature=", c.signature);
  Request request = request_with(c.target, c.headers);
  request.method = c.method;
  request.headers.push_back({"X-Amz-Date", "20150830T123600Z"});
  request.headers.push_back({"Authorization", authorization});
  return request;
}

Result<void> verify(const Request& request, std::string_view body, Instant now) {
  const SecretKeys keys{{std::string(kAccessKey), std::string(kSecretKey)}};
  const auto credentials = read_credentials(request);
  return verify_signature(request, sha256(body), *credentials, credentials->part(3), keys, now);
}

const Instant kSignedAt = *parse_iso("2015-08-30T12:36:00Z");

TEST(VerifySignature, AcceptsWhatOthersHaveSigned) {
  for (const SignedCase& c : kSigned) {
    std::string authorization;
    const Request request = signed_request(c, authorization);
    const auto verified = verify(request, c.body, kSignedAt);
    EXPECT_TRUE(verified) << c.target << ' '
                          << canonical_request(request, sha256(c.body), *read_credentials(request));
  }
}

TEST(VerifySignature, AcceptsASignatureInTheQuery) {
  Request request = request_with(
      "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2F"
      "dynamodb%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders="
      "host%3Bx-amz-target&X-Amz-Signature="
      "aee797ab0d5530ab1c3fe582234c9fa0fbe0ea69ab6d0db0a3c9f205a8bcad15",
      {{"Host", "localhost:8000"}, {"X-Amz-Target", "DynamoDB_20120810.ListTables"}});
  EXPECT_TRUE(verify(request, "", kSignedAt));
  EXPECT_TRUE(verify(request, "", kSignedAt + std::chrono::milliseconds(60'999)));
  EXPECT_FALSE(verify(request, "", kSignedAt + std::chrono::seconds(61)));
  EXPECT_FALSE(verify(request, "{}", kSignedAt));
}

TEST(VerifySignature,
     JoinsAndTrimsHeaderValues) {  // The test suite's get-header-value-trim and -key-duplicate.
  Request request = request_with("/", {{"Host", "h"},
                                       {"My-Header1", "value2"},
                                       {"My-Header2", " \"a   b   c\" "},
                                       {"my-header1", " value1"}});
  Credentials credentials;
  credentials.signed_headers = "host;my-header1;my-header2";
  EXPECT_EQ(canonical_request(request, sha256(""), credentials),
            "POST\n/\n\nhost:h\nmy-header1:value2,value1\nmy-header2:\"a b c\"\n\n"
            "host;my-header1;my-header2\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(VerifySignature, NormalizesPaths) {  // The test suite's normalize-path.
  Credentials credentials;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/example/..", "/"},         {"/./", "/"},           {"/./example", "/example"}, {"//", "/"},
      {"//example//", "/example/"}, {"/a%20b", "/a%2520b"}, {"/\u1234", "/%E1%88%B4"}};
  for (const auto& [target, path] : cases) {
    const std::string text = canonical_request(request_with(target, {}), sha256(""), credentials);
    EXPECT_EQ(text.substr(5, text.find('\n', 5) - 5), path) << target;
  }
}

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

void expect_refusal(const Result<void>& verified, ErrorCode code, std::string_view message) {
  ASSERT_FALSE(verified) << message;
  EXPECT_EQ(verified.error().code, code) << message;
  EXPECT_EQ(verified.error().message, message);
}

TEST(VerifySignature, RefusesAnotherBodyHeaderOrKey) {
  std::string authorization;
  const SignedCase& good = kSigned[4];
  const Request request = signed_request(good, authorization);
  expect_refusal(verify(request, "{ }", kSignedAt), ErrorCode::kInvalidSignatureException,
                 kMismatch);
  Request altered = request;
  altered.headers[2].value = "DynamoDB_20120810.DeleteTable";
  expect_refusal(verify(altered, good.body, kSignedAt), ErrorCode::kInvalidSignatureException,
                 kMismatch);
  altered.headers.erase(altered.headers.begin() + 2);
  expect_refusal(verify(altered, good.body, kSignedAt), ErrorCode::kInvalidSignatureException,
                 kMismatch);

  const auto credentials = read_credentials(request);
  const auto with_keys = [&](const SecretKeys& keys) {
    return verify_signature(request, sha256(good.body), *credentials, "dynamodb", keys, kSignedAt);
  };
  EXPECT_TRUE(with_keys({{std::string(kAccessKey), std::string(kSecretKey)}, {"OTHER", "key"}}));
  expect_refusal(with_keys({{std::string(kAccessKey), "key"}}),
                 ErrorCode::kInvalidSignatureException, kMismatch);
  expect_refusal(with_keys({{"OTHER", std::string(kSecretKey)}}),
                 ErrorCode::kUnrecognizedClientException,
                 "The security token included in the request is invalid.");
}

TEST(VerifySignature, AcceptsAQuarterOfAnHourEitherWay) {
  std::string authorization;
  const SignedCase& good = kSigned[4];
  const Request request = signed_request(good, authorization);
  EXPECT_TRUE(verify(request, good.body, kSignedAt - std::chrono::minutes(15)));
  EXPECT_TRUE(verify(request, good.body, kSignedAt + std::chrono::milliseconds(900'999)));
  expect_refusal(verify(request, good.body, kSignedAt + std::chrono::minutes(16)),
                 ErrorCode::kInvalidSignatureException,
                 "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z "
                 "(20150830T125200Z - 15 min.)");
  expect_refusal(verify(request, good.body, kSignedAt - std::chrono::minutes(16)),
                 ErrorCode::kInvalidSignatureException,
                 "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z "
                 "(20150830T122000Z + 15 min.)");
}

struct MaterialCase {
  std::string_view algorithm, scope, signed_headers, time;
  ErrorCode code;
  std::string_view message;
};

constexpr std::string_view kGoodScope = "20150830/us-east-1/dynamodb/aws4_request";

TEST(VerifySignature, RefusesMaterialOfAnotherFormInTheServicesOrder) {
  constexpr auto kIncomplete = ErrorCode::kIncompleteSignatureException;
  constexpr auto kInvalid = ErrorCode::kInvalidSignatureException;
  constexpr std::string_view kNow = "20150830T123600Z";
  constexpr std::string_view kHost =
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
  const MaterialCase cases[] = {
      {"AWS4-X", "x", "x-amz-date", "20150830T1236Z", kIncomplete,
       "Date must be in ISO-8601 'basic format'. Got '20150830T1236Z'. See "
       "http://en.wikipedia.org/wiki/ISO_8601"},
      {"AWS4-HMAC-SHA256", kGoodScope, "host", "Sun, 30 Aug 2015 12:36:00 GMT", kIncomplete,
       "Date must be in ISO-8601 'basic format'. Got 'Sun, 30 Aug 2015 12:36:00 GMT'. See "
       "http://en.wikipedia.org/wiki/ISO_8601"},
      {"AWS4-HMAC-SHA256", kGoodScope, "host", "20150830T 23600Z", kIncomplete,
       "Date must be in ISO-8601 'basic format'. Got '20150830T 23600Z'. See "
       "http://en.wikipedia.org/wiki/ISO_8601"},
      {"AWS4-HMAC-SHA256", kGoodScope, "host", "20150230T123600Z", kIncomplete,
       "Date must be in ISO-8601 'basic format'. Got '20150230T123600Z'. See "
       "http://en.wikipedia.org/wiki/ISO_8601"},
      {"AWS4-X", "x", "x-amz-date", "20150830T120000Z", kInvalid,
       "Signature expired: 20150830T120000Z is now earlier than 20150830T122100Z "
       "(20150830T123600Z - 15 min.)"},
      {"AWS4-X", "x", "x-amz-date", kNow, kInvalid, kHost},
      {"AWS4-X", "x", "Host", kNow, kIncomplete, "Unsupported AWS 'algorithm': 'AWS4-X'."},
      {"AWS4-HMAC-SHA256", "20150830/us-east-1/dynamodb", "host", kNow, kIncomplete,
       "Credential must have exactly 5 slash-delimited elements, e.g. "
       "keyid/date/region/service/term, got 'AKIDEXAMPLE/20150830/us-east-1/dynamodb'"},
      {"AWS4-HMAC-SHA256", "20150830/us-east-1/dynamodb/aws4_request/x", "host", kNow, kIncomplete,
       "Credential must have exactly 5 slash-delimited elements, e.g. "
       "keyid/date/region/service/term, got "
       "'AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request/x'"},
      {"AWS4-HMAC-SHA256", "20150831/us_east/sqs/aws3_request", "host", kNow, kInvalid,
       "Credential should be scoped to a valid region, not 'us_east'. "
       "Credential should be scoped to correct service: 'dynamodb'. "
       "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'. "
       "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
       "'20150831' != '20150830', from '20150830T123600Z'."},
      {"AWS4-HMAC-SHA256", "20150830/us-east-1/lambda/aws4_request", "host", kNow, kInvalid,
       "Credential should be scoped to correct service: 'dynamodb'. "},
      {"AWS4-HMAC-SHA256", kGoodScope, "host", kNow, kInvalid, kMismatch},
      {"AWS4-HMAC-SHA256", "20150830/us-east-1/dynamodb/aws4_request//", "host", kNow, kInvalid,
       kMismatch},
  };
  for (const MaterialCase& c : cases) {
    const std::string authorization =
        str_cat(c.algorithm, " Credential=", kAccessKey, "/", c.scope,
                ", SignedHeaders=", c.signed_headers, ", Signature=0");
    const Request request = request_with(
        "/", {{"Host", "localhost:8000"}, {"Authorization", authorization}, {"Date", c.time}});
    const auto credentials = read_credentials(request);
    ASSERT_TRUE(credentials) << c.message;
    expect_refusal(
        verify_signature(request, sha256("{}"), *credentials, "dynamodb",
                         {{std::string(kAccessKey), std::string(kSecretKey)}}, kSignedAt),
        c.code, c.message);
  }
}

struct ExpiryCase {
  std::string_view expires;  // With its name; empty: none.
  std::chrono::seconds age;
  ErrorCode code;
  std::string_view message;
};

TEST(VerifySignature, RefusesAQueryThatHasExpiredOrSaysNotWhen) {
  using std::chrono::days;
  using std::chrono::minutes;
  using std::chrono::seconds;
  constexpr auto kIncomplete = ErrorCode::kIncompleteSignatureException;
  constexpr auto kInvalid = ErrorCode::kInvalidSignatureException;
  constexpr std::string_view kTooLong =
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
      "be less than 604800 seconds";
  const ExpiryCase cases[] = {
      // The signature is wrong: a time that is right shows by the last refusal.
      {"&X-Amz-Expires=60", seconds(60), kInvalid, kMismatch},
      {"&X-Amz-Expires=61", seconds(62), kInvalid,
       "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
       "(20150830T123702Z - 61 sec.)"},
      {"&X-Amz-Expires=3600", minutes(61), kInvalid,
       "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z "
       "(20150830T133700Z - 60 min.)"},
      {"&X-Amz-Expires=604800", days(7), kInvalid, kMismatch},
      {"&X-Amz-Expires=0", seconds(0), kInvalid, kMismatch},
      {"&X-Amz-Expires=604800", -minutes(16), kInvalid,
       "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z "
       "(20150830T122000Z + 15 min.)"},
      {"", minutes(15), kInvalid, kMismatch},
      {"", minutes(16), kInvalid,
       "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z "
       "(20150830T125200Z - 15 min.)"},
      {"&X-Amz-Expires=604801", seconds(0), kIncomplete, kTooLong},
      {"&X-Amz-Expires=99999999999999999999", seconds(0), kIncomplete, kTooLong},
      {"&X-Amz-Expires=-1", seconds(0), kIncomplete, "X-Amz-Expires must be non-negative"},
      {"&X-Amz-Expires=1h", seconds(0), kIncomplete, "X-Amz-Expires should be a number"},
      {"&X-Amz-Expires=", seconds(0), kIncomplete, "X-Amz-Expires should be a number"},
  };
  for (const ExpiryCase& c : cases) {
    const std::string target = str_cat(
        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2F"
        "dynamodb%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=0",
        c.expires);
    SCOPED_TRACE(target);
    expect_refusal(verify(request_with(target, {{"Host", "h"}}), "", kSignedAt + c.age), c.code,
                   c.message);
  }
}

}  // namespace
}  // namespace tailrace::protocol
