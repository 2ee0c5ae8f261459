#include "server/templates/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace tailrace::templates {
namespace {

using testing::HasSubstr;

const Owner kOwner{.account = "000000000000", .region = "us-east-1"};

// A template over a text that it owns.
struct Loaded {
  Node document;
  std::optional<Template> plan;
};

std::unique_ptr<Loaded> load(std::string_view text) {
  auto loaded = std::make_unique<Loaded>();
  Result<Node> document = parse_document(text, "app.yaml");
  EXPECT_TRUE(document.has_value());
  loaded->document = *std::move(document);
  loaded->plan.emplace(loaded->document, "app.yaml", kOwner, "shop");
  return loaded;
}

constexpr std::string_view kOrders = R"(
Parameters:
  Stage: {Type: String, Default: dev}
Conditions:
  IsProduction: !Equals [!Ref Stage, prod]
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub "${Stage}-orders"
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: !If [IsProduction, PROVISIONED, PAY_PER_REQUEST]
      ProvisionedThroughput: !If [IsProduction, {ReadCapacityUnits: "5", WriteCapacityUnits: "5"}, !Ref AWS::NoValue]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
  Audit:
    Type: AWS::DynamoDB::Table
    Condition: IsProduction
    Properties: {}
  Handler:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: nodejs20.x
      Timeout: "10"
      Role: !GetAtt SomeRole.Arn
      Code: {S3Bucket: !ImportValue Bucket, S3Key: key}
      Environment: {Variables: {TABLE: !Ref Orders}}
  Failures: {Type: AWS::SQS::Queue}
  Trigger:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Orders.StreamArn
      FunctionName: !GetAtt Handler.Arn
      StartingPosition: TRIM_HORIZON
      BatchSize: "10"
      DestinationConfig: {OnFailure: {Destination: !GetAtt Failures.Arn}}
)";

TEST(Template, BuildsTablesWithParametersConditionsAndNoValueResolved) {
  const auto loaded = load(kOrders);
  const auto tables = loaded->plan->tables();
  ASSERT_TRUE(tables.has_value()) << tables.error().message;
  ASSERT_EQ(tables->size(), 1u);
  EXPECT_EQ(tables->front().name, "dev-orders");
  EXPECT_EQ(tables->front().ttl_attribute, "expires");
  EXPECT_EQ(
      tables->front().create_table,
      R"({"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],)"
      R"("BillingMode":"PAY_PER_REQUEST","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"},"TableName":"dev-orders"})");
}

TEST(Template, ResolvesOfAFunctionOnlyWhatItNeeds) {
  const auto loaded = load(kOrders);
  const auto functions = loaded->plan->functions();
  ASSERT_TRUE(functions.has_value()) << functions.error().message;
  ASSERT_EQ(functions->size(), 1u);
  EXPECT_EQ(functions->front().name, "Handler");
  EXPECT_THAT(functions->front().create_function, HasSubstr(R"("Timeout":10)"));
  EXPECT_THAT(functions->front().create_function,
              HasSubstr(R"("Environment":{"Variables":{"TABLE":"dev-orders"}})"));
}

TEST(Template, BuildsMappingsOnceTheStreamIsKnown) {
  const auto loaded = load(kOrders);
  loaded->plan->set_stream_arn("Orders",
                               "arn:aws:dynamodb:us-east-1:000000000000:table/dev-orders/stream/L");
  const auto mappings = loaded->plan->mappings();
  ASSERT_TRUE(mappings.has_value()) << mappings.error().message;
  ASSERT_EQ(mappings->size(), 1u);
  EXPECT_EQ(mappings->front().function_name, "Handler");
  EXPECT_EQ(
      mappings->front().create_mapping,
      R"({"EventSourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/dev-orders/stream/L",)"
      R"("FunctionName":"arn:aws:lambda:us-east-1:000000000000:function:Handler","StartingPosition":"TRIM_HORIZON","BatchSize":10,)"
      R"("DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:000000000000:shop-Failures"}}})");
}

TEST(Template, TakesSamEventsAndGlobals) {
  const auto loaded = load(R"(
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.12, Timeout: 7}}
Resources:
  Table:
    Type: AWS::Serverless::SimpleTable
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Events:
        Changes:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: LATEST, BatchSize: 5}
)");
  loaded->plan->set_stream_arn("Table",
                               "arn:aws:dynamodb:us-east-1:000000000000:table/shop-Table/stream/L");
  const auto tables = loaded->plan->tables();
  ASSERT_TRUE(tables.has_value());
  EXPECT_THAT(tables->front().create_table, HasSubstr(R"("BillingMode":"PAY_PER_REQUEST")"));
  const auto functions = loaded->plan->functions();
  ASSERT_TRUE(functions.has_value());
  EXPECT_THAT(functions->front().create_function, HasSubstr(R"("Runtime":"python3.12")"));
  const auto mappings = loaded->plan->mappings();
  ASSERT_TRUE(mappings.has_value()) << mappings.error().message;
  EXPECT_EQ(mappings->front().logical_id, "WorkerChanges");
  EXPECT_THAT(mappings->front().create_mapping, HasSubstr(R"("BatchSize":5)"));
}

struct ErrorCase {
  std::string_view text;
  std::string_view message;
};
const ErrorCase kErrorCases[] = {
    {"Parameters: {}\n", "app.yaml:1: Resources: a template has resources; there are none here"},
    {"Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: !Ref "
     "Nothing\n",
     "app.yaml:5: Resources.T.Properties.TableName: there is no parameter or resource 'Nothing'"},
    {"Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: !Ref T\n",
     "the name of T depends on itself"},
    {"Conditions:\n  A: !Not [Condition: B]\n  B: !Not [Condition: A]\nResources:\n  T: {Type: "
     "AWS::DynamoDB::Table, Condition: A}\n",
     "this condition depends on itself"},
    {"Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: "
     "!ImportValue x\n",
     "app.yaml:5: Resources.T.Properties.TableName: the function Fn::ImportValue is not supported"},
    {"Parameters: {P: {Type: String}}\nResources:\n  T: {Type: AWS::DynamoDB::Table, Properties: "
     "{TableName: !Ref P}}\n",
     "parameter P has no Default"},
};

TEST(Template, NamesWhatCannotBeResolvedWithItsPlace) {
  for (const ErrorCase& row : kErrorCases) {
    const auto loaded = load(row.text);
    const auto tables = loaded->plan->tables();
    ASSERT_FALSE(tables.has_value()) << row.text;
    EXPECT_THAT(tables.error().message, HasSubstr(row.message));
  }
}

TEST(Document, ReadsJsonWithSurrogatesAndTabs) {
  const auto document = parse_document("{\n\t\"a\": \"\\ud83d\\ude00\"}", "x.json");
  ASSERT_TRUE(document.has_value()) << document.error().message;
  EXPECT_EQ(to_json(*document), "{\"a\":\"\xF0\x9F\x98\x80\"}");
}

TEST(Document, RefusesWhatIsNoDocument) {
  EXPECT_EQ(parse_document("{\"a\": [1,\n", "x.json").error().message.substr(0, 7), "x.json:");
  EXPECT_THAT(parse_document(std::string(100'000, '['), "x.yaml").error().message,
              HasSubstr("nested too deeply"));
  EXPECT_THAT(parse_document("a: 1\na: 2\n", "x.yaml").error().message,
              HasSubstr("x.yaml:2: 'a' stands here twice"));
}

}  // namespace
}  // namespace tailrace::templates
