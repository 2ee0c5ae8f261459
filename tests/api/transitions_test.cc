// Tables, indexes and streams on their way from one state to the next, with --transition-delay.
// (behaviour/dynamodb 4.5; behaviour/streams 2.4, 2.5)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/table/index_backfill.h"
#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kInUse =
    "ResourceInUseException: Attempt to change a resource which is still in use: ";
constexpr std::string_view kNotFound = "ResourceNotFoundException: Requested resource not found";
constexpr std::string_view kStream =
    R"(,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})";
constexpr std::string_view kNoStream = R"(,"StreamSpecification":{"StreamEnabled":false})";
constexpr std::string_view kPut = R"({"TableName":"tbl","Item":{"pk":{"S":"a"},"g":{"S":"b"}}})";
constexpr std::string_view kArn = "/Table/LatestStreamArn";
constexpr Millis kDelay = std::chrono::seconds(5);

std::string stream_request(std::string_view arn) {
  return str_cat(R"({"StreamArn":")", arn, "\"}");
}

class Transitions : public ::testing::Test {
 protected:
  std::string described(std::string_view pointer) {
    return app.expect_ok("DescribeTable", table_request("tbl")).string_at(pointer);
  }
  std::string table_status() { return described("/Table/TableStatus"); }
  std::string stream_status() {
    const Answer stream = app.call_streams("DescribeStream", stream_request(described(kArn)));
    return stream.string_at("/StreamDescription/StreamStatus");
  }
  std::string update_error(std::string_view more) {
    return app.error("UpdateTable", table_request("tbl", more));
  }
  void create(std::string_view more = "") {
    app.expect_ok("CreateTable", create_request("tbl", more));
    app.advance(kDelay);
  }
  Answer update(std::string_view more) {
    return app.expect_ok("UpdateTable", table_request("tbl", more));
  }

  TestApp app{{.world = {.transition_delay = kDelay}, .streams = {}}};
};

TEST_F(Transitions, ATableIsCreatingUntilTheDelayIsOver) {
  app.expect_ok("CreateTable", create_request("tbl", kStream));
  app.advance(kDelay - Millis(1));
  EXPECT_EQ(table_status(), "CREATING");
  EXPECT_EQ(stream_status(), "ENABLING");
  EXPECT_EQ(app.error("PutItem", kPut), kNotFound);
  EXPECT_EQ(update_error(kNoStream), str_cat(kInUse, "Table is being created: tbl"));
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse, "Table is being created: tbl"));
  EXPECT_EQ(app.error("CreateTable", create_request("tbl")),
            "ResourceInUseException: Table already exists: tbl");
  app.advance(Millis(1));
  EXPECT_EQ(table_status(), "ACTIVE");
  EXPECT_EQ(stream_status(), "ENABLED");
  app.expect_ok("PutItem", kPut);
}

TEST_F(Transitions, ATableIsDeletingUntilTheDelayIsOver) {
  create(kStream);
  app.expect_ok("PutItem", kPut);
  const std::string arn = described(kArn);
  app.expect_ok("DeleteTable", table_request("tbl"));
  EXPECT_EQ(table_status(), "DELETING");
  EXPECT_EQ(described("/Table/KeySchema"), "(nothing)");
  EXPECT_EQ(app.error("PutItem", kPut), kNotFound);
  EXPECT_EQ(update_error(kStream), str_cat(kInUse, "Table is being deleted: tbl"));
  EXPECT_EQ(app.error("CreateTable", create_request("tbl")),
            "ResourceInUseException: Table already exists: tbl");
  const Answer again = app.expect_ok("DeleteTable", table_request("tbl"));
  EXPECT_EQ(again.string_at("/TableDescription/TableStatus"), "DELETING");
  app.advance(kDelay);
  EXPECT_EQ(app.error("DescribeTable", table_request("tbl")),
            str_cat(kNotFound, ": Table: tbl not found"));
  EXPECT_THAT(app.call_streams("DescribeStream", stream_request(arn)).text(),
              HasSubstr(R"("StreamStatus":"DISABLED")"));
  app.expect_ok("CreateTable", create_request("tbl"));
}

TEST_F(Transitions, AStreamIsEnablingAndDisablingTogetherWithItsTable) {
  create();
  update(kStream);
  EXPECT_EQ(table_status(), "UPDATING");
  EXPECT_EQ(stream_status(), "ENABLING");
  app.expect_ok("PutItem", kPut);
  app.advance(kDelay);
  EXPECT_EQ(table_status(), "ACTIVE");
  EXPECT_EQ(stream_status(), "ENABLED");
  std::size_t records = 0;
  app.store.queue.run([&](Txn& txn) {
    const Shard shard =
        app.store.stream_log.shards(app.store.stream_log.streams(app.owner())[0]->id)[0];
    records = app.store.stream_log.read(txn, shard, 0, 10, 1 << 20).size();
  });
  EXPECT_EQ(records, 1);  // A write during ENABLING is captured.

  update(kNoStream);
  EXPECT_EQ(stream_status(), "DISABLING");
  EXPECT_EQ(described("/Table/StreamSpecification"), "(nothing)");
  app.advance(kDelay);
  EXPECT_EQ(table_status(), "ACTIVE");
  EXPECT_EQ(stream_status(), "DISABLED");
}

