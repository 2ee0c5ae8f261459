// Global tables, version 2019.11.21 (behaviour/dynamodb 4.11, behaviour/streams 14.1).
#include <gtest/gtest.h>

#include "storage/table/background.h"
#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

constexpr std::string_view kInvalid =
    "ValidationException: One or more parameter values were invalid: ";

class GlobalTables : public ::testing::Test {
 protected:
  GlobalTables() { app.scheduler.run_posted(); }

  Answer in(std::string region, std::string_view operation, std::string_view body) {
    app.in_region(std::move(region));
    return app.call(operation, body);
  }
  Answer ok(std::string region, std::string_view operation, std::string_view body) {
    app.in_region(std::move(region));
    return app.expect_ok(operation, body);
  }
  std::string error(std::string region, std::string_view operation, std::string_view body) {
    app.in_region(std::move(region));
    return app.error(operation, body);
  }
  static std::string replica(std::string_view action,
                             std::string_view region,
                             std::string_view more = "") {
    return table_request("tbl", str_cat(R"(,"ReplicaUpdates":[{")", action,
                                        R"(":{"RegionName":")", region, "\"", more, "}}]"));
  }
  void create(std::string_view more = "") {
    ok("us-east-1", "CreateTable", create_request("tbl", more));
  }
  void create_global() {
    create();
    ok("us-east-1", "UpdateTable", replica("Create", "eu-west-1"));
  }
  void put(std::string region, std::string_view pk, std::string_view more = "") {
    ok(std::move(region), "PutItem",
       table_request("tbl", str_cat(R"(,"Item":{"pk":{"S":")", pk, "\"}", more, "}")));
  }
  std::string get(std::string region, std::string_view pk) {
    return ok(std::move(region), "GetItem",
              table_request("tbl", str_cat(R"(,"Key":{"pk":{"S":")", pk, "\"}}")))
        .text();
  }
  Answer describe(std::string region) {
    return ok(std::move(region), "DescribeTable", table_request("tbl"));
  }
  // eventName and userIdentity of each record of a region's stream.
  std::vector<std::string> events(std::string region) {
    const std::string arn = describe(std::move(region)).string_at("/Table/LatestStreamArn");
    const Answer stream =
        app.call_streams("DescribeStream", str_cat(R"({"StreamArn":")", arn, "\"}"));
    const Answer iterator = app.call_streams(
        "GetShardIterator",
        str_cat(R"({"StreamArn":")", arn, R"(","ShardId":")",
                stream.string_at("/StreamDescription/Shards/0/ShardId"),
                R"(","ShardIteratorType":"TRIM_HORIZON"})"));
    const Answer records = app.call_streams(
        "GetRecords",
        str_cat(R"({"ShardIterator":")", iterator.string_at("/ShardIterator"), "\"}"));
    std::vector<std::string> found;
    for (std::size_t i = 0; i < records.size_at("/Records"); ++i) {
      const std::string record = str_cat("/Records/", i);
      found.push_back(
          str_cat(records.string_at(record + "/eventName"), " ",
                  records.string_at(record + "/dynamodb/Keys/pk/S"),
                  records.find(record + "/userIdentity") != nullptr ? " by the service" : ""));
    }
    return found;
  }

  using Texts = std::vector<std::string>;
  TestApp app;
};

