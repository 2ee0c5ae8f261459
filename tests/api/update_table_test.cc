#include <gtest/gtest.h>

#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

constexpr std::string_view kInvalid =
    "ValidationException: One or more parameter values were invalid: ";

std::string invalid(std::string_view text) {
  return str_cat(kInvalid, text);
}

std::string units(int read, int write) {
  return str_cat(R"("ProvisionedThroughput":{"ReadCapacityUnits":)", read,
                 R"(,"WriteCapacityUnits":)", write, "}");
}

std::string update(std::string_view member) {
  return table_request("tbl", str_cat(",", member));
}

std::string create_provisioned() {
  return str_cat(
      R"({"TableName":"tbl","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)",
      units(5, 5), "}");
}

std::string add_index(std::string_view name,
                      std::string_view attribute,
                      std::string_view type,
                      std::string_view more = "") {
  return update(
      str_cat(R"("AttributeDefinitions":[{"AttributeName":")", attribute, R"(","AttributeType":")",
              type, R"("}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":")", name,
              R"(","KeySchema":[{"AttributeName":")", attribute,
              R"(","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"})", more, "}}]"));
}
std::string delete_index(std::string_view name) {
  return update(
      str_cat(R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":")", name, "\"}}]"));
}

TEST(UpdateTable, AnswersWithTheOldUnitsAndThenShowsTheNew) {
  TestApp app;
  app.expect_ok("CreateTable", create_provisioned());
  const Answer updated = app.expect_ok("UpdateTable", update(units(6, 4)));
  EXPECT_EQ(updated.string_at("/TableDescription/TableStatus"), "UPDATING");
  EXPECT_EQ(updated.at("/TableDescription/ProvisionedThroughput/ReadCapacityUnits"), "5");
  EXPECT_NE(updated.at("/TableDescription/ProvisionedThroughput/LastIncreaseDateTime"),
            "(nothing)");
  EXPECT_NE(updated.at("/TableDescription/ProvisionedThroughput/LastDecreaseDateTime"),
            "(nothing)");
  const Answer described = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(described.string_at("/Table/TableStatus"), "ACTIVE");
  EXPECT_EQ(described.at("/Table/ProvisionedThroughput/ReadCapacityUnits"), "6");
  EXPECT_EQ(described.at("/Table/ProvisionedThroughput/WriteCapacityUnits"), "4");
  EXPECT_EQ(described.at("/Table/ProvisionedThroughput/NumberOfDecreasesToday"), "1");
  app.advance(std::chrono::hours(24));
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl"))
                .at("/Table/ProvisionedThroughput/NumberOfDecreasesToday"),
            "0");
}

TEST(UpdateTable, RefusesUnitsThatChangeNothing) {
  TestApp app;
  app.expect_ok("CreateTable", create_provisioned());
  EXPECT_EQ(app.error("UpdateTable", update(units(5, 5))),
            "ValidationException: The provisioned throughput for the table will not change. The "
            "requested value equals the current "
            "value. Current ReadCapacityUnits provisioned for the table: 5. Requested "
            "ReadCapacityUnits: 5. Current "
            "WriteCapacityUnits provisioned for the table: 5. Requested WriteCapacityUnits: 5. "
            "Refer to the Amazon DynamoDB "
            "Developer Guide for current limits and how to request higher limits.");
}

TEST(UpdateTable, SwitchesBillingModes) {
  TestApp app;
  app.expect_ok("CreateTable", create_provisioned());
  app.expect_ok("UpdateTable", update(R"("BillingMode":"PAY_PER_REQUEST")"));
  app.expect_ok("UpdateTable", update(R"("BillingMode":"PAY_PER_REQUEST")"));
  Answer table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.string_at("/Table/BillingModeSummary/BillingMode"), "PAY_PER_REQUEST");
  EXPECT_EQ(table.at("/Table/ProvisionedThroughput/ReadCapacityUnits"), "0");
  EXPECT_EQ(app.error("UpdateTable", update(units(1, 1))),
            invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                    "BillingMode is PAY_PER_REQUEST"));
  EXPECT_EQ(app.error("UpdateTable", update(R"("BillingMode":"PROVISIONED")")),
            invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED"));
  app.expect_ok("UpdateTable", update(str_cat(R"("BillingMode":"PROVISIONED",)", units(2, 3))));
  table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.string_at("/Table/BillingModeSummary/BillingMode"), "PROVISIONED");
  EXPECT_EQ(table.at("/Table/WarmThroughput"),
            R"({"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"})");
}

TEST(UpdateTable, WantsUnitsOfEveryIndexWhenSwitchingToProvisioned) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("UpdateTable", add_index("idx", "a", "S"));
  const std::string to_provisioned = str_cat(R"("BillingMode":"PROVISIONED",)", units(2, 3));
  EXPECT_EQ(app.error("UpdateTable", update(to_provisioned)),
            invalid("ProvisionedThroughput must be specified for index: idx"));
  app.expect_ok("UpdateTable",
                update(str_cat(to_provisioned,
                               R"(,"GlobalSecondaryIndexUpdates":[{"Update":{"IndexName":"idx",)",
                               units(7, 8), "}}]")));
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl"))
                .at("/Table/GlobalSecondaryIndexes/0/ProvisionedThroughput/ReadCapacityUnits"),
            "7");
}

