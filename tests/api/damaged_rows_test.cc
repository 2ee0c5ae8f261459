// Rows that are not what was written: requests that meet one fail, the server and all others go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "storage/engine/sqlite/sqlite_engine.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

struct Row {
  Buffer key;
  Buffer value;
};

std::vector<Row> rows_of(TestApp& app) {
  std::vector<Row> rows;
  app.store.queue.run([&](Txn& txn) {
    for (auto row = txn.scan({}, {}, Order::kAscending); row->valid(); row->next())
      rows.push_back({.key = Buffer(row->key()), .value = Buffer(row->value())});
  });
  return rows;
}

void put_row(TestApp& app, Bytes key, Bytes value) {
  app.store.queue.run([&](Txn& txn) { txn.put(key, value); });
}

constexpr const char* kTable = R"({"TableName":"rows","BillingMode":"PAY_PER_REQUEST",
  "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},
                          {"AttributeName":"g","AttributeType":"B"}],
  "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
  "GlobalSecondaryIndexes":[{"IndexName":"by_g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],
                             "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["l"]}}],
  "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}})";

std::string item(int sk) {
  return R"({"pk":{"S":"a"},"sk":{"N":")" + std::to_string(sk) +
         R"("},"g":{"B":"AAEC"},"l":{"L":[{"M":{"x\n":{"NS":["1","2.5"]}}},{"NULL":true},{"BOOL":false}]}})";
}

class DamagedRows : public ::testing::Test {
 protected:
  DamagedRows() {
    app_.expect_ok("CreateTable", kTable);
    for (int sk = 1; sk <= 3; ++sk)
      app_.expect_ok("PutItem", R"({"TableName":"rows","Item":)" + item(sk) + "}");
    app_.expect_ok("TransactWriteItems",
                   R"({"ClientRequestToken":"token","TransactItems":[{"Put":{"TableName":"rows","Item":)" +
                       item(3) + "}}]}");
    const Answer streams = app_.call_streams("ListStreams", "{}");
    const std::string arn = streams.string_at("/Streams/0/StreamArn");
    const Answer stream = app_.call_streams("DescribeStream", R"({"StreamArn":")" + arn + "\"}");
    const std::string shard = stream.string_at("/StreamDescription/Shards/0/ShardId");
    iterator_ = app_.call_streams("GetShardIterator",
                                  R"({"StreamArn":")" + arn + R"(","ShardId":")" + shard +
                                      R"(","ShardIteratorType":"TRIM_HORIZON"})")
                    .string_at("/ShardIterator");
  }

  // Everything that reads rows. Any answer will do, but for the server's end.
  void call_everything() {
    const std::string key = R"("TableName":"rows","Key":{"pk":{"S":"a"},"sk":{"N":"1"}})";
    const std::pair<const char*, std::string> calls[] = {
        {"GetItem", "{" + key + "}"},
        {"GetItem", "{" + key + R"(,"ProjectionExpression":"l[0]"})"},
        {"BatchGetItem",
         R"json({"RequestItems":{"rows":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"1"}},{"pk":{"S":"a"},"sk":{"N":"2"}}]}}})json"},
        {"Query",
         R"json({"TableName":"rows","KeyConditionExpression":"pk = :p","FilterExpression":"size(l) > :n","ExpressionAttributeValues":{":p":{"S":"a"},":n":{"N":"1"}}})json"},
        {"Query",
         R"({"TableName":"rows","IndexName":"by_g","Limit":1,"KeyConditionExpression":"g = :p","ExpressionAttributeValues":{":p":{"B":"AAEC"}}})"},
        {"Scan", R"({"TableName":"rows","Limit":2})"},
        {"Scan", R"json({"TableName":"rows","IndexName":"by_g","FilterExpression":"attribute_exists(l)"})json"},
        {"UpdateItem",
         "{" + key +
             R"(,"UpdateExpression":"SET v = :v","ExpressionAttributeValues":{":v":{"S":"v"}}})"},
        {"ExecuteStatement", R"({"Statement":"SELECT * FROM \"rows\" WHERE pk = 'a'"})"},
        {"TransactWriteItems",
         R"({"ClientRequestToken":"token","TransactItems":[{"Put":{"TableName":"rows","Item":)" + item(3) +
             "}}]}"},
        {"PutItem", R"({"TableName":"rows","ReturnValues":"ALL_OLD","Item":)" + item(2) + "}"},
        {"DeleteItem", "{" + key + R"(,"ReturnValues":"ALL_OLD"})"},
        {"PutItem", R"({"TableName":"rows","Item":)" + item(1) + "}"},
    };
    for (const auto& [operation, body] : calls)
      EXPECT_THAT(status(ops::kDynamoDb, operation, body), AnyOf(200, 400, 500)) << operation;
    status(ops::kDynamoDbStreams, "GetRecords", R"({"ShardIterator":")" + iterator_ + "\"}");
  }

  // Of an answer whose body need not be JSON: in memory there are no checksums, and text that was
  // changed is served.
  int status(std::string_view service, std::string_view operation, std::string_view body) {
    rapidjson::Document document;
    EXPECT_TRUE(json::parse_copy(body, document));
    int status = 0;
    const http::Respond respond([&](http::Response response) { status = response.status; });
    app_.pipeline.call({.service = service,
                        .operation = operation,
                        .caller = app_.owner(),
                        .body = document,
                        .host = "localhost:8000"},
                       protocol::JsonReply(respond, {.json_1_0 = true}));
    return status;
  }

  // What is loaded at the start: the store opens, or says why not.
  void open_again() {
    auto copy = open_sqlite({});
    copy->begin();
    for (const Row& row : rows_of(app_)) copy->put(row.key, row.value);
    copy->commit();
    try {
      const Store again(std::move(copy), app_.clock, app_.scheduler);
    } catch (const EngineError& error) {
      EXPECT_THAT(error.what(), HasSubstr("restore the data directory from a copy"));
    }
  }

  TestApp app_;
  std::string iterator_;
};