TEST_F(GlobalTables, ShowEachReplicaInEveryRegion) {
  create();
  const Answer updated = ok("us-east-1", "UpdateTable", replica("Create", "eu-west-1"));
  EXPECT_EQ(updated.string_at("/TableDescription/TableStatus"), "UPDATING");
  EXPECT_EQ(updated.string_at("/TableDescription/GlobalTableVersion"), "2019.11.21");
  EXPECT_EQ(updated.at("/TableDescription/Replicas"), "(nothing)");
  EXPECT_EQ(updated.at("/TableDescription/StreamSpecification"),
            R"({"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"})");

  const Answer here = describe("us-east-1");
  EXPECT_EQ(here.string_at("/Table/TableStatus"), "ACTIVE");
  EXPECT_EQ(here.string_at("/Table/GlobalTableVersion"), "2019.11.21");
  EXPECT_EQ(here.at("/Table/MultiRegionConsistency"), "(nothing)");
  EXPECT_EQ(here.string_at("/Table/GlobalTableSettingsReplicationMode"), "ENABLED_WITH_OVERRIDES");
  EXPECT_EQ(here.at("/Table/Replicas"),
            R"([{"RegionName":"eu-west-1","ReplicaStatus":"ACTIVE","WarmThroughput":)"
            R"({"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"},)"
            R"("GlobalTableSettingsReplicationMode":"ENABLED_WITH_OVERRIDES"}])");

  const Answer there = describe("eu-west-1");
  EXPECT_EQ(there.string_at("/Table/TableStatus"), "ACTIVE");
  EXPECT_EQ(there.string_at("/Table/Replicas/0/RegionName"), "us-east-1");
  EXPECT_EQ(there.string_at("/Table/TableArn"),
            "arn:aws:dynamodb:eu-west-1:000000000000:table/tbl");
  EXPECT_NE(there.string_at("/Table/TableId"), here.string_at("/Table/TableId"));
  EXPECT_EQ(there.string_at("/Table/StreamSpecification/StreamViewType"), "NEW_AND_OLD_IMAGES");

  ok("eu-west-1", "UpdateTable", replica("Create", "ap-south-1"));
  for (const char* region : {"us-east-1", "eu-west-1", "ap-south-1"})
    EXPECT_EQ(describe(region).size_at("/Table/Replicas"), 2u) << region;
}

TEST_F(GlobalTables, BringEveryKindOfWriteToEachReplica) {
  create_global();
  put("us-east-1", "put");
  ok("eu-west-1", "UpdateItem",
     table_request("tbl", R"(,"Key":{"pk":{"S":"put"}},"UpdateExpression":"SET a = :a",)"
                          R"("ExpressionAttributeValues":{":a":{"N":"1"}})"));
  EXPECT_EQ(get("us-east-1", "put"), R"({"Item":{"a":{"N":"1"},"pk":{"S":"put"}}})");
  ok("us-east-1", "BatchWriteItem",
     R"({"RequestItems":{"tbl":[{"PutRequest":{"Item":{"pk":{"S":"batch"}}}}]}})");
  ok("eu-west-1", "TransactWriteItems",
     R"({"TransactItems":[{"Put":{"TableName":"tbl","Item":{"pk":{"S":"transact"}}}},)"
     R"({"Delete":{"TableName":"tbl","Key":{"pk":{"S":"put"}}}}]})");
  ok("us-east-1", "ExecuteStatement", R"({"Statement":"INSERT INTO tbl VALUE {'pk':'partiql'}"})");
  for (const char* region : {"us-east-1", "eu-west-1"}) {
    EXPECT_EQ(get(region, "put"), "{}") << region;
    for (const char* pk : {"batch", "transact", "partiql"})
      EXPECT_EQ(get(region, pk), str_cat(R"({"Item":{"pk":{"S":")", pk, R"("}}})")) << region;
    EXPECT_EQ(events(region), (Texts{"INSERT put", "MODIFY put", "INSERT batch",
                                     "INSERT transact", "REMOVE put", "INSERT partiql"}))
        << region;
  }
}

TEST_F(GlobalTables, KeepTheIndexesOfEachReplica) {
  create(
      R"(,"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"}],)"
      R"("GlobalSecondaryIndexes":[{"IndexName":"by-g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}])");
  ok("us-east-1", "UpdateTable", replica("Create", "eu-west-1"));
  put("us-east-1", "a", R"(,"g":{"S":"x"})");
  const Answer found =
      ok("eu-west-1", "Query",
         table_request("tbl", R"(,"IndexName":"by-g","KeyConditionExpression":"g = :g",)"
                              R"("ExpressionAttributeValues":{":g":{"S":"x"}})"));
  EXPECT_EQ(found.at("/Count"), "1");
}

