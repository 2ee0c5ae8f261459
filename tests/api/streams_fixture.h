// A whole app with a table whose stream a test reads as consumers do.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "storage/base/str_cat.h"
#include "tests/api/test_app.h"

namespace tailrace {

class StreamsTest : public ::testing::Test {
 protected:
  explicit StreamsTest(const StreamOptions& options = {})
      : app({.world = {}, .streams = options}) {}

  void create_table(std::string_view name) {
    TableSchema schema;
    schema.name.name = name;
    schema.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
    schema.keys.range = {{.name = "sk", .type = AttributeType::kN}};
    app.create_table(std::move(schema));
  }

  // Without UpdateTable, whose own tests are elsewhere. Returns the stream's ARN.
  std::string enable(std::string_view name,
                     StreamViewType view = StreamViewType::kNewAndOldImages) {
    std::string text;
    app.store.queue.run([&](Txn& txn) {
      TableSchema schema = *app.store.catalog.find(table_name(name));
      schema.stream = app.store.stream_log.enable(txn, schema, view);
      text = stream_arn(*app.store.stream_log.find_stream(schema.stream->stream_id));
      app.store.catalog.put(txn, std::move(schema));
    });
    return text;
  }
  void disable(std::string_view name) {
    app.store.queue.run([&](Txn& txn) {
      TableSchema schema = *app.store.catalog.find(table_name(name));
      app.store.stream_log.disable(txn, schema);
      schema.stream->enabled = false;
      app.store.catalog.put(txn, std::move(schema));
    });
  }
  TableName table_name(std::string_view name) const {
    return {.owner = app.owner(), .name = std::string(name)};
  }
  std::uint64_t stream_id() const { return app.store.stream_log.streams(app.owner())[0]->id; }
  void roll_over(std::string_view shard_id) {
    app.store.queue.run(
        [&](Txn& txn) { ASSERT_TRUE(app.store.stream_log.roll_over(txn, stream_id(), shard_id)); });
  }
  void trim_all() {
    app.store.queue.run([&](Txn& txn) {
      app.store.stream_log.trim_slice(txn, stream_id(), std::nullopt, UINT64_MAX, 10000);
    });
  }

  void put(std::string_view pk, std::string_view state = "NEW") {
    app.expect_ok("PutItem", str_cat(R"({"TableName":"Orders","Item":{"pk":{"S":")", pk,
                                     R"("},"sk":{"N":"3"},"state":{"S":")", state, R"("}}})"));
  }

  Answer expect_streams(std::string_view operation, std::string_view body) {
    Answer answer = app.call_streams(operation, body);
    EXPECT_TRUE(answer.ok()) << operation << ' ' << body << ": " << answer.text();
    return answer;
  }
  std::string streams_error(std::string_view operation, std::string_view body) {
    const Answer answer = app.call_streams(operation, body);
    EXPECT_EQ(answer.status(), 400) << operation << ' ' << body << ": " << answer.text();
    return answer.error();
  }

  Answer describe(std::string_view members = "") {
    return expect_streams("DescribeStream", str_cat(R"({"StreamArn":")", arn, '"', members, '}'));
  }
  std::string describe_error(std::string_view members) {
    return streams_error("DescribeStream", str_cat(R"({"StreamArn":")", arn, '"', members, '}'));
  }
  std::vector<std::string> shard_ids(const Answer& answer) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < answer.size_at("/StreamDescription/Shards"); ++i) {
      ids.push_back(answer.string_at(str_cat("/StreamDescription/Shards/", i, "/ShardId")));
    }
    return ids;
  }
  std::string shard(std::size_t place = 0) { return shard_ids(describe()).at(place); }

  std::string iterator_request(std::string_view shard_id,
                               std::string_view type,
                               std::string_view number = "") {
    return str_cat(R"({"StreamArn":")", arn, R"(","ShardId":")", shard_id,
                   R"(","ShardIteratorType":")", type, '"',
                   number.empty() ? "" : str_cat(R"(,"SequenceNumber":")", number, '"'), '}');
  }
  std::string iterator(std::string_view shard_id,
                       std::string_view type,
                       std::string_view number = "") {
    return expect_streams("GetShardIterator", iterator_request(shard_id, type, number))
        .string_at("/ShardIterator");
  }
  std::string iterator_error(std::string_view shard_id,
                             std::string_view type,
                             std::string_view number = "") {
    return streams_error("GetShardIterator", iterator_request(shard_id, type, number));
  }

  Answer get(std::string_view shard_iterator, std::string_view members = "") {
    return expect_streams("GetRecords",
                          str_cat(R"({"ShardIterator":")", shard_iterator, '"', members, '}'));
  }
  std::string get_error(std::string_view shard_iterator, std::string_view members = "") {
    return streams_error("GetRecords",
                         str_cat(R"({"ShardIterator":")", shard_iterator, '"', members, '}'));
  }
  static std::vector<std::string> keys_in(const Answer& answer) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < answer.size_at("/Records"); ++i) {
      keys.push_back(answer.string_at(str_cat("/Records/", i, "/dynamodb/Keys/pk/S")));
    }
    return keys;
  }

  TestApp app;
  std::string arn;  // Of the stream of Orders, where a test has one.
};

class OrdersStream : public StreamsTest {
 protected:
  explicit OrdersStream(const StreamOptions& options = {}) : StreamsTest(options) {
    create_table("Orders");
    arn = enable("Orders");
  }
};

}  // namespace tailrace
