#include "tests/api/test_app.h"

#include <gtest/gtest.h>
#include <rapidjson/pointer.h>

#include <optional>
#include <utility>

#include "server/ops/operations.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/sqlite_engine.h"

namespace tailrace {

Answer::Answer(int status, std::string body)
    : status_(status), body_(std::move(body)), document_(std::make_shared<rapidjson::Document>()) {
  if (!body_.empty()) {
    EXPECT_TRUE(json::parse_copy(body_, *document_)) << body_;
  }
}

const json::Value* Answer::find(std::string_view pointer) const {
  return rapidjson::Pointer(pointer.data(), pointer.size()).Get(*document_);
}

std::string Answer::at(std::string_view pointer) const {
  const json::Value* value = find(pointer);
  return value != nullptr ? json::text(*value) : "(nothing)";
}

std::string Answer::string_at(std::string_view pointer) const {
  const json::Value* value = find(pointer);
  return value != nullptr && value->IsString() ? std::string(json::view(*value)) : at(pointer);
}

double Answer::number_at(std::string_view pointer) const {
  const json::Value* value = find(pointer);
  if (value != nullptr && value->IsNumber()) return value->GetDouble();
  ADD_FAILURE() << "no number at " << pointer << " of " << body_;
  return 0;
}

std::size_t Answer::size_at(std::string_view pointer) const {
  const json::Value* value = find(pointer);
  if (value != nullptr && value->IsArray()) return value->Size();
  if (value != nullptr && value->IsObject()) return value->MemberCount();
  ADD_FAILURE() << "no list or object at " << pointer << " of " << body_;
  return 0;
}

std::string Answer::error() const {
  if (ok()) return body_;
  const std::string type = string_at("/__type");
  const json::Value* message = find("/message");
  if (message == nullptr) message = find("/Message");
  return str_cat(std::string_view(type).substr(type.find('#') + 1), ": ",
                 message != nullptr ? json::view(*message) : std::string_view("(no message)"));
}

TestApp::TestApp(const TestAppOptions& options)
    : scheduler(clock),
      store(
          open_sqlite({.memory = options.memory}), clock, scheduler, {.streams = options.streams}),
      world(options.world, store),
      pipeline(world, ops::find_operation) {}

TestApp::~TestApp() = default;

Answer TestApp::call_service(std::string_view service,
                             std::string_view operation,
                             std::string_view body) {
  EXPECT_TRUE(pipeline.known(service, operation)) << operation;
  rapidjson::Document document;
  EXPECT_TRUE(json::parse_copy(body, document)) << body;
  std::optional<Answer> answer;
  const http::Respond respond([&answer](http::Response response) {
    answer.emplace(response.status, std::move(response.body));
  });
  pipeline.call({.service = service,
                 .operation = operation,
                 .caller = owner_,
                 .body = document,
                 .host = "localhost:8000"},
                protocol::JsonReply(respond, {.json_1_0 = true}));
  CHECK(answer.has_value());
  return *answer;
}

Answer TestApp::call(std::string_view operation, std::string_view body) {
  return call_service(ops::kDynamoDb, operation, body);
}

Answer TestApp::call_streams(std::string_view operation, std::string_view body) {
  return call_service(ops::kDynamoDbStreams, operation, body);
}

std::string TestApp::error(std::string_view operation, std::string_view body) {
  const Answer answer = call(operation, body);
  EXPECT_FALSE(answer.ok()) << operation << " " << body << ": " << answer.text();
  return answer.error();
}

Answer TestApp::expect_ok(std::string_view operation, std::string_view body) {
  Answer answer = call(operation, body);
  EXPECT_TRUE(answer.ok()) << operation << " " << body << ": " << answer.text();
  return answer;
}

TablePtr TestApp::create_table(TableSchema schema) {
  schema.name.owner = owner_;
  if (schema.uuid.empty()) schema.uuid = "7f3c9f6e-3d0a-4a52-8a58-6f4b7f0f2d11";
  const TableName name = schema.name;
  store.queue.run([&](Txn& txn) {
    schema.id = store.catalog.next_table_id(txn);
    std::uint32_t index_id = 0;
    for (IndexSchema& index : schema.indexes) index.id = ++index_id;
    store.catalog.put(txn, schema);
  });
  return store.catalog.find(name);
}

}  // namespace tailrace