TEST_F(GlobalTables, FollowChangesOfIndexesTimeToLiveAndBilling) {
  create_global();
  put("eu-west-1", "a", R"(,"g":{"S":"x"})");
  ok("us-east-1", "UpdateTimeToLive",
     table_request("tbl",
                   R"(,"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true})"));
  EXPECT_EQ(ok("eu-west-1", "DescribeTimeToLive", table_request("tbl"))
                .string_at("/TimeToLiveDescription/AttributeName"),
            "ttl");
  ok("eu-west-1", "UpdateTable",
     table_request(
         "tbl",
         R"(,"AttributeDefinitions":[{"AttributeName":"g","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":)"
         R"([{"Create":{"IndexName":"by-g","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}])"));
  EXPECT_EQ(describe("us-east-1").string_at("/Table/GlobalSecondaryIndexes/0/IndexStatus"),
            "CREATING");
  ok("us-east-1", "UpdateTable",
     table_request("tbl", R"(,"GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"by-g"}}])"));
  EXPECT_EQ(describe("eu-west-1").find("/Table/GlobalSecondaryIndexes"), nullptr);
  ok("us-east-1", "UpdateTable", table_request("tbl", R"(,"DeletionProtectionEnabled":true)"));
  EXPECT_EQ(describe("eu-west-1").at("/Table/DeletionProtectionEnabled"), "false");
}

TEST_F(GlobalTables, TellOfAnExpiryOnlyWhereItHappened) {
  app.store.background.start();
  create_global();
  ok("us-east-1", "UpdateTimeToLive",
     table_request("tbl",
                   R"(,"TimeToLiveSpecification":{"AttributeName":"ttl","Enabled":true})"));
  put("eu-west-1", "a",
      str_cat(R"(,"ttl":{"N":")", to_millis(app.clock.now()) / 1000 + 5, "\"}"));
  app.advance(std::chrono::seconds(10));
  EXPECT_EQ(get("us-east-1", "a"), "{}");
  EXPECT_EQ(get("eu-west-1", "a"), "{}");
  EXPECT_EQ(events("us-east-1"), (Texts{"INSERT a", "REMOVE a by the service"}));
  EXPECT_EQ(events("eu-west-1"), (Texts{"INSERT a", "REMOVE a"}));
}

TEST_F(GlobalTables, FillANewReplicaWhileItsSourceIsWritten) {
  create();
  for (int i = 0; i < 100; ++i) put("us-east-1", str_cat("old ", i));
  app.store.background.start();
  ok("us-east-1", "UpdateTable", replica("Create", "eu-west-1"));
  EXPECT_EQ(describe("us-east-1").string_at("/Table/TableStatus"), "UPDATING");
  EXPECT_EQ(describe("us-east-1").string_at("/Table/Replicas/0/ReplicaStatus"), "CREATING");
  EXPECT_EQ(describe("eu-west-1").string_at("/Table/TableStatus"), "CREATING");
  EXPECT_EQ(error("us-east-1", "UpdateTable", replica("Create", "ap-south-1")),
            "ResourceInUseException: The resource which you are attempting to change is in use.");
  EXPECT_EQ(error("eu-west-1", "GetItem", table_request("tbl", R"(,"Key":{"pk":{"S":"a"}})")),
            "ResourceNotFoundException: Requested resource not found");
  put("us-east-1", "new");
  put("us-east-1", "old 7", R"(,"a":{"N":"1"})");
  ok("us-east-1", "DeleteItem", table_request("tbl", R"(,"Key":{"pk":{"S":"old 8"}})"));
  app.scheduler.run_posted();
  EXPECT_EQ(describe("us-east-1").string_at("/Table/TableStatus"), "ACTIVE");
  EXPECT_EQ(describe("eu-west-1").string_at("/Table/TableStatus"), "ACTIVE");
  EXPECT_EQ(ok("eu-west-1", "Scan", table_request("tbl")).at("/Count"), "100");
  EXPECT_EQ(get("eu-west-1", "old 7"), R"({"Item":{"a":{"N":"1"},"pk":{"S":"old 7"}}})");
  EXPECT_EQ(get("eu-west-1", "old 8"), "{}");
  EXPECT_EQ(describe("eu-west-1").at("/Table/ItemCount"), "100");
}

