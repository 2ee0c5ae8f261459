// Requests on tables and what AWS answered to them in October 2026. (behaviour/tables 2, 4, 5, 13, 14)
#include <gtest/gtest.h>

#include <span>

#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

constexpr std::string_view kOnDemand = R"(,"BillingMode":"PAY_PER_REQUEST")";
constexpr std::string_view kUnits =
    R"("ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5})";
constexpr std::string_view kPk = R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}])";
constexpr std::string_view kAll = R"("Projection":{"ProjectionType":"ALL"})";

std::string invalid(std::string_view text) {
  return str_cat("ValidationException: One or more parameter values were invalid: ", text);
}
std::string bare(std::string_view text) {
  return str_cat("ValidationException: ", text);
}

struct Row {
  std::string request;
  std::string expected;  // A row with "" is accepted.
};

std::string gsi(std::string_view more, std::string_view name = "gix") {
  return str_cat(R"({"IndexName":")", name, R"(",)", more, "}");
}
// On demand, with a global index of those members.
std::string with_gsi(std::string_view more) {
  return create("pk:S", "pk:HASH", str_cat(kOnDemand, R"(,"GlobalSecondaryIndexes":[)", gsi(more), "]"));
}
std::string with_keys(std::string_view definitions, std::string_view index_keys) {
  std::string request = create(definitions, index_keys, "");
  const std::size_t begin = request.find(R"("KeySchema")");
  const std::string keys = request.substr(begin, request.size() - 1 - begin);
  return create(definitions, "pk:HASH",
                str_cat(kOnDemand, R"(,"GlobalSecondaryIndexes":[)", gsi(str_cat(keys, ",", kAll)), "]"));
}
std::string on_demand(std::string_view more) {
  return create_request("tbl", str_cat(",", more));
}
std::string provisioned(std::string_view more) {
  return create("pk:S", "pk:HASH", str_cat(",", kUnits, ",", more));
}
std::string tag(std::string_view key, std::string_view value = "v") {
  return str_cat(R"({"Key":")", key, R"(","Value":")", value, "\"}");
}
std::string tags(int count) {
  std::string list;
  for (int i = 0; i < count; ++i) str_append(list, i == 0 ? "" : ",", tag(str_cat("k", i)));
  return str_cat("[", list, "]");
}

void expect_rows(std::string_view operation, std::span<const Row> rows, TestApp* shared = nullptr) {
  for (const Row& row : rows) {
    TestApp own;
    TestApp& app = shared != nullptr ? *shared : own;
    if (row.expected.empty()) {
      EXPECT_TRUE(app.call(operation, row.request).ok())
          << row.request << '\n' << app.call(operation, row.request).error();
    } else {
      EXPECT_EQ(app.error(operation, row.request), row.expected) << row.request;
    }
  }
}

