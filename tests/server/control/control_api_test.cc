#include "server/control/control_api.h"

#include "server/control/health_routes.h"
#include "tests/server/control/control_fixture.h"

namespace tailrace::control {
namespace {

using ::testing::HasSubstr;

TEST(ControlApi, TellsThatItIsHealthy) {
  ControlApi api;
  add_health_routes(api, "1.2.3");
  const Answer answer = call(api, "GET", "health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"Status":"ok","Version":"1.2.3"})");
}

TEST(ControlApi, TellsUnknownPathsFromUnknownMethods) {
  ControlApi api;
  add_health_routes(api, "1.2.3");
  EXPECT_EQ(call(api, "GET", "nowhere").status, 404);
  EXPECT_EQ(call(api, "GET", "health/more").status, 404);
  EXPECT_EQ(call(api, "POST", "health").status, 405);
}

TEST(ControlApi, HandsOverWhatStandsInThePath) {
  ControlApi api;
  api.add("PUT", "functions/*", [](const ControlCall& call, const ControlReply& reply) {
    reply(call.parameters.at(0) + "/" + std::string(json::string_or(call.body, "Target")));
  });
  EXPECT_EQ(call(api, "PUT", "functions/worker", R"({"Target":"here"})").body, "worker/here");
}

TEST(ControlApi, AnswersWithoutABodyAre204) {
  ControlApi api;
  api.add("POST", "reset",
          [](const ControlCall&, const ControlReply& reply) { reply(std::string()); });
  EXPECT_EQ(call(api, "POST", "reset").status, 204);
}

TEST(ControlApi, RefusesBodiesThatAreNoObject) {
  ControlApi api;
  api.add("POST", "reset",
          [](const ControlCall&, const ControlReply& reply) { reply(std::string("{}")); });
  for (const char* body : {"[]", "{", "nonsense", "3"}) {
    const Answer answer = call(api, "POST", "reset", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("SerializationException"));
  }
}

Result<void> read(std::string_view text) {
  rapidjson::Document body;
  EXPECT_TRUE(json::parse_copy(text, body));
  Members members(body);
  members.string("Name");
  members.optional_number("Size");
  members.flag("Force");
  return members.finish();
}

TEST(Members, RefusesMissingMistypedAndUnknownMembers) {
  EXPECT_TRUE(read(R"({"Name":"a"})"));
  EXPECT_TRUE(read(R"({"Name":"a","Size":1.5,"Force":true})"));
  EXPECT_EQ(read("{}").error().message, "Member Name is required");
  EXPECT_EQ(read(R"({"Name":1})").error().message, "Member Name must be a string");
  EXPECT_EQ(read(R"({"Name":"a","Size":"1"})").error().message, "Member Size must be a number");
  EXPECT_EQ(read(R"({"Name":"a","Force":1})").error().message,
            "Member Force must be true or false");
  EXPECT_EQ(read(R"({"Name":"a","Sise":1})").error().message,
            "Unknown member Sise; there are: Name, Size, Force");
}

}  // namespace
}  // namespace tailrace::control
