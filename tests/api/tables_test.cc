#include <gtest/gtest.h>

#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

using namespace std::chrono_literals;

TEST(DescribeTable, CountsItemsAndBytes) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"ab"}}})");
  app.expect_ok("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"c"},"x":{"S":"yz"}}})");
  const Answer table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.at("/Table/ItemCount"), "2");
  EXPECT_EQ(table.at("/Table/TableSizeBytes"), "10");
}

TEST(DescribeTable, TakesAnArn) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  const Answer table = app.expect_ok(
      "DescribeTable", table_request("arn:aws:dynamodb:us-east-1:000000000000:table/tbl"));
  EXPECT_EQ(table.string_at("/Table/TableName"), "tbl");
}

TEST(DeleteTable, DescribesBrieflyWhatIsGoing) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  const Answer deleted = app.expect_ok("DeleteTable", table_request("tbl"));
  EXPECT_EQ(deleted.string_at("/TableDescription/TableStatus"), "DELETING");
  EXPECT_EQ(deleted.size_at("/TableDescription"), 9u);
  EXPECT_EQ(deleted.string_at("/TableDescription/BillingModeSummary/BillingMode"), "PAY_PER_REQUEST");
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            "ResourceNotFoundException: Requested resource not found: Table: tbl not found");
}

TEST(DeleteTable, LeavesTheNameFreeAndTheNewTableEmpty) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"a"}}})");
  app.expect_ok("DeleteTable", table_request("tbl"));
  app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(app.expect_ok("GetItem", R"({"TableName":"tbl","Key":{"pk":{"S":"a"}}})").text(), "{}");
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl")).at("/Table/ItemCount"), "0");
}

TEST(DeleteTable, RespectsDeletionProtection) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl", R"(,"DeletionProtectionEnabled":true)"));
  EXPECT_EQ(app.error("DeleteTable", table_request("tbl")),
            "ValidationException: Resource cannot be deleted as it is currently protected against "
            "deletion. Disable deletion "
            "protection first.");
  app.expect_ok("UpdateTable", table_request("tbl", R"(,"DeletionProtectionEnabled":false)"));
  app.expect_ok("DeleteTable", table_request("tbl"));
}

TEST(DeleteTable, DisablesTheStream) {
  TestApp app;
  const Answer created = app.expect_ok(
      "CreateTable",
      create_request(
          "tbl", R"(,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"})"));
  app.expect_ok("DeleteTable", table_request("tbl"));
  const Answer stream = app.call_streams(
      "DescribeStream",
      str_cat(R"({"StreamArn":")", created.string_at("/TableDescription/LatestStreamArn"), "\"}"));
  EXPECT_EQ(stream.string_at("/StreamDescription/StreamStatus"), "DISABLED");
}

TEST(ListTables, PagesByNames) {
  TestApp app;
  for (const char* name : {"ccc", "aaa", "Bbb", "ddd"})
    app.expect_ok("CreateTable", create_request(name));
  EXPECT_EQ(app.expect_ok("ListTables", "{}").text(),
            R"({"TableNames":["Bbb","aaa","ccc","ddd"]})");
  EXPECT_EQ(app.expect_ok("ListTables", R"({"Limit":2})").text(),
            R"({"TableNames":["Bbb","aaa"],"LastEvaluatedTableName":"aaa"})");
  EXPECT_EQ(app.expect_ok("ListTables", R"({"Limit":2,"ExclusiveStartTableName":"aab"})").text(),
            R"({"TableNames":["ccc","ddd"]})");
  EXPECT_EQ(app.error("ListTables", R"({"Limit":101})"),
            "ValidationException: 1 validation error detected: Value '101' at 'limit' failed to "
            "satisfy constraint: Member must "
            "have value less than or equal to 100");
}

TEST(DescribeLimits, TellsTheDefaults) {
  TestApp app;
  EXPECT_EQ(app.expect_ok("DescribeLimits", "{}").text(),
            R"({"AccountMaxReadCapacityUnits":80000,"AccountMaxWriteCapacityUnits":80000,)"
            R"("TableMaxReadCapacityUnits":40000,"TableMaxWriteCapacityUnits":40000})");
}

TEST(DescribeEndpoints, NamesTheHostOfTheRequest) {
  TestApp app;
  EXPECT_EQ(app.expect_ok("DescribeEndpoints", "{}").at("/Endpoints/0/CachePeriodInMinutes"),
            "1440");
}

}  // namespace
}  // namespace tailrace