TEST(CreateTable2026, RefusesAndAccepts) {
  const std::string initial =
      " is lower than initial throughput for OnDemand. See: "
      "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
      "on-demand-capacity-mode.html#on-demand-capacity-mode-initial";
  const std::string kms = R"("KMSMasterKeyId":"arn:aws:kms:us-east-1:000000000000:key/k")";
  const std::string null_units =
      "2 validation errors detected: Value null at 'provisionedThroughput.writeCapacityUnits' "
      "failed to satisfy constraint: Member must not be null; Value null at "
      "'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must not be "
      "null";
  const Row kRows[] = {
      {on_demand(R"("GlobalSecondaryIndexes":[])"),
       invalid("List of GlobalSecondaryIndexes is empty")},
      {on_demand(R"("Tags":[])"), ""},
      {create("pk:S a:S a:N", "pk:HASH", kOnDemand), bare("Attribute Name is duplicated: a")},
      {create("pk:S sk:S a:S b:S c:S", "pk:HASH sk:RANGE",
              str_cat(kOnDemand, R"(,"GlobalSecondaryIndexes":[)",
                      gsi(str_cat(R"("KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],)", kAll)),
                      "]")),
       invalid("Some AttributeDefinitions are not used. AttributeDefinitions: [sk, a, b, pk, c], "
               "keys used: [a, sk, pk]")},
      {create("pk:S a:S", "pk:HASH",  // Before everything about indexes but their keys.
              str_cat(kOnDemand, R"(,"GlobalSecondaryIndexes":[)",
                      gsi(str_cat(kPk, R"(,"Projection":{})")), "]")),
       invalid("Some AttributeDefinitions are not used. AttributeDefinitions: [a, pk], keys used: "
               "[pk]")},
      {with_keys("pk:S sk:S", "q:HASH"),
       invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: [q], "
               "AttributeDefinitions: [sk, pk]")},
      {create("", "pk:HASH", kOnDemand),
       bare("Invalid KeySchema: Some index key attribute have no definition")},
      {create("pk:S sk:S", "sk:RANGE pk:HASH", kOnDemand),
       bare("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")},
      {with_keys("pk:S a:S b:S c:S d:S e:S", "a:HASH b:HASH c:HASH d:HASH e:HASH"),
       invalid("The KeySchema exceeds the maximum allowed number of HASH key attributes")},
      {with_keys("pk:S a:S b:S c:S d:S e:S", "pk:HASH a:RANGE b:RANGE c:RANGE d:RANGE e:RANGE"),
       invalid("The KeySchema exceeds the maximum allowed number of RANGE key attributes")},
      {with_keys("pk:S a:S b:S", "pk:HASH a:RANGE b:HASH"),
       invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema")},
      {with_keys("pk:S a:S", "a:HASH a:RANGE"),
       invalid("The KeySchema contains multiple key attributes with the same name")},
      {with_gsi(str_cat(kPk, R"(,"Projection":{"ProjectionType":"INCLUDE"})")),
       invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")},
      {with_gsi(str_cat(kPk, R"(,"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y","x"]})")),
       bare("Attribute Name is duplicated: x")},
      {with_gsi(str_cat(kPk, R"(,"Projection":{})")), invalid("Unknown ProjectionType: null")},
      {create("pk:S", "pk:HASH", R"(,"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":0})"),
       bare("2 validation errors detected: Value '0' at 'provisionedThroughput.writeCapacityUnits' "
            "failed to satisfy constraint: Member must have value greater than or equal to 1; "
            "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1")},
      {create("pk:S", "pk:HASH", R"(,"ProvisionedThroughput":{})"), bare(null_units)},
      {on_demand(R"("LocalSecondaryIndexes":[{}],"GlobalSecondaryIndexes":[{"IndexName":"gix"}])"),
       bare("5 validation errors detected: Value null at "
            "'globalSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: Member must "
            "not be null; Value null at 'globalSecondaryIndexes.1.member.projection' failed to "
            "satisfy constraint: Member must not be null; Value null at "
            "'localSecondaryIndexes.1.member.indexName' failed to satisfy constraint: Member must "
            "not be null; Value null at 'localSecondaryIndexes.1.member.keySchema' failed to "
            "satisfy constraint: Member must not be null; Value null at "
            "'localSecondaryIndexes.1.member.projection' failed to satisfy constraint: Member must "
            "not be null")},
      {provisioned(str_cat(R"("GlobalSecondaryIndexes":[)", gsi(str_cat(kPk, ",", kAll)), "]")),
       invalid("ProvisionedThroughput is not specified for index: gix")},
      {provisioned(R"("OnDemandThroughput":{"MaxReadRequestUnits":1,"MaxWriteRequestUnits":1})"),
       invalid("MaxReadRequestUnits for OnDemandThroughput cannot be specified when table "
               "BillingMode is PROVISIONED.")},
      {provisioned(str_cat(R"("GlobalSecondaryIndexes":[)",
                           gsi(str_cat(kPk, ",", kAll, ",", kUnits,
                                       R"(,"OnDemandThroughput":{"MaxWriteRequestUnits":1})")),
                           "]")),
       invalid("MaxWriteRequestUnits for OnDemandThroughput for index: gix cannot be specified "
               "when table BillingMode is PROVISIONED.")},
      {on_demand(R"("OnDemandThroughput":{"MaxReadRequestUnits":-1})"),
       invalid("Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid "
               "range")},
      {with_gsi(str_cat(kPk, ",", kAll, R"(,"OnDemandThroughput":{"MaxReadRequestUnits":0})")),
       invalid("Requested MaxReadRequestUnits for OnDemandThroughput for index : gix is outside of "
               "valid range")},
      {on_demand(R"("OnDemandThroughput":{},"WarmThroughput":{})"), ""},
      {on_demand(R"("WarmThroughput":{"ReadUnitsPerSecond":11999})"),
       invalid(str_cat("Requested ReadUnitsPerSecond for WarmThroughput for table", initial))},
      {with_gsi(str_cat(kPk, ",", kAll, R"(,"WarmThroughput":{"WriteUnitsPerSecond":1})")),
       invalid(str_cat("Requested WriteUnitsPerSecond for WarmThroughput for index gix", initial))},
      {provisioned(R"("WarmThroughput":{"ReadUnitsPerSecond":4})"),
       invalid("Requested ReadUnitsPerSecond for WarmThroughput for table is lower than "
               "ReadCapacityUnits of ProvisionedThroughput")},
      {on_demand(R"("StreamSpecification":{"StreamViewType":"NEW_IMAGE"})"),
       bare("1 validation error detected: Value null at 'streamSpecification.streamEnabled' failed "
            "to satisfy constraint: Member must not be null")},
      {on_demand(R"("SSESpecification":{"Enabled":false,"SSEType":"KMS"})"),
       invalid("SSEType can not be specified if Enabled is false")},
      {on_demand(str_cat(R"("SSESpecification":{"Enabled":false,"SSEType":"AES256",)", kms, "}")),
       invalid("SSEType can not be specified if Enabled is false")},
      {on_demand(str_cat(R"("SSESpecification":{"Enabled":false,)", kms, "}")),
       invalid("KMSMasterKeyId can not be specified if Enabled is false")},
      {on_demand(str_cat(R"("SSESpecification":{"Enabled":true,)", kms, "}")),
       invalid("SSEType KMS is required if KMSMasterKeyId is specified")},
      {on_demand(R"("SSESpecification":{"SSEType":"kms"})"),
       bare("1 validation error detected: Value 'kms' at 'sSESpecification.sSEType' failed to "
            "satisfy constraint: Member must satisfy enum value set: [AES256, KMS]")},
      {on_demand(R"("SSESpecification":{})"), ""},
      {on_demand(str_cat(R"("Tags":[)", tag("aws:x"), "]")),
       bare("Tag Key cannot be prefixed with aws:, Key: aws:x")},
      {on_demand(str_cat(R"("Tags":)", tags(51))),
       bare("Number of Tags exceed the current limit for the provided ResourceArn")},
      {on_demand(str_cat(R"("Tags":[)", tag(std::string(129, 'x')), "]")),
       bare(str_cat("The Tag Key provided is invalid, Key: ", std::string(129, 'x')))},
      {on_demand(str_cat(R"("Tags":[)", tag("dup"), ",", tag("dup"), "]")),
       bare("Duplicate Tag Keys provided as input: Duplicate Tag Key found dup")},
      {with_keys("pk:S a:S b:S c:S d:S e:S f:S g:S h:S",
                 "a:HASH b:HASH c:HASH d:HASH e:RANGE f:RANGE g:RANGE h:RANGE"),
       ""},
  };
  expect_rows("CreateTable", kRows);
}

TEST(CreateTable2026, ListsAttributesInOrderOfNames) {
  TestApp app;
  const Answer created = app.expect_ok(
      "CreateTable",
      create("sk:N pk:S b:S", "pk:HASH sk:RANGE",
             str_cat(kOnDemand, R"(,"GlobalSecondaryIndexes":[)",
                     gsi(R"("KeySchema":[{"AttributeName":"b","KeyType":"HASH"}],)"
                         R"("Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["y","x"]})"),
                     "]")));
  EXPECT_EQ(created.at("/TableDescription/AttributeDefinitions"),
            R"([{"AttributeName":"b","AttributeType":"S"},{"AttributeName":"pk","AttributeType":"S"},)"
            R"({"AttributeName":"sk","AttributeType":"N"}])");
  EXPECT_EQ(created.at("/TableDescription/GlobalSecondaryIndexes/0/Projection/NonKeyAttributes"),
            R"(["x","y"])");
}