TEST_F(GlobalTables, DeleteAReplicaWithItsItems) {
  create_global();
  put("us-east-1", "a");
  const Answer updated = ok("us-east-1", "UpdateTable", replica("Delete", "eu-west-1"));
  EXPECT_EQ(updated.string_at("/TableDescription/Replicas/0/ReplicaStatus"), "DELETING");
  EXPECT_EQ(describe("us-east-1").find("/Table/Replicas"), nullptr);
  EXPECT_EQ(describe("us-east-1").find("/Table/GlobalTableVersion"), nullptr);
  EXPECT_EQ(describe("us-east-1").at("/Table/StreamSpecification/StreamEnabled"), "true");
  EXPECT_EQ(error("eu-west-1", "DescribeTable", table_request("tbl")),
            "ResourceNotFoundException: Requested resource not found: Table: tbl not found");
  put("us-east-1", "b");
}

TEST_F(GlobalTables, GoOnWhenOneOfTheirTablesIsDeleted) {
  create_global();
  ok("us-east-1", "UpdateTable", replica("Create", "ap-south-1"));
  ok("eu-west-1", "DeleteTable", table_request("tbl"));
  EXPECT_EQ(describe("us-east-1").size_at("/Table/Replicas"), 1u);
  put("ap-south-1", "a");
  EXPECT_NE(get("us-east-1", "a"), "{}");
  EXPECT_EQ(error("us-east-1", "DeleteTable", table_request("tbl")),
            "ValidationException: Replica cannot be deleted because it has acted as a source "
            "region for new replica(s) being added to the table in the last 24 hours.");
  app.advance(std::chrono::hours(24));
  ok("us-east-1", "DeleteTable", table_request("tbl"));
  EXPECT_EQ(describe("ap-south-1").find("/Table/Replicas"), nullptr);
}

TEST_F(GlobalTables, LetOneReplicaGoWithItsItems) {
  create_global();
  put("us-east-1", "a");
  const std::string disassociate =
      replica("Disassociate", "eu-west-1", R"(,"DisassociationMode":"WAIT_FOR_REPLICATION")");
  EXPECT_EQ(error("eu-west-1", "UpdateTable", disassociate),
            "ValidationException: Replica cannot be disassociated as it is currently protected "
            "against disassociation. Disable disassociation protection first.");
  ok("eu-west-1", "UpdateTable",
     table_request("tbl", R"(,"DisassociationProtectionEnabled":false)"));
  EXPECT_EQ(describe("eu-west-1").at("/Table/DisassociationProtectionEnabled"), "false");
  ok("eu-west-1", "UpdateTable", disassociate);
  put("us-east-1", "b");
  EXPECT_NE(get("eu-west-1", "a"), "{}");
  EXPECT_EQ(get("eu-west-1", "b"), "{}");
  EXPECT_EQ(describe("eu-west-1").find("/Table/GlobalTableVersion"), nullptr);
  EXPECT_EQ(describe("us-east-1").find("/Table/GlobalTableVersion"), nullptr);
}

TEST_F(GlobalTables, TakeSettingsOfAReplicasOwn) {
  create();
  ok("us-east-1", "UpdateTable",
     replica("Create", "eu-west-1",
             R"(,"TableClassOverride":"STANDARD_INFREQUENT_ACCESS","KMSMasterKeyId":"alias/mine",)"
             R"("OnDemandThroughputOverride":{"MaxReadRequestUnits":7})"));
  const Answer here = describe("us-east-1");
  EXPECT_EQ(here.string_at("/Table/Replicas/0/ReplicaTableClassSummary/TableClass"),
            "STANDARD_INFREQUENT_ACCESS");
  EXPECT_EQ(here.at("/Table/Replicas/0/OnDemandThroughputOverride"),
            R"({"MaxReadRequestUnits":7})");
  const Answer there = describe("eu-west-1");
  EXPECT_EQ(there.string_at("/Table/TableClassSummary/TableClass"), "STANDARD_INFREQUENT_ACCESS");
  EXPECT_EQ(there.at("/Table/OnDemandThroughput"), R"({"MaxReadRequestUnits":7})");
  ok("us-east-1", "UpdateTable",
     replica("Update", "eu-west-1", R"(,"OnDemandThroughputOverride":{"MaxReadRequestUnits":9})"));
  EXPECT_EQ(describe("eu-west-1").at("/Table/OnDemandThroughput/MaxReadRequestUnits"), "9");
}

