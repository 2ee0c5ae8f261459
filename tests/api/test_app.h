// TestApp: a whole world in process, over an in-memory store, with time in the test's hands. Calls
// go through the pipeline and the queue, without sockets, threads or sleeps.
//
//   TestApp app;
//   app.create_table({.name = "t", .keys = {.hash = {{"pk", AttributeType::kS}}}});
//   EXPECT_EQ(app.call("GetItem", R"({"TableName":"tab","Key":{"pk":{"S":"a"}}})").text(), "{}");
//   EXPECT_EQ(app.error("GetItem", R"({"TableName":"x",…})"), "ResourceNotFoundException: Requested
//   resource not found");
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/api/json.h"
#include "server/call/operation.h"
#include "server/call/pipeline.h"
#include "server/call/world.h"
#include "storage/base/memory_budget.h"
#include "streams/log/store.h"
#include "tests/support/manual_scheduler.h"

namespace tailrace {

// One answer, with the body parsed.
class Answer {
 public:
  Answer(int status, std::string body);

  bool ok() const { return status_ == 200; }
  int status() const { return status_; }
  const std::string& text() const { return body_; }
  const json::Value& json() const { return *document_; }

  // By JSON pointer, "/Item/a/S"; nullptr: nothing is there.
  const json::Value* find(std::string_view pointer) const;
  // JSON text of what is there; `(nothing)` if there is nothing.
  std::string at(std::string_view pointer) const;
  std::string string_at(std::string_view pointer) const;  // Of a string, without quotes.
  double number_at(std::string_view pointer) const;
  std::size_t size_at(std::string_view pointer) const;  // Elements of a list, members of an object.
  // "ValidationException: message"; of an answer that is none: its text.
  std::string error() const;

 private:
  int status_;
  std::string body_;
  std::shared_ptr<rapidjson::Document> document_;
};

struct TestAppOptions {
  ops::WorldOptions world = {};
  StreamOptions streams = {};
  std::shared_ptr<MemoryBudget> memory = nullptr;  // Of the store; nullptr: the machine's.
};

class TestApp {
 public:
  explicit TestApp(const TestAppOptions& options = {});
  ~TestApp();

  Answer call(std::string_view operation, std::string_view body);
  // As call(), of DynamoDB Streams.
  Answer call_streams(std::string_view operation, std::string_view body);
  // The error of a call that must fail.
  std::string error(std::string_view operation, std::string_view body);
  // A call that must succeed.
  Answer expect_ok(std::string_view operation, std::string_view body);

  // Straight into the catalog, without CreateTable. `schema.name.name` and `keys` are needed; what
  // is zero is filled in.
  TablePtr create_table(TableSchema schema);

  void advance(Millis by) { scheduler.advance(by); }
  const Owner& owner() const { return owner_; }
  // Whose calls the following ones are.
  void as(Owner owner) { owner_ = std::move(owner); }
  void in_region(std::string region) { owner_.region = std::move(region); }

 private:
  Owner owner_{.account = "000000000000", .region = "us-east-1"};

 public:
  ManualClock clock;
  ManualScheduler scheduler;
  Store store;
  ops::World world;
  ops::Pipeline pipeline;

 private:
  Answer call_service(std::string_view service, std::string_view operation, std::string_view body);
};

}  // namespace tailrace