std::string update(std::string_view member) {
  return table_request("tbl", str_cat(",", member));
}
std::string index_updates(std::string_view updates) {
  return str_cat(R"("GlobalSecondaryIndexUpdates":[)", updates, "]");
}
std::string create_index(std::string_view name, std::string_view more = "") {
  return str_cat(
      R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],)",
      index_updates(str_cat(
          R"({"Create":{"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"IndexName":")", name,
          R"(",)", kAll, more, "}}")));
}
std::string update_index(std::string_view name, std::string_view more) {
  return index_updates(str_cat(R"({"Update":{"IndexName":")", name, "\"", more, "}}"));
}
std::string delete_index(std::string_view name) {
  return index_updates(str_cat(R"({"Delete":{"IndexName":")", name, "\"}}"));
}

constexpr std::string_view kNothingToDo =
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
    "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
    "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, "
    "WarmThroughput or TableClass is required";

TEST(UpdateTable2026, RefusesWhatChangesNothingOrMustStandAlone) {
  constexpr std::string_view kSse =
      "Server-Side Encryption modification must be the only operation in the request";
  constexpr std::string_view kClass =
      "TableClass modification must be the only operation in the request";
  constexpr std::string_view kProtection =
      "DeletionProtection modification must be the only operation in the request";
  std::string without_consistency(kNothingToDo);
  without_consistency.erase(without_consistency.find("MultiRegionConsistency, "),
                            std::string_view("MultiRegionConsistency, ").size());
  const Row kRows[] = {
      {table_request("tbl"), bare(kNothingToDo)},
      {update(R"("AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"Other":1)"),
       bare(kNothingToDo)},
      {update(R"("MultiRegionConsistency":"STRONG")"), bare(without_consistency)},
      {update(R"("ReplicaUpdates":[])"),
       bare("1 validation error detected: Value '[]' at 'replicaUpdates' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1")},
      {update(R"("TableClass":"STANDARD","SSESpecification":{"Enabled":true})"), invalid(kSse)},
      {update(R"("DeletionProtectionEnabled":true,"TableClass":"STANDARD")"), invalid(kClass)},
      {update(R"("WarmThroughput":{"ReadUnitsPerSecond":20000},"DeletionProtectionEnabled":true)"),
       invalid(kProtection)},
      {update(R"("WarmThroughput":{"ReadUnitsPerSecond":20000},"BillingMode":"PAY_PER_REQUEST")"),
       invalid("WarmThroughput must be the only operation in the request")},
      {update(R"("WarmThroughput":{},"DeletionProtectionEnabled":true)"), ""},
      {update(R"("DeletionProtectionEnabled":false)"), ""},
      {update(str_cat(create_index("gix"), R"(,"SSESpecification":{"Enabled":true})")), invalid(kSse)},
      {update(str_cat(create_index("gix"), R"(,"DeletionProtectionEnabled":true)")),
       invalid(kProtection)},
      {update(R"("OnDemandThroughput":{"MaxReadRequestUnits":5},"BillingMode":"PAY_PER_REQUEST")"), ""},
      {update(R"("OnDemandThroughput":{"MaxReadRequestUnits":-2})"),
       invalid("Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid "
               "range")},
      {update(R"("SSESpecification":{})"), invalid("Table is already encrypted by default")},
      {update(R"("SSESpecification":{"Enabled":false})"),
       invalid("Table is already encrypted by default")},
      {update(R"("ProvisionedThroughput":{"ReadCapacityUnits":1})"),
       bare("1 validation error detected: Value null at 'provisionedThroughput.writeCapacityUnits' "
            "failed to satisfy constraint: Member must not be null")},
  };
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  expect_rows("UpdateTable", kRows, &app);
}