TEST_F(GlobalTables, RefuseWhatAwsRefuses) {
  ok("us-west-2", "CreateTable", create_request("tbl"));
  create_global();
  const std::pair<std::string, std::string> kRefused[] = {
      {replica("Create", "us-east-1"),
       "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
       "DeleteTable, or UpdateTable as required."},
      {replica("Create", "eu-west-1"),
       "Failed to create a the new replica of table with name: \u2018tbl\u2019 because one or more "
       "replicas already existed as tables."},
      {replica("Create", "us-west-2"),
       "Failed to create a the new replica of table with name: \u2018tbl\u2019 because one or more "
       "replicas already existed as tables."},
      {replica("Delete", "us-west-2"),
       "Update global table operation failed because one or more replicas were not part of the "
       "global table. Please retry the request without these replicas: [us-west-2]."},
      {replica("Update", "eu-west-1"),
       "There are no actions specified in the Replica Update Action of the request."},
      {table_request("tbl", R"(,"ReplicaUpdates":[{}])"),
       "There are no actions specified in the Replica Update Action of the request."},
      {table_request("tbl",
                     R"(,"ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"},)"
                     R"("Delete":{"RegionName":"eu-west-1"}}])"),
       "Update table operation with more than one type of replica actions not allowed."},
      {table_request("tbl",
                     R"(,"ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"}},)"
                     R"({"Create":{"RegionName":"ap-south-2"}}])"),
       "Update table operation with more than one create or delete replica actions not allowed"},
      {replica("Update", "eu-west-1",
               R"(,"ProvisionedThroughputOverride":{"ReadCapacityUnits":5})"),
       "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
       "PAY_PER_REQUEST"},
      {table_request("tbl",
                     R"(,"TableClass":"STANDARD","ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"}}])"),
       "One or more parameter values were invalid: TableClass modification must be the only "
       "operation in the request"},
      {table_request("tbl",
                     R"(,"BillingMode":"PAY_PER_REQUEST","ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"}}])"),
       "One or more parameter values were invalid: Replica modification must be the only operation "
       "in the request"},
      {table_request("tbl", R"(,"StreamSpecification":{"StreamEnabled":false})"),
       "One or more parameter values were invalid: Disabling Stream is not allowed for a Global "
       "Table replica."},
      {table_request("tbl",
                     R"(,"MultiRegionConsistency":"STRONG","ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"}}])"),
       "MultiRegionConsistency parameter is unsupported on existing global table"},
      {table_request("tbl",
                     R"(,"ReplicaUpdates":[{"Create":{"RegionName":"ap-south-1"}}],)"
                     R"("GlobalTableWitnessUpdates":[{"Create":{"RegionName":"ap-south-2"}}])"),
       "MultiRegionConsistency must be set as STRONG when GlobalTableWitnessUpdates parameter is "
       "present."},
  };
  const std::string before = describe("us-east-1").text();
  for (const auto& [body, text] : kRefused)
    EXPECT_EQ(error("us-east-1", "UpdateTable", body), str_cat("ValidationException: ", text))
        << body;
  EXPECT_TRUE(error("us-east-1", "UpdateTable", replica("Create", "nowhere"))
                  .starts_with("ValidationException: Region nowhere is not supported. The latest "
                               "version of global tables are only supported in the following "
                               "regions: [ap-south-2, ap-south-1, eu-south-1, eu-south-2, "));
  EXPECT_EQ(describe("us-east-1").text(), before);
  ok("us-east-1", "CreateTable",
     R"({"TableName":"slow","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
     R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
     R"("ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}})");
  EXPECT_EQ(
      error("us-east-1", "UpdateTable",
            table_request("slow", R"(,"ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}])")),
      "ValidationException: Table write capacity should either be Pay-Per-Request or AutoScaled.");
}

