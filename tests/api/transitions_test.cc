// Tables, indexes and streams on their way from one state to the next, with --transition-delay.
// (behaviour/tables 5, 10; behaviour/streams 2.4, 2.5)
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
            str_cat(kInUse, "Table is being created: tbl"));
  EXPECT_EQ(app.error("DescribeTimeToLive", table_request("tbl")),
            "ValidationException: Cannot describe time to live while table is in CREATING state: "
            "Current table state is CREATING");
  EXPECT_EQ(app.error("TagResource", R"({"ResourceArn":")"
                                     R"(arn:aws:dynamodb:us-east-1:000000000000:table/tbl",)"
                                     R"("Tags":[{"Key":"k","Value":"v"}]})"),
            str_cat(kNotFound, ": ResourceArn: arn:aws:dynamodb:us-east-1:000000000000:table/tbl "
                               "not found"));
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
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse, "Table is being deleted: tbl"));
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
  const std::pair<std::string_view, std::string_view> kChanges[] = {
      {R"(,"DeletionProtectionEnabled":true)", "UPDATING"},
      {R"(,"SSESpecification":{"Enabled":true})", "ACTIVE"},
      {R"(,"WarmThroughput":{"ReadUnitsPerSecond":13000})", "UPDATING"}};
  for (const auto& [change, status] : kChanges)
    EXPECT_EQ(update(change).string_at("/TableDescription/TableStatus"), status);
  app.expect_ok(
      "UpdateTimeToLive",
      table_request("tbl",
                    R"(,"TimeToLiveSpecification":{"AttributeName":"t","Enabled":true})"));
  app.advance(kDelay / 2);
  EXPECT_EQ(table_status(), "ACTIVE");
  EXPECT_EQ(stream_status(), "ENABLED");
  EXPECT_EQ(described("/Table/DeletionProtectionEnabled"), "true");
  EXPECT_EQ(described("/Table/SSEDescription/Status"), "UPDATING");
  EXPECT_EQ(described("/Table/WarmThroughput/Status"), "UPDATING");
  EXPECT_EQ(described("/Table/WarmThroughput/ReadUnitsPerSecond"), "12000");
  app.advance(kDelay / 2);
  EXPECT_EQ(described("/Table/SSEDescription/Status"), "ENABLED");
  EXPECT_EQ(described("/Table/WarmThroughput/Status"), "ACTIVE");
  EXPECT_EQ(described("/Table/WarmThroughput/ReadUnitsPerSecond"), "13000");
}

constexpr std::string_view kProvisioned =
    R"(,"BillingMode":"PROVISIONED",)"
    R"("ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4})";

TEST_F(Transitions, ASwitchOfTheModeShowsItsUnitsAtOnce) {
  create();
  update(kProvisioned);
  EXPECT_EQ(table_status(), "UPDATING");
  EXPECT_EQ(described("/Table/BillingModeSummary/BillingMode"), "PROVISIONED");
  EXPECT_EQ(described("/Table/ProvisionedThroughput/ReadCapacityUnits"), "3");
  EXPECT_EQ(update_error(kStream),
            str_cat(kInUse,
                    "Can't enable or disable stream while table IOPS are being updated. Table: tbl"));
  EXPECT_EQ(update_error(R"(,"BillingMode":"PAY_PER_REQUEST")"),
            str_cat(kInUse, "Table IOPS are currently being updated. Table: tbl"));
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse, "Table: tbl is in the process of being updated."));
  update(R"(,"DeletionProtectionEnabled":false)");
  app.expect_ok("PutItem", kPut);
  app.advance(kDelay);
  EXPECT_EQ(table_status(), "ACTIVE");
}

TEST_F(Transitions, UnitsChangeAtTheEnd) {
  create();
  update(kProvisioned);
  app.advance(kDelay);
  update(R"(,"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":4})");
  EXPECT_EQ(described("/Table/ProvisionedThroughput/ReadCapacityUnits"), "3");
  app.advance(kDelay);
  EXPECT_EQ(described("/Table/ProvisionedThroughput/ReadCapacityUnits"), "5");
}

TEST_F(Transitions, ATableClassFlipsAtTheEnd) {
  create();
  update(R"(,"TableClass":"STANDARD_INFREQUENT_ACCESS")");
  EXPECT_EQ(described("/Table/TableClassSummary"), "(nothing)");
  EXPECT_EQ(update_error(R"(,"TableClass":"STANDARD")"),
            str_cat(kInUse,
                    "Can't update table class when a table class update is in progress. Table: tbl "
                    "TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS"));
  app.advance(kDelay);
  EXPECT_EQ(described("/Table/TableClassSummary/TableClass"), "STANDARD_INFREQUENT_ACCESS");
}

