#include <gtest/gtest.h>

#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

constexpr std::string_view kInvalid =
    "ValidationException: One or more parameter values were invalid: ";

constexpr std::string_view kOnDemand = R"(,"BillingMode":"PAY_PER_REQUEST")";

TEST(CreateTable, ShowsATableThatIsBeingCreated) {
  TestApp app;
  const Answer created = app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(created.string_at("/TableDescription/TableStatus"), "CREATING");
  EXPECT_EQ(created.at("/TableDescription/ItemCount"), "0");
  EXPECT_EQ(created.at("/TableDescription/TableSizeBytes"), "0");
  EXPECT_EQ(created.string_at("/TableDescription/TableArn"),
            "arn:aws:dynamodb:us-east-1:000000000000:table/tbl");
  EXPECT_EQ(created.at("/TableDescription/BillingModeSummary"),
            R"({"BillingMode":"PAY_PER_REQUEST"})");
  EXPECT_EQ(created.at("/TableDescription/ProvisionedThroughput"),
            R"({"NumberOfDecreasesToday":0,"ReadCapacityUnits":0,"WriteCapacityUnits":0})");
  EXPECT_EQ(created.at("/TableDescription/DeletionProtectionEnabled"), "false");
  for (const char* absent : {"WarmThroughput", "StreamSpecification", "LatestStreamArn",
                             "SSEDescription", "TableClassSummary", "GlobalSecondaryIndexes",
                             "LocalSecondaryIndexes", "OnDemandThroughput"}) {
    EXPECT_EQ(created.at(str_cat("/TableDescription/", absent)), "(nothing)") << absent;
  }
}

TEST(CreateTable, IsActiveForTheNextRequest) {
  TestApp app;
  const std::string id =
      app.expect_ok("CreateTable", create_request("tbl")).string_at("/TableDescription/TableId");
  const Answer described = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(described.string_at("/Table/TableStatus"), "ACTIVE");
  EXPECT_EQ(described.string_at("/Table/TableId"), id);
  EXPECT_EQ(described.at("/Table/WarmThroughput"),
            R"({"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"})");
  EXPECT_NE(described.at("/Table/BillingModeSummary/LastUpdateToPayPerRequestDateTime"),
            "(nothing)");
  app.expect_ok("PutItem", R"({"TableName":"tbl","Item":{"pk":{"S":"a"}}})");
}

TEST(CreateTable, RefusesANameThatIsTaken) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(app.error("CreateTable", create_request("tbl")),
            "ResourceInUseException: Table already exists: tbl");
}

TEST(CreateTable, ReturnsEverySettingFaithfully) {
  TestApp app;
  app.expect_ok(
      "CreateTable",
      create_request("tbl",
                     R"(,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"},
"SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"arn:aws:kms:us-east-1:000000000000:key/k"},"TableClass":"STANDARD_INFREQUENT_ACCESS",
"DeletionProtectionEnabled":true,"OnDemandThroughput":{"MaxReadRequestUnits":5},
"WarmThroughput":{"ReadUnitsPerSecond":13000},"Tags":[{"Key":"a","Value":""}])"));
  const Answer table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.at("/Table/StreamSpecification"),
            R"({"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"})");
  EXPECT_EQ(table.string_at("/Table/LatestStreamArn"),
            str_cat("arn:aws:dynamodb:us-east-1:000000000000:table/tbl/stream/",
                    table.string_at("/Table/LatestStreamLabel")));
  EXPECT_EQ(
      table.at("/Table/SSEDescription"),
      R"({"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:us-east-1:000000000000:key/k"})");
  EXPECT_EQ(table.string_at("/Table/TableClassSummary/TableClass"), "STANDARD_INFREQUENT_ACCESS");
  EXPECT_EQ(table.at("/Table/DeletionProtectionEnabled"), "true");
  EXPECT_EQ(table.at("/Table/OnDemandThroughput"), R"({"MaxReadRequestUnits":5})");
  EXPECT_EQ(table.at("/Table/WarmThroughput"),
            R"({"ReadUnitsPerSecond":13000,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"})");
}