TEST(UpdateTable2026, RefusesIndexChanges) {
  const Row kRows[] = {
      {update(index_updates(R"({"Create":{"IndexName":"new",)" + std::string(kPk) + "," +
                            std::string(kAll) + "}}")),
       invalid("AttributeDefinitions is not specified for index: new")},
      {update(create_index("gix")), bare("Attempting to create an index which already exists")},
      {update(create_index("lix")), bare("Attempting to create an index which already exists")},
      {update(delete_index("none")),
       "ResourceNotFoundException: Requested resource not found: Index none for table tbl"},
      {update(update_index("none", R"(,"OnDemandThroughput":{"MaxReadRequestUnits":5})")),
       "ResourceNotFoundException: Requested resource not found: Index none for table tbl"},
      {update(update_index("gix", "")),
       invalid("The only Updates for index: gix when TableThroughputMode is PAY_PER_REQUEST can be "
               "to OnDemandThroughput, WarmThroughput")},
      {update(update_index("gix", R"(,"OnDemandThroughput":{})")),
       invalid("The only Updates for index: gix when TableThroughputMode is PAY_PER_REQUEST can be "
               "to OnDemandThroughput, WarmThroughput")},
      {update(update_index("gix", str_cat(",", kUnits))),
       invalid("The only Updates for index: gix when TableThroughputMode is PAY_PER_REQUEST can be "
               "to OnDemandThroughput, WarmThroughput")},
      {update(str_cat(R"("BillingMode":"PAY_PER_REQUEST",)", update_index("gix", str_cat(",", kUnits)))),
       invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: gix "
               "when BillingMode is PAY_PER_REQUEST")},
      {update(update_index("none", R"(,"WarmThroughput":{})")),
       invalid("WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond "
               "specified for index: none")},
      {update(update_index("gix", R"(,"OnDemandThroughput":{"MaxReadRequestUnits":0})")),
       invalid("Requested MaxReadRequestUnits for OnDemandThroughput for index : gix is outside of "
               "valid range")},
      {table_request("gone", str_cat(",", delete_index("gix"))),
       "ResourceNotFoundException: Requested resource not found: Table: gone not found"},
  };
  TestApp app;
  app.expect_ok(
      "CreateTable",
      create("pk:S sk:S", "pk:HASH sk:RANGE",
             str_cat(kOnDemand, R"(,"LocalSecondaryIndexes":[{"IndexName":"lix","KeySchema":[)"
                                R"({"AttributeName":"pk","KeyType":"HASH"},)"
                                R"({"AttributeName":"sk","KeyType":"RANGE"}],)",
                     kAll, R"(}],"GlobalSecondaryIndexes":[)", gsi(str_cat(kPk, ",", kAll)), "]")));
  expect_rows("UpdateTable", kRows, &app);
}

