#include "server/control/mapping_routes.h"

#include "storage/base/str_cat.h"
#include "tests/server/control/control_fixture.h"
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::control {
namespace {

using ::testing::HasSubstr;
using triggers::function_error;

class MappingRoutes : public triggers::TriggerTest {
 protected:
  MappingRoutes() {
    add_mapping_routes(api, *dispatcher, [this](Millis delay, Task task) {
      timeout = delay;
      time_out = std::move(task);
    });
  }
  // For calls that are answered only after work of the queue.
  Answer ask(std::string_view method, std::string_view path, std::string_view body = {}) {
    start(method, path, body);
    settle();
    return *answer;
  }
  void start(std::string_view method, std::string_view path, std::string_view body = {}) {
    answer.reset();
    request.method = method;
    request.body = body;
    std::vector<std::string> segments = {"_tailrace"};
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t slash = std::min(path.find('/', at), path.size());
      segments.emplace_back(path.substr(at, slash - at));
      at = slash + 1;
    }
    api.handle({.http = request,
                .path = segments,
                .query = {},
                .caller = owner,
                .raw = http::Respond([](http::Response) {})},
               [this](http::Response response) {
                 answer = {.status = response.status, .body = std::move(response.body)};
               });
  }

  ControlApi api;
  http::Request request;
  std::optional<Answer> answer;
  Millis timeout{0};
  Task time_out;
};

TEST_F(MappingRoutes, DrainAnswersWhenAllHaveCaughtUp) {
  functions.hold = true;
  create(options());
  write({"a"});
  start("POST", "drain", R"({"TimeoutSeconds":10})");
  settle();
  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(timeout, Millis(10'000));
  functions.answer();
  settle();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"({"Drained":true})");
  time_out();  // Comes too late: no second answer.
}

TEST_F(MappingRoutes, DrainSaysAfterTheTimeOutWhatIsBehindAndWhy) {
  functions.handler = [](const std::string&) { return function_error(); };
  const std::string uuid = create(options());
  deliver({"a"});
  start("POST", "drain", "{}");
  settle();
  time_out();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, HasSubstr("not drained within 10 s; mapping " + uuid));
  EXPECT_THAT(answer->body, HasSubstr(R"("Drained":false,"Behind":[{"UUID":")" + uuid));
  EXPECT_THAT(answer->body, HasSubstr(R"("Records":1,"Attempts":1,"Reason":"retry at )"));
}

TEST_F(MappingRoutes, AnswerInTimeWhenAnInvocationHoldsUpAMove) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  start("POST", str_cat("mappings/", uuid, "/position"),
        R"({"StartingPosition":"LATEST","TimeoutSeconds":3})");
  settle();
  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(timeout, Millis(3'000));
  time_out();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, HasSubstr("not finished within 3 s: an invocation of the mapping's "
                                      "function still runs; the mapping moves when it ends"));
  start("POST", str_cat("mappings/", uuid, "/replay"),
        R"({"SequenceNumber":"100000000000000000001"})");
  EXPECT_EQ(timeout, Millis(10'000));
  settle();
  time_out();
  EXPECT_EQ(answer->status, 503);
  functions.answer();  // Late: nobody is answered twice.
  settle();
  EXPECT_EQ(ask("POST", str_cat("mappings/", uuid, "/position"),
                R"({"StartingPosition":"LATEST","TimeoutSeconds":3601})")
                .status,
            400);
}

TEST_F(MappingRoutes, RefuseMembersThatTheyDoNotKnow) {
  EXPECT_EQ(ask("POST", "drain", R"({"Timeout":10})").status, 400);
  EXPECT_EQ(ask("POST", "drain", R"({"TimeoutSeconds":-1})").status, 400);
}

TEST_F(MappingRoutes, DescribeAMappingWithPositionLagAndCounters) {
  functions.hold = true;
  const std::string uuid = create(options());
  deliver({"a"});
  advance(std::chrono::seconds(2));
  const std::string body = ask("GET", "mappings/" + uuid).body;
  EXPECT_THAT(body,
              HasSubstr(R"("State":"Enabled","LastProcessingResult":"No records processed")"));
  EXPECT_THAT(body, HasSubstr(R"("Batches":[{"FirstSequenceNumber":"1)"));
  EXPECT_THAT(body, HasSubstr(R"("State":"waiting for the answer of the function")"));
  EXPECT_THAT(body, HasSubstr(R"("RecordsRead":1)"));
  EXPECT_THAT(body, HasSubstr(R"("Lag":{"Records":1,"OldestAgeMilliseconds":2000})"));
  EXPECT_THAT(ask("GET", "mappings").body, HasSubstr(R"({"Mappings":[{"UUID":")" + uuid));
  EXPECT_EQ(ask("GET", "mappings/unknown").status, 400);
}

TEST_F(MappingRoutes, ShowInvocationsNewestFirst) {
  functions.handler = [](const std::string&) { return triggers::returns("\"ok\""); };
  const std::string uuid = create(options());
  deliver({"a"});
  deliver({"b"});
  const std::string body = ask("GET", str_cat("mappings/", uuid, "/invocations")).body;
  EXPECT_LT(body.find(R"("S":"b")"), body.find(R"("S":"a")"));
  EXPECT_THAT(body, HasSubstr(R"("Result":"Success","Payload":{"Records":[)"));
  EXPECT_THAT(body, HasSubstr(R"("Response":"\"ok\"")"));
}

TEST_F(MappingRoutes, ListAndReplayDiscardedBatches) {
  functions.handler = [](const std::string&) { return function_error(); };
  triggers::MappingOptions wanted = options();
  wanted.retry_attempts_max = 0;
  const std::string uuid = create(wanted);
  deliver({"a"});
  const std::string path = str_cat("mappings/", uuid, "/discarded");
  EXPECT_THAT(ask("GET", path).body, HasSubstr(R"({"Discarded":[{"Id":1,"ShardId":)"));
  EXPECT_THAT(ask("POST", path + "/1/replay").body, HasSubstr(R"("Result":"FunctionError")"));
  functions.handler = nullptr;
  EXPECT_THAT(ask("POST", path + "/1/replay").body, HasSubstr(R"("Result":"Success")"));
  EXPECT_EQ(ask("GET", path).body, R"({"Discarded":[]})");
  EXPECT_EQ(ask("POST", path + "/1/replay").status, 400);
  EXPECT_EQ(ask("POST", path + "/x/replay").status, 400);
}

TEST_F(MappingRoutes, ReplayAndMovePositions) {
  const std::string uuid = create(options());
  deliver({"a"});
  deliver({"b"});
  const std::string first = triggers::sequence_of(functions.events[0], "a");
  functions.keys.clear();
  EXPECT_EQ(ask("POST", str_cat("mappings/", uuid, "/replay"),
                str_cat(R"({"SequenceNumber":")", first, "\"}"))
                .body,
            "{}");
  EXPECT_THAT(functions.keys, ::testing::ElementsAre("a b"));
  EXPECT_EQ(
      ask("POST", str_cat("mappings/", uuid, "/position"), R"({"StartingPosition":"TRIM_HORIZON"})")
          .body,
      "{}");
  EXPECT_THAT(functions.keys, ::testing::ElementsAre("a b", "a b"));
  EXPECT_EQ(ask("POST", str_cat("mappings/", uuid, "/replay"), R"({"SequenceNumber":"7"})").status,
            400);
  EXPECT_EQ(
      ask("POST", str_cat("mappings/", uuid, "/position"), R"({"StartingPosition":"X"})").status,
      400);
}

}  // namespace
}  // namespace tailrace::control