TEST(CreateTable, DescribesItsIndexes) {
  TestApp app;
  const Answer created = app.expect_ok(
      "CreateTable",
      create("pk:S sk:N a:S b:B c:N", "pk:HASH sk:RANGE",
             R"(,"ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4},
"LocalSecondaryIndexes":[{"IndexName":"loc","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
"GlobalSecondaryIndexes":[{"IndexName":"glo","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}],
"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y"]},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}}])"));
  EXPECT_EQ(
      created.at("/TableDescription/LocalSecondaryIndexes/0"),
      R"({"IndexName":"loc","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"}],)"
      R"("Projection":{"ProjectionType":"KEYS_ONLY"},"IndexSizeBytes":0,"ItemCount":0,)"
      R"("IndexArn":"arn:aws:dynamodb:us-east-1:000000000000:table/tbl/index/loc"})");
  EXPECT_EQ(created.string_at("/TableDescription/GlobalSecondaryIndexes/0/IndexStatus"),
            "CREATING");
  EXPECT_EQ(
      created.at("/TableDescription/GlobalSecondaryIndexes/0/KeySchema"),
      R"([{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}])");
  EXPECT_EQ(created.at("/TableDescription/GlobalSecondaryIndexes/0/Projection"),
            R"({"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y"]})");
  EXPECT_EQ(created.size_at("/TableDescription/AttributeDefinitions"), 5u);
  const Answer described = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(described.string_at("/Table/GlobalSecondaryIndexes/0/IndexStatus"), "ACTIVE");
  EXPECT_EQ(described.at("/Table/GlobalSecondaryIndexes/0/WarmThroughput"),
            R"({"ReadUnitsPerSecond":1,"WriteUnitsPerSecond":2,"Status":"ACTIVE"})");
  EXPECT_EQ(described.at("/Table/BillingModeSummary"), "(nothing)");
}

struct Refusal {
  std::string request;
  std::string expected;
};

std::string index(std::string_view name,
                  std::string_view keys,
                  std::string_view projection,
                  std::string_view more = "") {
  return str_cat(R"({"IndexName":")", name, R"(","KeySchema":[)", keys, R"(],"Projection":)",
                 projection, more, "}");
}
std::string lsis(std::string_view indexes) {
  return str_cat(kOnDemand, R"(,"LocalSecondaryIndexes":[)", indexes, "]");
}
std::string gsis(std::string_view indexes) {
  return str_cat(kOnDemand, R"(,"GlobalSecondaryIndexes":[)", indexes, "]");
}

