#include <gtest/gtest.h>

#include "tests/api/table_requests.h"
#include "tests/api/test_app.h"

namespace tailrace {
namespace {

std::string ttl(std::string_view attribute, std::string_view enabled) {
  return table_request("tbl", str_cat(R"(,"TimeToLiveSpecification":{"Enabled":)", enabled,
                                      R"(,"AttributeName":")", attribute, "\"}"));
}

TEST(UpdateTimeToLive, EchoesAndIsDescribed) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(app.expect_ok("DescribeTimeToLive", table_request("tbl")).text(),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
  EXPECT_EQ(app.expect_ok("UpdateTimeToLive", ttl("exp", "true")).text(),
            R"({"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"exp"}})");
  EXPECT_EQ(app.expect_ok("DescribeTimeToLive", table_request("tbl")).text(),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"exp"}})");
  app.expect_ok("UpdateTimeToLive", ttl("exp", "false"));
  EXPECT_EQ(app.expect_ok("DescribeTimeToLive", table_request("tbl")).text(),
            R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
}

TEST(UpdateTimeToLive, RefusesWhatChangesNothingOrAnotherAttribute) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  EXPECT_EQ(app.error("UpdateTimeToLive", ttl("exp", "false")),
            "ValidationException: TimeToLive is already disabled");
  app.expect_ok("UpdateTimeToLive", ttl("exp", "true"));
  EXPECT_EQ(app.error("UpdateTimeToLive", ttl("exp", "true")),
            "ValidationException: TimeToLive is already enabled");
  for (const char* enabled : {"true", "false"}) {
    EXPECT_EQ(app.error("UpdateTimeToLive", ttl("other", enabled)),
              "ValidationException: TimeToLive is active on a different AttributeName: current "
              "AttributeName is exp");
  }
  EXPECT_EQ(app.error("DescribeTimeToLive", table_request("none")),
            "ResourceNotFoundException: Requested resource not found: Table: none not found");
}

TEST(UpdateTimeToLive, RefusesASecondChangeWithinTheIntervalThatIsAskedFor) {
  constexpr Millis kInterval = std::chrono::minutes(31);
  constexpr std::string_view kRefused =
      "ValidationException: Time to live has been modified multiple times within a fixed interval";
  TestApp app({.world = {.ttl_update_interval = kInterval}, .streams = {}});
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("UpdateTimeToLive", ttl("exp", "true"));
  EXPECT_EQ(app.error("UpdateTimeToLive", ttl("exp", "true")),
            "ValidationException: TimeToLive is already enabled");
  app.advance(kInterval - Millis(1));
  EXPECT_EQ(app.error("UpdateTimeToLive", ttl("exp", "false")), kRefused);
  app.advance(Millis(1));
  app.expect_ok("UpdateTimeToLive", ttl("exp", "false"));
  app.expect_ok("DeleteTable", table_request("tbl"));
  app.expect_ok("CreateTable", create_request("tbl"));
  app.expect_ok("UpdateTimeToLive", ttl("exp", "true"));
}

constexpr std::string_view kArn = "arn:aws:dynamodb:us-east-1:000000000000:table/tbl";

std::string tags(std::string_view arn, std::string_view more) {
  return str_cat(R"({"ResourceArn":")", arn, "\"", more, "}");
}

TEST(Tags, AreSetOverwrittenListedAndRemoved) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl", R"(,"Tags":[{"Key":"a","Value":"1"}])"));
  EXPECT_EQ(app.expect_ok("TagResource",
                          tags(kArn, R"(,"Tags":[{"Key":"a","Value":"2"},{"Key":"b","Value":""}])"))
                .text(),
            "");
  EXPECT_EQ(app.expect_ok("ListTagsOfResource", tags(kArn, "")).text(),
            R"({"Tags":[{"Key":"a","Value":"2"},{"Key":"b","Value":""}]})");
  EXPECT_EQ(app.expect_ok("UntagResource", tags(kArn, R"(,"TagKeys":["a","unknown"])")).text(), "");
  EXPECT_EQ(app.expect_ok("ListTagsOfResource", tags(kArn, "")).text(),
            R"({"Tags":[{"Key":"b","Value":""}]})");
}

TEST(Tags, AreListedInOnePage) {
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  std::string list;
  for (int i = 10; i < 60; ++i)
    str_append(list, list.empty() ? "" : ",", R"({"Key":"k)", i, R"(","Value":"v"})");
  app.expect_ok("TagResource", tags(kArn, str_cat(R"(,"Tags":[)", list, "]")));
  const Answer all = app.expect_ok("ListTagsOfResource", tags(kArn, R"(,"NextToken":"unknown")"));
  EXPECT_EQ(all.size_at("/Tags"), 50u);
  EXPECT_EQ(all.at("/NextToken"), "(nothing)");
}

TEST(Tags, RefuseWithAwsTexts) {
  struct Refusal {
    std::string_view operation;
    std::string request, expected;
  };
  constexpr std::string_view kNoTable = "arn:aws:dynamodb:us-east-1:000000000000:table/none";
  constexpr std::string_view kOthers = "arn:aws:dynamodb:us-east-1:111111111111:table/tbl";
  const std::string one = R"(,"Tags":[{"Key":"a","Value":"b"}])";
  const Refusal kRefusals[] = {
      {"TagResource", "{}", "ValidationException: Invalid TableArn"},
      {"TagResource", tags("arn:aws:dynamodb:us-east-1:000000000000:table/tbl/index/i", one),
       "ValidationException: One or more parameter values were invalid: Invalid resource arn "
       "provided, only table or stream is accepted. Provided resource arn: "
       "arn:aws:dynamodb:us-east-1:000000000000:table/tbl/index/i"},
      {"TagResource", tags(kArn, ""),
       "ValidationException: 1 validation error detected: Value null at 'tags' failed to satisfy "
       "constraint: Member must not be "
       "null"},
      {"TagResource", tags(kArn, R"(,"Tags":[])"),
       "ValidationException: Atleast one Tag needs to be provided as Input."},
      {"UntagResource", tags(kArn, R"(,"TagKeys":[])"),
       "ValidationException: Atleast one Tag Key needs to be provided as Input."},
      {"TagResource", tags(kNoTable, one),
       str_cat("ResourceNotFoundException: Requested resource not found: ResourceArn: ", kNoTable,
               " not found")},
      {"TagResource", tags(kOthers, one),
       str_cat("AccessDeniedException: User: arn:aws:iam::000000000000:root is not authorized to "
               "perform: dynamodb:TagResource on "
               "resource: ",
               kOthers)},
  };
  TestApp app;
  app.expect_ok("CreateTable", create_request("tbl"));
  for (const Refusal& refusal : kRefusals)
    EXPECT_EQ(app.error(refusal.operation, refusal.request), refusal.expected) << refusal.request;
  EXPECT_NE(app.error("TagResource", tags("abc", one)).find("ARNs must start with 'arn:'"),
            std::string::npos);
  EXPECT_TRUE(
      app.error("ListTagsOfResource", tags(kNoTable, "")).starts_with("AccessDeniedException"));
}

}  // namespace
}  // namespace tailrace