TEST(UpdateTable, AddsAndDropsAnIndex) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  Answer updated = app.expect_ok("UpdateTable", add_index("idx", "a", "N"));
  EXPECT_EQ(updated.string_at("/TableDescription/GlobalSecondaryIndexes/0/IndexStatus"),
            "CREATING");
  EXPECT_EQ(updated.at("/TableDescription/GlobalSecondaryIndexes/0/Backfilling"), "false");
  Answer table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.string_at("/Table/GlobalSecondaryIndexes/0/IndexStatus"), "ACTIVE");
  EXPECT_EQ(table.at("/Table/GlobalSecondaryIndexes/0/Backfilling"), "(nothing)");
  EXPECT_EQ(
      table.at("/Table/AttributeDefinitions"),
      R"([{"AttributeName":"a","AttributeType":"N"},{"AttributeName":"pk","AttributeType":"S"}])");
  EXPECT_EQ(app.error("UpdateTable", add_index("idx", "a", "N")),
            "ValidationException: Attempting to create an index which already exists");

  updated = app.expect_ok("UpdateTable", delete_index("idx"));
  EXPECT_EQ(updated.string_at("/TableDescription/GlobalSecondaryIndexes/0/IndexStatus"),
            "DELETING");
  table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.at("/Table/GlobalSecondaryIndexes"), "(nothing)");
  EXPECT_EQ(table.size_at("/Table/AttributeDefinitions"), 1u);
  EXPECT_EQ(app.error("UpdateTable", delete_index("idx")),
            "ResourceNotFoundException: Requested resource not found: Index idx for table tbl");
}

TEST(UpdateTable, LeavesAnIndexOfANonEmptyTableToTheBackground) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"1"},"a":{"S":"x"}}})");
  const Answer updated = app.expect_ok("UpdateTable", add_index("idx", "a", "S"));
  EXPECT_EQ(updated.string_at("/TableDescription/GlobalSecondaryIndexes/0/IndexStatus"),
            "CREATING");
  EXPECT_EQ(updated.at("/TableDescription/GlobalSecondaryIndexes/0/Backfilling"), "false");
}

TEST(UpdateTable, ChecksANewIndexAgainstTheTable) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(app.error("UpdateTable", add_index("idx", "pk", "N")),
            invalid("Attributes cannot be redefined. Please check that your attribute has the same "
                    "type as previously defined. "
                    "Existing schema: Schema:[SchemaElement: key{pk:S:HASH}] New schema: "
                    "Schema:[SchemaElement: key{pk:N:HASH}]"));
  EXPECT_EQ(app.error("UpdateTable", add_index("idx", "a", "S", str_cat(",", units(1, 1)))),
            invalid("ProvisionedThroughput should not be specified for index: idx when BillingMode "
                    "is PAY_PER_REQUEST"));
  EXPECT_EQ(
      app.error(
          "UpdateTable",
          update(
              R"("AttributeDefinitions":[{"AttributeName":"b","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"idx","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}])")),
      invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], "
              "AttributeDefinitions: [b]"));
}

TEST(UpdateTable, RefusesBeforeItLooksForTheTable) {
  struct Refusal {
    std::string members, expected;
  };
  constexpr std::string_view kTwo =
      R"({"Delete":{"IndexName":"one"}},{"Delete":{"IndexName":"two"}})";
  const Refusal kRefusals[] = {
      {R"("GlobalSecondaryIndexUpdates":[{}])",
       invalid("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
               "GlobalSecondaryIndexUpdate.Delete must "
               "not be null")},
      {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"one"}},{"Delete":{"IndexName":"one"}}])",
       invalid("Only one global secondary index update per index is allowed simultaneously. Index: "
               "one")},
      {str_cat(R"("GlobalSecondaryIndexUpdates":[)", kTwo, "]"),
       "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or "
       "deleted simultaneously per table"},
      {R"("StreamSpecification":{"StreamEnabled":true})",
       invalid("If stream is being enabled then UpdateViewType is required")},
      {R"("StreamSpecification":{"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"})",
       invalid("If stream is being disabled, then UpdateViewType must not be specified")},
      {R"("DeletionProtectionEnabled":true)",
       "ResourceNotFoundException: Requested resource not found: Table: tbl not found"},
  };
  TestApp app;
  for (const Refusal& refusal : kRefusals)
    EXPECT_EQ(app.error("UpdateTable", update(refusal.members)), refusal.expected);
}

constexpr std::string_view kEnable =
    R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})";
constexpr std::string_view kDisable = R"("StreamSpecification":{"StreamEnabled":false})";