TEST(CreateTable, RefusesInAwsOrderWithAwsTexts) {
  constexpr std::string_view kAll = R"({"ProjectionType":"ALL"})";
  constexpr std::string_view kPk = R"({"AttributeName":"pk","KeyType":"HASH"})";
  constexpr std::string_view kA = R"({"AttributeName":"a","KeyType":"RANGE"})";
  const std::string pk_a = str_cat(kPk, ",", kA);
  std::string six, twenty_one;
  for (int i = 0; i < 21; ++i) {
    const std::string name = str_cat("idx", i);
    if (i < 6) str_append(six, i == 0 ? "" : ",", index(name, pk_a, kAll));
    str_append(twenty_one, i == 0 ? "" : ",", index(name, kPk, kAll));
  }
  const auto invalid = [](std::string_view text) { return str_cat(kInvalid, text); };
  const Refusal kRefusals[] = {
      {create(
           "pk:S", "pk:HASH",
           R"(,"BillingMode":"PAY_PER_REQUEST","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})"),
       invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
               "is PAY_PER_REQUEST")},
      {create("pk:S", "pk:HASH", ""), invalid("ReadCapacityUnits and WriteCapacityUnits must both "
                                              "be specified when BillingMode is PROVISIONED")},
      {create(
           "pk:S", "pk:HASH",
           R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1000000000001,"WriteCapacityUnits":1})"),
       "ValidationException: Given value 1000000000001 for ReadCapacityUnits is out of bounds"},
      {create("", "pk:HASH", kOnDemand),
       "ValidationException: Invalid KeySchema: Some index key attribute have no definition"},
      {create("a:S", "pk:HASH", kOnDemand),
       invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: [pk], "
               "AttributeDefinitions: [a]")},
      {create("pk:S a:S", "pk:HASH pk:RANGE", kOnDemand),
       "ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the "
       "same name"},
      {create("pk:S", "pk:RANGE", kOnDemand),
       "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
      {create("pk:S a:S", "pk:HASH a:HASH", kOnDemand),
       "ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key "
       "type"},
      {create("pk:S", "pk:HASH", lsis("")), invalid("List of LocalSecondaryIndexes is empty")},
      {create("pk:S", "pk:HASH", gsis("")), invalid("List of GlobalSecondaryIndexes is empty")},
      {create("pk:S a:S", "pk:HASH", lsis(index("idx", pk_a, kAll))),
       invalid("Table KeySchema does not have a range key, which is required when specifying a "
               "LocalSecondaryIndex")},
      {create("pk:S a:S", "pk:HASH a:RANGE", lsis(index("idx", kPk, kAll))),
       invalid("Index KeySchema does not have a range key for index: idx")},
      {create(
           "pk:S a:S b:S", "pk:HASH a:RANGE",
           lsis(index(
               "idx",
               R"({"AttributeName":"b","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"})",
               kAll))),
       invalid("Index KeySchema does not have the same leading hash key as table KeySchema for "
               "index: idx. index hash key: b, "
               "table hash key: pk")},
      {create("pk:S a:S", "pk:HASH a:RANGE",
              lsis(str_cat(index("idx", pk_a, kAll), ",", index("idx", pk_a, kAll)))),
       invalid("Duplicate index name: idx")},
      {create("pk:S a:S", "pk:HASH a:RANGE", lsis(six)),
       invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5")},
      {create("pk:S", "pk:HASH", gsis(twenty_one)),
       invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20")},
      {create("pk:S", "pk:HASH", gsis(index("idx", kPk, "{}"))),
       invalid("Unknown ProjectionType: null")},
      {create("pk:S", "pk:HASH",
              gsis(index("idx", kPk, R"({"ProjectionType":"ALL","NonKeyAttributes":["x"]})"))),
       invalid("ProjectionType is ALL, but NonKeyAttributes is specified")},
      {create("pk:S", "pk:HASH", gsis(index("idx", kPk, R"({"ProjectionType":"INCLUDE"})"))),
       invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")},
      {create("pk:S", "pk:HASH",
              gsis(index(
                  "idx", kPk, kAll,
                  R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})"))),
       invalid("ProvisionedThroughput should not be specified for index: idx when BillingMode is "
               "PAY_PER_REQUEST")},
      {create(
           "pk:S a:S", "pk:HASH",
           gsis(index(
               "idx",
               R"({"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"a","KeyType":"RANGE"},{"AttributeName":"pk","KeyType":"HASH"})",
               kAll))),
       "ValidationException: Invalid KeySchema: Some index key attribute have no definition"},
      {create("pk:S a:S", "pk:HASH", kOnDemand),
       invalid("Number of attributes in KeySchema does not exactly match number of attributes "
               "defined in AttributeDefinitions")},
      {create("pk:S a:S", "pk:HASH", gsis(index("idx", kPk, kAll))),
       invalid("Some AttributeDefinitions are not used. AttributeDefinitions: [a, pk], keys used: "
               "[pk]")},
      {create_request("tbl", R"(,"StreamSpecification":{"StreamEnabled":true})"),
       invalid("Table is being created with a stream enabled, UpdateViewType is required")},
      {create_request(
           "tbl", R"(,"StreamSpecification":{"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"})"),
       invalid("Table is being created with a stream disabled, UpdateViewType should not be "
               "specified")},
      {create(
           "pk:S", "pk:HASH",
           R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},"OnDemandThroughput":{"MaxReadRequestUnits":1})"),
       invalid("MaxReadRequestUnits for OnDemandThroughput cannot be specified when table "
               "BillingMode is PROVISIONED.")},
      {create_request("tbl", R"(,"OnDemandThroughput":{"MaxWriteRequestUnits":0})"),
       invalid("Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of "
               "valid range")},
  };
  TestApp app;
  for (const Refusal& refusal : kRefusals)
    EXPECT_EQ(app.error("CreateTable", refusal.request), refusal.expected) << refusal.request;
  EXPECT_EQ(app.expect_ok("ListTables", "{}").text(), R"({"TableNames":[]})");
}

TEST(CreateTable, LimitsTheKeysOfGlobalIndexes) {
  constexpr std::string_view kDefinitions = "pk:S a:S b:S c:S d:S e:S";
  const auto request = [&](std::string_view roles) {
    std::string keys;
    for (const char role : roles) {
      const char name =
          static_cast<char>('a' + (keys.empty() ? 0 : std::count(keys.begin(), keys.end(), '{')));
      str_append(keys, keys.empty() ? "" : ",", R"({"AttributeName":")", name, R"(","KeyType":")",
                 role == 'H' ? "HASH" : "RANGE", "\"}");
    }
    return create(kDefinitions, "pk:HASH", gsis(index("idx", keys, R"({"ProjectionType":"ALL"})")));
  };
  TestApp app;
  EXPECT_NE(app.error("CreateTable", request("HHHHH")).find("HASH"), std::string::npos);
  EXPECT_NE(app.error("CreateTable", request("HRHRR")).find("precede"), std::string::npos);
  app.expect_ok("CreateTable", request("HHHRR"));
}

TEST(CreateTable, RefusesBadTagsAndCreatesNothing) {
  TestApp app;
  EXPECT_EQ(
      app.error("CreateTable", create_request("tbl", R"(,"Tags":[{"Key":"aws:x","Value":"y"}])")),
      "ValidationException: Tag Key cannot be prefixed with aws:, Key: aws:x");
  EXPECT_EQ(app.error("DescribeTable", table_request("tbl")),
            "ResourceNotFoundException: Requested resource not found: Table: tbl not found");
}

}  // namespace
}  // namespace tailrace
