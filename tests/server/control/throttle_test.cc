#include "server/control/throttle.h"

#include "tests/server/control/control_fixture.h"

namespace tailrace::control {
namespace {

using ::testing::HasSubstr;

class Operations final : public protocol::JsonService {
 public:
  bool known(std::string_view, std::string_view operation) const override {
    return operation == "GetRecords" || operation == "GetItem";
  }
  void call(const protocol::JsonCall&, protocol::JsonReply reply) override {
    reply(std::string("{}"));
  }
};

class ThrottleTest : public ::testing::Test {
 protected:
  ThrottleTest() { add_throttle_routes(api, throttle); }

  int status_of(std::string_view operation) {
    int status = 0;
    const rapidjson::Document body(rapidjson::kObjectType);
    throttle.call(
        {.service = "DynamoDB_20120810",
         .operation = operation,
         .caller = {},
         .body = body,
         .host = {}},
        protocol::JsonReply(
            http::Respond([&](http::Response response) { status = response.status; }), {}));
    return status;
  }

  Operations operations;
  Throttle throttle{operations};
  ControlApi api;
};

TEST_F(ThrottleTest, LetsTheNextCallsOfOneOperationFail) {
  EXPECT_EQ(status_of("GetRecords"), 200);
  EXPECT_EQ(call(api, "POST", "throttle", R"({"Operation":"GetRecords","Next":2})").status, 200);
  EXPECT_EQ(status_of("GetItem"), 200);
  EXPECT_EQ(status_of("GetRecords"), 400);
  EXPECT_EQ(status_of("GetRecords"), 400);
  EXPECT_EQ(status_of("GetRecords"), 200);
}

TEST_F(ThrottleTest, EndsByCommand) {
  call(api, "POST", "throttle", R"({"Operation":"GetRecords","Next":2})");
  call(api, "POST", "throttle", R"({"Operation":"GetRecords","Next":0})");
  EXPECT_EQ(status_of("GetRecords"), 200);
}

TEST_F(ThrottleTest, RefusesUnknownOperationsAndNumbersOutOfRange) {
  EXPECT_THAT(call(api, "POST", "throttle", R"({"Operation":"GetRecord"})").body,
              HasSubstr("Unknown operation: GetRecord"));
  for (const char* next : {"-1", "0.5", "1e10"}) {
    EXPECT_EQ(call(api, "POST", "throttle",
                   std::string(R"({"Operation":"GetRecords","Next":)") + next + "}")
                  .status,
              400)
        << next;
  }
}

}  // namespace
}  // namespace tailrace::control