TEST_F(Transitions, WhileAStreamChangesSomeOtherChangesAreRefused) {
  create();
  update(kStream);
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse, "Cannot delete table while stream is being enabled/disabled."));
  for (const std::string_view change :
       {kStream, kNoStream, std::string_view(R"(,"BillingMode":"PAY_PER_REQUEST")")}) {
    EXPECT_EQ(update_error(change), str_cat(kInUse, "Table is being updated: tbl"));
  }
  EXPECT_THAT(
      update_error(R"(,"TableClass":"STANDARD")"),
      StartsWith(str_cat(
          kInUse, "Can't update table class when stream status is being updated. Table:")));
  EXPECT_THAT(
      update_error(R"(,"OnDemandThroughput":{"MaxReadRequestUnits":5})"),
      StartsWith(str_cat(
          kInUse, "OnDemandThroughput cannot be updated while stream status update is i")));
}

TEST_F(Transitions, WhileAStreamChangesSomeOtherChangesAreAcceptedWithoutProlongingIt) {
  create();
  update(kStream);
  app.advance(kDelay / 2);
  for (const std::string_view change :
       {R"(,"DeletionProtectionEnabled":true)", R"(,"SSESpecification":{"Enabled":true})",
        R"(,"WarmThroughput":{"ReadUnitsPerSecond":13000})"}) {
    EXPECT_EQ(update(change).string_at("/TableDescription/TableStatus"), "UPDATING");
  }
  app.expect_ok(
      "UpdateTimeToLive",
      table_request("tbl",
                    R"(,"TimeToLiveSpecification":{"AttributeName":"t","Enabled":true})"));
  app.advance(kDelay / 2);
  EXPECT_EQ(table_status(), "ACTIVE");
  EXPECT_EQ(stream_status(), "ENABLED");
  EXPECT_EQ(described("/Table/DeletionProtectionEnabled"), "true");
  EXPECT_EQ(described("/Table/WarmThroughput/ReadUnitsPerSecond"), "13000");
}

TEST_F(Transitions, UnitsChangeAtTheEnd) {
  create();
  update(
      R"(,"BillingMode":"PROVISIONED",)"
      R"("ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4})");
  EXPECT_EQ(described("/Table/ProvisionedThroughput/ReadCapacityUnits"), "0");
  EXPECT_EQ(update_error(kStream), str_cat(kInUse, "Table is being updated: tbl"));
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse, "Table is being updated: tbl"));
  app.expect_ok("PutItem", kPut);
  app.advance(kDelay);
  EXPECT_EQ(described("/Table/ProvisionedThroughput/ReadCapacityUnits"), "3");
  EXPECT_EQ(described("/Table/ProvisionedThroughput/WriteCapacityUnits"), "4");
}

TEST_F(Transitions, AnIndexIsCreatingAndDeletingUntilTheDelayIsOver) {
  create();
  update(
      R"(,"AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],)"
      R"("GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"gsi",)"
      R"("KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],)"
      R"("Projection":{"ProjectionType":"ALL"}}}])");
  app.expect_ok("PutItem", kPut);
  const std::string_view scan = R"({"TableName":"tbl","IndexName":"gsi"})";
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes/0/IndexStatus"), "CREATING");
  EXPECT_EQ(app.error("Scan", scan),
            "ValidationException: Cannot read from backfilling global secondary index: gsi");
  // What the background does meanwhile.
  app.store.queue.run([&](Txn& txn) {
    while (index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100)) {
    }
  });
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes/0/IndexStatus"), "CREATING");
  app.advance(kDelay);
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes/0/IndexStatus"), "ACTIVE");
  EXPECT_EQ(app.expect_ok("Scan", scan).at("/Count"), "1");

  update(R"(,"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}}])");
  app.store.queue.run([&](Txn& txn) {
    EXPECT_FALSE(index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100));
  });
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes/0/IndexStatus"), "DELETING");
  EXPECT_EQ(app.error("Scan", scan),
            "ValidationException: The table does not have the specified index: gsi");
  app.advance(kDelay);
  app.store.queue.run(
      [&](Txn& txn) { index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100); });
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes"), "(nothing)");
}

TEST_F(Transitions, GoOnAfterARestart) {
  TestApp restarted;
  TableSchema schema;
  schema.name.name = "tbl";
  schema.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
  schema.status = TableStatus::kCreating;
  schema.transition = {.ends = restarted.clock.now() + kDelay, .of_stream = false, .units = {}};
  restarted.create_table(std::move(schema));
  restarted.world.transitions.start();
  restarted.advance(kDelay - Millis(1));
  EXPECT_EQ(restarted.error("PutItem", kPut), kNotFound);
  restarted.advance(Millis(1));
  restarted.expect_ok("PutItem", kPut);
}

}  // namespace
}  // namespace tailrace
