// Bodies of requests: an operation's name, a line's end, and its body, against a world with a
// table, an index and a stream. Whatever is asked, the answer is no error of the server's own.
#include "server/call/operation.h"
#include "storage/base/log.h"
#include "tests/api/test_app.h"
#include "tests/fuzz/fuzz.h"

namespace tailrace {
namespace {

constexpr std::string_view kTable = R"({"TableName":"abc","BillingMode":"PAY_PER_REQUEST",
  "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
  "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"g","AttributeType":"B"}],
  "GlobalSecondaryIndexes":[{"IndexName":"gsi","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}],
  "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})";
constexpr std::string_view kItem =
    R"({"TableName":"abc","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"B":"AQI="},"l":{"L":[{"N":"1"},{"M":{"x":{"SS":["y"]}}}]}}})";

// The status of the answer.
int call(TestApp& app, std::string_view operation, const json::Value& body) {
  const std::string_view service =
      app.pipeline.known(ops::kDynamoDb, operation) ? ops::kDynamoDb : ops::kDynamoDbStreams;
  int status = 0;
  const http::Respond respond([&status](http::Response response) { status = response.status; });
  app.pipeline.call({.service = service,
                     .operation = operation,
                     .caller = app.owner(),
                     .body = body,
                     .host = "localhost:8000"},
                    protocol::JsonReply(respond, {.json_1_0 = true}));
  return status;
}

void prepare(TestApp& app, std::string_view operation, std::string_view body) {
  rapidjson::Document document;
  CHECK(json::parse_copy(body, document));
  CHECK(call(app, operation, document) == 200);
}

}  // namespace
}  // namespace tailrace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tailrace;  // NOLINT
  set_log(LogLevel::kOff, LogFormat::kText);
  const auto [operation, body] = fuzz::split(fuzz::text_of(data, size), '\n');
  rapidjson::Document document;
  if (!json::parse_copy(body, document) || !document.IsObject()) return 0;
  TestApp app;
  if (!app.pipeline.known(ops::kDynamoDb, operation) &&
      !app.pipeline.known(ops::kDynamoDbStreams, operation))
    return 0;
  prepare(app, "CreateTable", kTable);
  prepare(app, "PutItem", kItem);
  const int status = call(app, operation, document);
  CHECK(status == 200 || status == 400);
  app.advance(Millis(10'000));  // What it left for later.
  return 0;
}