constexpr std::string_view kAddIndex =
    R"(,"AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],)"
    R"("GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"gsi",)"
    R"("KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],)"
    R"("Projection":{"ProjectionType":"ALL"}}}])";
constexpr std::string_view kDropIndex =
    R"(,"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"gsi"}}])";
constexpr std::string_view kIndexStatus = "/Table/GlobalSecondaryIndexes/0/IndexStatus";
constexpr std::string_view kBackfilling = "/Table/GlobalSecondaryIndexes/0/Backfilling";

TEST_F(Transitions, AnIndexIsAllocatedAndFilledAndDeleted) {
  create();
  update(kAddIndex);
  app.expect_ok("PutItem", kPut);
  const std::string_view scan = R"({"TableName":"tbl","IndexName":"gsi"})";
  EXPECT_EQ(table_status(), "UPDATING");
  EXPECT_EQ(described(kIndexStatus), "CREATING");
  EXPECT_EQ(described(kBackfilling), "false");
  EXPECT_EQ(app.error("Scan", scan),
            "ValidationException: Cannot read from backfilling global secondary index: gsi");
  EXPECT_EQ(update_error(kDropIndex),
            str_cat(kInUse,
                    "Index creation is in resource allocation phase. Retry deletion during "
                    "backfilling phase or when the index is active. Table: tbl Index: gsi"));
  EXPECT_EQ(update_error(kProvisioned),
            str_cat(kInUse,
                    "Can't change table IOPS when an index is being created. Table: tbl Indexes: "
                    "[gsi]"));
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse,
                    "Cannot delete table while indexes are being created, updated, or deleted."));
  // What the background does meanwhile.
  app.store.queue.run([&](Txn& txn) {
    while (index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100)) {
    }
  });
  EXPECT_EQ(described(kIndexStatus), "CREATING");
  app.advance(kDelay);
  EXPECT_EQ(table_status(), "ACTIVE");
  EXPECT_EQ(described(kIndexStatus), "CREATING");
  EXPECT_EQ(described(kBackfilling), "true");
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            str_cat(kInUse,
                    "Cannot delete table while indexes are being created, updated, or deleted."));
  app.advance(kDelay);
  EXPECT_EQ(described(kIndexStatus), "ACTIVE");
  EXPECT_EQ(described(kBackfilling), "(nothing)");
  EXPECT_EQ(app.expect_ok("Scan", scan).at("/Count"), "1");

  update(kDropIndex);
  app.store.queue.run([&](Txn& txn) {
    EXPECT_FALSE(index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100));
  });
  EXPECT_EQ(table_status(), "UPDATING");
  EXPECT_EQ(described(kIndexStatus), "DELETING");
  EXPECT_EQ(app.error("Scan", scan),
            "ValidationException: The table does not have the specified index: gsi");
  EXPECT_EQ(update_error(kAddIndex),
            str_cat(kInUse, "Index is being deleted. Table: tbl Index: gsi"));
  app.advance(kDelay);
  app.store.queue.run(
      [&](Txn& txn) { index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100); });
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes"), "(nothing)");
}

TEST_F(Transitions, AnIndexThatIsBeingFilledCanBeDeleted) {
  create();
  update(kAddIndex);
  app.advance(kDelay);
  update(kDropIndex);
  EXPECT_EQ(described(kIndexStatus), "DELETING");
  app.advance(kDelay);
  app.store.queue.run([&](Txn& txn) {
    while (index_slice(txn, app.store.catalog, app.store.writer.statistics(), 100)) {
    }
  });
  EXPECT_EQ(described("/Table/GlobalSecondaryIndexes"), "(nothing)");
  EXPECT_EQ(table_status(), "ACTIVE");
}

TEST_F(Transitions, GoOnAfterARestart) {
  TestApp restarted;
  TableSchema schema;
  schema.name.name = "tbl";
  schema.keys.hash = {{.name = "pk", .type = AttributeType::kS}};
  schema.status = TableStatus::kCreating;
  schema.transitions = {{.kind = Transition::Kind::kWhole,
                         .ends = restarted.clock.now() + kDelay,
                         .index_id = 0,
                         .units = {},
                         .value = {}}};
  restarted.create_table(std::move(schema));
  restarted.world.transitions.start();
  restarted.advance(kDelay - Millis(1));
  EXPECT_EQ(restarted.error("PutItem", kPut), kNotFound);
  restarted.advance(Millis(1));
  restarted.expect_ok("PutItem", kPut);
}

}  // namespace
}  // namespace tailrace