TEST(UpdateTable2026, RefusesOnAProvisionedTable) {
  TestApp app;
  app.expect_ok("CreateTable",
                provisioned(str_cat(R"("GlobalSecondaryIndexes":[)",
                                    gsi(str_cat(kPk, ",", kAll, ",", kUnits)), "]")));
  const Row kRows[] = {
      {update(create_index("new")),
       invalid("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new")},
      {update(update_index("gix", R"(,"OnDemandThroughput":{"MaxReadRequestUnits":5})")),
       invalid("MaxReadRequestUnits for OnDemandThroughput for index : gix cannot be specified "
               "when the table BillingMode is PROVISIONED")},
      {update(update_index("gix", str_cat(",", kUnits))),
       bare("The provisioned throughput for the index gix will not change. The requested value "
            "equals the current value. Current ReadCapacityUnits provisioned for index gix: 5. "
            "Requested ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for index gix: "
            "5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for "
            "current limits and how to request higher limits.")},
  };
  expect_rows("UpdateTable", kRows, &app);
}

TEST(UpdateTable2026, AnswersWithOldOrNewValues) {
  TestApp app;
  app.expect_ok("CreateTable",
                provisioned(str_cat(R"("GlobalSecondaryIndexes":[)",
                                    gsi(str_cat(kPk, ",", kAll, ",", kUnits)), "]")));
  const auto answer = [&](std::string_view member) {
    return app.expect_ok("UpdateTable", update(member));
  };
  const std::string status = "/TableDescription/TableStatus";
  const std::string index = "/TableDescription/GlobalSecondaryIndexes/0";

  const Answer units =
      answer(R"("ProvisionedThroughput":{"ReadCapacityUnits":4,"WriteCapacityUnits":5})");
  EXPECT_EQ(units.string_at(status), "UPDATING");
  EXPECT_EQ(units.at("/TableDescription/ProvisionedThroughput/ReadCapacityUnits"), "5");
  EXPECT_EQ(units.at("/TableDescription/ProvisionedThroughput/NumberOfDecreasesToday"), "0");
  EXPECT_NE(units.at("/TableDescription/ProvisionedThroughput/LastDecreaseDateTime"), "(nothing)");
  EXPECT_EQ(units.at("/TableDescription/BillingModeSummary"), "(nothing)");

  const Answer of_index = answer(update_index(
      "gix", R"(,"ProvisionedThroughput":{"ReadCapacityUnits":6,"WriteCapacityUnits":5})"));
  EXPECT_EQ(of_index.string_at(status), "ACTIVE");
  EXPECT_EQ(of_index.string_at(index + "/IndexStatus"), "UPDATING");
  EXPECT_EQ(of_index.at(index + "/ProvisionedThroughput/ReadCapacityUnits"), "5");

  const Answer encrypted = answer(R"("SSESpecification":{"Enabled":true})");
  EXPECT_EQ(encrypted.string_at(status), "ACTIVE");
  EXPECT_EQ(encrypted.at("/TableDescription/SSEDescription"), R"({"Status":"UPDATING"})");
  const std::string key = app.expect_ok("DescribeTable", table_request("tbl"))
                              .string_at("/Table/SSEDescription/KMSMasterKeyArn");
  const Answer again = answer(str_cat(R"("SSESpecification":{"Enabled":false})"));
  EXPECT_EQ(again.string_at("/TableDescription/SSEDescription/KMSMasterKeyArn"), key);

  const Answer same_class = answer(R"("TableClass":"STANDARD")");
  EXPECT_EQ(same_class.string_at(status), "UPDATING");
  EXPECT_EQ(app.expect_ok("DescribeTable", table_request("tbl")).at("/Table/TableClassSummary"),
            "(nothing)");
  EXPECT_EQ(answer(R"("TableClass":"STANDARD_INFREQUENT_ACCESS")")
                .at("/TableDescription/TableClassSummary"),
            "(nothing)");

  const Answer protecting = answer(R"("DeletionProtectionEnabled":true)");
  EXPECT_EQ(protecting.string_at(status), "ACTIVE");
  EXPECT_EQ(protecting.at("/TableDescription/DeletionProtectionEnabled"), "true");

  const Answer switched = answer(R"("BillingMode":"PAY_PER_REQUEST")");
  EXPECT_EQ(switched.string_at(status), "UPDATING");
  EXPECT_EQ(switched.at("/TableDescription/BillingModeSummary"),
            R"({"BillingMode":"PAY_PER_REQUEST"})");
  EXPECT_EQ(switched.at("/TableDescription/ProvisionedThroughput/ReadCapacityUnits"), "0");
  Answer table = app.expect_ok("DescribeTable", table_request("tbl"));
  EXPECT_EQ(table.at("/Table/GlobalSecondaryIndexes/0/ProvisionedThroughput/NumberOfDecreasesToday"),
            "1");
  EXPECT_EQ(table.at("/Table/ProvisionedThroughput/NumberOfDecreasesToday"), "1");

  const Answer warm = answer(R"("WarmThroughput":{"ReadUnitsPerSecond":13000})");
  EXPECT_EQ(warm.string_at(status), "ACTIVE");
  EXPECT_EQ(warm.at("/TableDescription/WarmThroughput"),
            R"({"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000,"Status":"UPDATING"})");
  EXPECT_EQ(answer(R"("OnDemandThroughput":{"MaxReadRequestUnits":7})").string_at(status), "ACTIVE");

  const Answer created = answer(create_index("new"));
  EXPECT_EQ(created.string_at(status), "UPDATING");
  EXPECT_EQ(created.at("/TableDescription/GlobalSecondaryIndexes/1/Backfilling"), "false");
  const Answer deleted = answer(delete_index("gix"));
  EXPECT_EQ(deleted.string_at(index + "/IndexName"), "gix");
  EXPECT_EQ(deleted.string_at(index + "/IndexStatus"), "DELETING");

  app.expect_ok("UpdateTable", update(R"("DeletionProtectionEnabled":false)"));
  EXPECT_EQ(app.expect_ok("DeleteTable", table_request("tbl"))
                .string_at("/TableDescription/BillingModeSummary/BillingMode"),
            "PAY_PER_REQUEST");
}