TEST_F(GlobalTables, WithStrongConsistencyHaveThreeRegions) {
  create();
  const auto request = [](std::string_view replicas, std::string_view witnesses) {
    return table_request("tbl", str_cat(R"(,"MultiRegionConsistency":"STRONG","ReplicaUpdates":[)",
                                        replicas, "]", witnesses));
  };
  const std::string_view one = R"({"Create":{"RegionName":"us-west-2"}})";
  EXPECT_EQ(error("us-east-1", "UpdateTable", request(one, "")),
            "ValidationException: Unsupported replica count for global tables with "
            "MultiRegionConsistency set to STRONG.");
  put("us-east-1", "a");
  const std::string full = request(
      one, R"(,"GlobalTableWitnessUpdates":[{"Create":{"RegionName":"us-east-2"}}])");
  EXPECT_EQ(error("us-east-1", "UpdateTable", full),
            str_cat(kInvalid,
                    "A table must be empty to become a global table with multi-Region strong "
                    "consistency"));
  ok("us-east-1", "DeleteItem", table_request("tbl", R"(,"Key":{"pk":{"S":"a"}})"));
  ok("us-east-1", "UpdateTable", full);
  for (const char* region : {"us-east-1", "us-west-2"}) {
    const Answer table = describe(region);
    EXPECT_EQ(table.string_at("/Table/MultiRegionConsistency"), "STRONG");
    EXPECT_EQ(table.at("/Table/GlobalTableWitnesses"),
              R"([{"RegionName":"us-east-2","WitnessStatus":"ACTIVE"}])");
    EXPECT_EQ(table.find("/Table/StreamSpecification"), nullptr);
  }
  put("us-west-2", "b");
  EXPECT_NE(get("us-east-1", "b"), "{}");
  EXPECT_EQ(error("us-east-1", "UpdateTable", replica("Create", "eu-west-1")),
            "ValidationException: Cannot add replicas to a global table with strong "
            "MultiRegionConsistency");
  EXPECT_EQ(error("us-east-1", "UpdateTable", replica("Delete", "us-west-2")),
            "ValidationException: Update table delete operation does not include all witnesses.");
  EXPECT_EQ(error("us-east-1", "DeleteTable", table_request("tbl")),
            "ValidationException: Deletion of only one table replica is not supported for global "
            "tables with MultiRegionConsistency set to STRONG.");
  ok("us-east-1", "UpdateTable",
     table_request("tbl", R"(,"ReplicaUpdates":[{"Delete":{"RegionName":"us-west-2"}}],)"
                          R"("GlobalTableWitnessUpdates":[{"Delete":{"RegionName":"us-east-2"}}])"));
  EXPECT_EQ(describe("us-east-1").find("/Table/MultiRegionConsistency"), nullptr);
}

TEST_F(GlobalTables, OfSeveralAccountsAreMadeByCreateTable) {
  create();
  const std::string body = table_request(
      "tbl",
      R"(,"GlobalTableSourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tbl","GlobalTableSettingsReplicationMode":"ENABLED")");
  const auto as_other = [&] { app.as({.account = "111122223333", .region = "eu-west-1"}); };
  as_other();
  EXPECT_EQ(app.error("CreateTable", body),
            str_cat(kInvalid,
                    "GlobalTableSettingsReplicationMode of the source table must be ENABLED"));
  app.as({.account = "000000000000", .region = "us-east-1"});
  app.expect_ok("UpdateTable",
                table_request("tbl", R"(,"GlobalTableSettingsReplicationMode":"ENABLED")"));
  as_other();
  EXPECT_EQ(app.expect_ok("CreateTable", body).string_at("/TableDescription/TableStatus"),
            "CREATING");
  app.expect_ok("PutItem", table_request("tbl", R"(,"Item":{"pk":{"S":"a"}})"));
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl"))
                .string_at("/Table/Replicas/0/RegionName"),
            "us-east-1");
  app.as({.account = "000000000000", .region = "us-east-1"});
  EXPECT_NE(get("us-east-1", "a"), "{}");
}

}  // namespace
}  // namespace tailrace