TEST(UpdateTable, EnablesAndDisablesTheStream) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(app.error("UpdateTable", update(kDisable)),
            "ValidationException: Table has no stream to disable: TableName: tbl");
  const Answer enabled = app.expect_ok("UpdateTable", update(kEnable));
  EXPECT_EQ(enabled.string_at("/TableDescription/TableStatus"), "UPDATING");
  EXPECT_EQ(enabled.at("/TableDescription/StreamSpecification"),
            R"({"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})");
  const std::string first = enabled.string_at("/TableDescription/LatestStreamArn");
  EXPECT_EQ(app.error("UpdateTable", update(kEnable)),
            "ValidationException: Table already has an enabled stream: TableName: tbl");
  const Answer disabled = app.expect_ok("UpdateTable", update(kDisable));
  EXPECT_EQ(disabled.at("/TableDescription/StreamSpecification"), "(nothing)");
  EXPECT_EQ(disabled.string_at("/TableDescription/LatestStreamArn"), first);
  app.advance(std::chrono::seconds(1));
  EXPECT_NE(
      app.expect_ok("UpdateTable", update(kEnable)).string_at("/TableDescription/LatestStreamArn"),
      first);
}

TEST(UpdateTable, ChangesTheStreamAlone) {
  struct Combination {
    std::string members, expected;
  };
  const Combination kCombinations[] = {
      {units(1, 1), "You cannot modify stream status while updating table IOPS"},
      {R"("GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"idx"}}])",
       "You cannot create or delete index while changing stream status"},
      {R"("OnDemandThroughput":{"MaxReadRequestUnits":1})",
       "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"},
      {R"("SSESpecification":{"Enabled":true},"TableClass":"STANDARD")",
       "Server-Side Encryption modification must be the only operation in the request"},
      {R"("TableClass":"STANDARD","DeletionProtectionEnabled":true)",
       "TableClass modification must be the only operation in the request"},
      {R"("DeletionProtectionEnabled":true)",
       "DeletionProtection modification must be the only operation in the request"},
      {R"("WarmThroughput":{"ReadUnitsPerSecond":20000})",
       "WarmThroughput must be the only operation in the request"},
      {R"("ReplicaUpdates":[{"Create":{"RegionName":"eu-west-1"}}])",
       "Replica modification must be the only operation in the request"},
  };
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  for (const Combination& each : kCombinations) {
    EXPECT_EQ(app.error("UpdateTable", update(str_cat(kEnable, ",", each.members))),
              invalid(each.expected))
        << each.members;
  }
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl")).at("/Table/LatestStreamArn"),
            "(nothing)");
  app.expect_ok("UpdateTable", update(str_cat(kEnable, R"(,"BillingMode":"PAY_PER_REQUEST")")));
}

TEST(UpdateTable, MergesOnDemandCeilings) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("UpdateTable", update(R"("OnDemandThroughput":{"MaxReadRequestUnits":7})"));
  app.expect_ok("UpdateTable", update(R"("OnDemandThroughput":{"MaxWriteRequestUnits":8})"));
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl")).at("/Table/OnDemandThroughput"),
            R"({"MaxReadRequestUnits":7,"MaxWriteRequestUnits":8})");
  EXPECT_EQ(
      app.expect_ok("UpdateTable", update(R"("OnDemandThroughput":{"MaxReadRequestUnits":-1})"))
          .at("/TableDescription/OnDemandThroughput"),
      R"({"MaxReadRequestUnits":-1,"MaxWriteRequestUnits":8})");
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl")).at("/Table/OnDemandThroughput"),
            R"({"MaxWriteRequestUnits":8})");
  app.expect_ok("UpdateTable", update(str_cat(R"("BillingMode":"PROVISIONED",)", units(1, 1))));
  EXPECT_EQ(app.error("UpdateTable", update(R"("OnDemandThroughput":{"MaxReadRequestUnits":7})")),
            invalid("MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table "
                    "BillingMode is PROVISIONED"));
}

TEST(UpdateTable, KeepsItsOtherSettings) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("UpdateTable", update(R"("TableClass":"STANDARD_INFREQUENT_ACCESS")"));
  app.expect_ok("UpdateTable", update(R"("SSESpecification":{"Enabled":true})"));
  Answer table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.string_at("/Table/TableClassSummary/TableClass"), "STANDARD_INFREQUENT_ACCESS");
  EXPECT_NE(table.at("/Table/TableClassSummary/LastUpdateDateTime"), "(nothing)");
  EXPECT_TRUE(table.string_at("/Table/SSEDescription/KMSMasterKeyArn")
                  .starts_with("arn:aws:kms:us-east-1:000000000000:key/"));
  EXPECT_EQ(app.expect_ok("UpdateTable", update(R"("SSESpecification":{"Enabled":false})"))
                .string_at("/TableDescription/SSEDescription/Status"),
            "UPDATING");
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl")).at("/Table/SSEDescription"),
            "(nothing)");
  app.expect_ok("UpdateTable", update(R"("WarmThroughput":{"WriteUnitsPerSecond":5000})"));
  EXPECT_EQ(app.error("UpdateTable", update(R"("WarmThroughput":{"WriteUnitsPerSecond":4500})")),
            invalid("Requested WriteUnitsPerSecond for WarmThroughput for table is lower than "
                    "current WarmThroughput, decreasing "
                    "WarmThroughput is not supported"));
}

}  // namespace
}  // namespace tailrace