TEST_F(DamagedRows, FailTheReadsThatMeetThemAndNoOthers) {
  const auto get = [&](int sk) {
    return app_.call("GetItem", R"({"TableName":"rows","Key":{"pk":{"S":"a"},"sk":{"N":")" +
                                    std::to_string(sk) + R"("}}})");
  };
  for (const Row& row : rows_of(app_))
    if (row.key.front() == 'i' && row.value.find(R"("sk":{"N":"2"})") != Buffer::npos)
      put_row(app_, row.key, "damaged");
  EXPECT_EQ(get(2).status(), 500);
  EXPECT_EQ(get(2).error(), "InternalServerError: Internal server error");
  EXPECT_EQ(get(1).status(), 200);
  EXPECT_EQ(app_.call("Scan", R"({"TableName":"rows"})").status(), 500);
}

TEST_F(DamagedRows, AreNamedByTableAndKey) {
  std::string error;
  for (const Row& row : rows_of(app_)) {
    if (row.key.front() != 'x' || row.value.find(R"("sk":{"N":"2"})") == Buffer::npos) continue;
    app_.store.queue.submit([&](Txn&) { throw DamagedRow("damaged", row.key); },
                            [&](const EngineError* failure) { error = failure->what(); });
  }
  EXPECT_EQ(error,
            R"(damaged: the entry of the item {"pk":{"S":"a"},"sk":{"N":"2"}} in the index "by_g" of )"
            R"(table "rows" of account 000000000000 in us-east-1; restore the data directory from a )"
            "copy, or delete what holds the row");
}

TEST_F(DamagedRows, GoWithTheirTable) {
  for (const Row& row : rows_of(app_))
    if (row.key.front() == 'i' || row.key.front() == 'x') put_row(app_, row.key, "damaged");
  app_.store.start([this](Task task) { app_.scheduler.after(Millis(1), std::move(task)); });
  app_.expect_ok("DeleteTable", R"({"TableName":"rows"})");
  app_.advance(std::chrono::seconds(10));
  for (const Row& row : rows_of(app_))
    EXPECT_TRUE(row.key.front() != 'i' && row.key.front() != 'x');
}

TEST_F(DamagedRows, NeverEndTheServer) {
  std::mt19937 random(11);
  for (const Row& row : rows_of(app_)) {
    std::vector<Buffer> damaged = {"", "x", row.value.substr(0, row.value.size() / 2),
                                   row.value + "x"};
    for (int i = 0; i < 20 && !row.value.empty(); ++i) {
      Buffer& flipped = damaged.emplace_back(row.value);
      flipped[random() % flipped.size()] = static_cast<char>(random());
    }
    for (const Buffer& value : damaged) {
      SCOPED_TRACE(testing::PrintToString(row.key) + " as " + testing::PrintToString(value));
      put_row(app_, row.key, value);
      call_everything();
      open_again();
      put_row(app_, row.key, row.value);
    }
  }
}

}  // namespace
}  // namespace tailrace