constexpr std::string_view kArn = "arn:aws:dynamodb:us-east-1:000000000000:table/tbl";

std::string tagging(std::string_view more, std::string_view arn = kArn) {
  return str_cat(R"({"ResourceArn":")", arn, "\",", more, "}");
}

TEST(Tags2026, RefuseAndAccept) {
  const std::string index_arn = str_cat(kArn, "/index/gix");
  const Row kRows[] = {
      {tagging(R"("Tags":[{"Key":"","Value":"v"}])"), bare("The Tag Key provided is invalid, Key: ")},
      {tagging(R"("Tags":[{"Value":"v"}])"), bare("The Tag Key provided is invalid, Key: null")},
      {tagging(R"("Tags":[{"Key":"k"}])"), bare("The Tag Value provided is invalid, Value: null")},
      {tagging(R"("Tags":[{"Key":"ok","Value":"v"},{"Key":"k","Value":"100%"}])"),
       bare("The Tag Value provided is invalid, Value: 100%")},
      {tagging(R"("Tags":[{"Key":"k!","Value":"v"}])"), bare("The Tag Key provided is invalid, Key: k!")},
      {tagging("\"Tags\":[{\"Key\":\"\U0001F511\",\"Value\":\"v\"}]"),
       bare("The Tag Key provided is invalid, Key: \U0001F511")},
      {tagging("\"Tags\":[{\"Key\":\"\u043a\u043b\u044e\u0447\u00a0\u8868\",\"Value\":\"caf\u00e9 a+b-c=d.e_f:g/h@i\"}]"), ""},
      {tagging(str_cat(R"("Tags":)", tags(50))),
       bare("Number of Tags exceed the current limit for the provided ResourceArn")},
      {tagging(R"("Tags":[{"Key":"k","Value":"v"}])", "abc"),
       invalid("ARNs must start with 'arn:': abc")},
      {tagging(R"("Tags":[{"Key":"k","Value":"v"}])", index_arn),
       invalid(str_cat("Invalid resource arn provided, only table or stream is accepted. Provided "
                       "resource arn: ",
                       index_arn))},
  };
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  expect_rows("TagResource", kRows, &app);
  EXPECT_EQ(app.expect_ok("ListTagsOfResource", str_cat(R"({"ResourceArn":")", kArn, "\"}"))
                .size_at("/Tags"),
            1u);
  const Row kUntag[] = {
      {tagging(R"("TagKeys":[""])"), bare("The Tag Key provided is invalid, Key: ")},
      {tagging(R"("TagKeys":["unknown"])"), ""},
  };
  expect_rows("UntagResource", kUntag, &app);
}

TEST(Arns2026, OfTablesAreRead) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  const auto error = [&](std::string_view arn) {
    return app.error("DescribeTable", table_request(arn));
  };
  const auto faulty = [](std::string_view what, std::string_view arn) {
    return bare(str_cat("1 validation error detected: Invalid ", what, " in '", arn, "'"));
  };
  app.expect_ok("DescribeTable", table_request(kArn));
  EXPECT_EQ(error("arn:aws:dynamodb:us-east-1:000000000000:table/none"),
            "ResourceNotFoundException: Requested resource not found: Table: none not found");
  constexpr std::string_view kRegion = "arn:aws:dynamodb:nowhere:000000000000:table/tbl";
  EXPECT_EQ(error(kRegion), faulty("AWS region", kRegion));
  constexpr std::string_view kPartition = "arn:xyz:dynamodb:us-east-1:000000000000:table/tbl";
  EXPECT_EQ(error(kPartition), faulty("AWS partition", kPartition));
  constexpr std::string_view kType = "arn:aws:dynamodb:us-east-1:000000000000:thing/tbl";
  EXPECT_EQ(error(kType), faulty("resource type", kType));
}

}  // namespace
}  // namespace tailrace
