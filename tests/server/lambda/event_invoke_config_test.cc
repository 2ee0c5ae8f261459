#include "tests/server/lambda/lambda_fixture.h"

namespace tailrace::lambda {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kConfig = "/2019-09-25/functions/f/event-invoke-config";

class EventInvokeConfig : public LambdaTest {
 protected:
  EventInvokeConfig() {
    create("f", R"(,"Publish":true)");
    scheduler_.set(Instant(std::chrono::milliseconds(1770091601500)));
  }
};

TEST_F(EventInvokeConfig, IsStoredAndShownWithTheQualifierItIsOf) {
  const std::string shown =
      R"({"DestinationConfig":{"OnSuccess":{},"OnFailure":{}},)"
      R"("FunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",)"
      R"("LastModified":1770091601.5,"MaximumRetryAttempts":1})";
  EXPECT_EQ(call("PUT", kConfig, R"({"MaximumRetryAttempts":1})").body, shown);
  start();
  EXPECT_EQ(call("GET", kConfig).body, shown);
  EXPECT_EQ(call("GET", str_cat(kConfig, "?Qualifier=$LATEST")).body, shown);
}

TEST_F(EventInvokeConfig, PutReplacesAndUpdateKeepsWhatIsNotGiven) {
  call("PUT", kConfig, R"({"MaximumRetryAttempts":1})");
  EXPECT_THAT(call("POST", kConfig, R"({"MaximumEventAgeInSeconds":60})").body,
              HasSubstr(R"("MaximumEventAgeInSeconds":60,"MaximumRetryAttempts":1})"));
  EXPECT_THAT(call("PUT", kConfig, R"({"MaximumEventAgeInSeconds":61})").body,
              HasSubstr(R"("MaximumEventAgeInSeconds":61})"));
}

TEST_F(EventInvokeConfig, IsListedByQualifierAndDeleted) {
  call("PUT", kConfig, R"({"MaximumRetryAttempts":1})");
  call("PUT", str_cat(kConfig, "?Qualifier=1"), R"({"MaximumRetryAttempts":2})");
  const std::string first = call("GET", str_cat(kConfig, "/list?MaxItems=1")).body;
  EXPECT_THAT(first, HasSubstr(":function:f:$LATEST"));
  EXPECT_THAT(first, HasSubstr("NextMarker"));
  EXPECT_EQ(call("DELETE", kConfig).status, 204);
  EXPECT_EQ(call("GET", kConfig).body,
            R"({"Type":"User","Message":"The function )"
            R"(arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST doesn't have an )"
            R"(EventInvokeConfig"})");
  EXPECT_EQ(call("DELETE", kConfig).status, 404);
  EXPECT_EQ(call("POST", kConfig, R"({"MaximumRetryAttempts":1})").status, 404);
  EXPECT_EQ(call("GET", str_cat(kConfig, "?Qualifier=1")).status, 200);
}

struct Refusal {
  std::string_view body;
  std::string_view type;
  std::string_view text;
};

TEST_F(EventInvokeConfig, IsRefusedInLambdasWords) {
  const Refusal refusals[] = {
      {"{}", "InvalidParameterValueException",
       "You must specify at least one of error handling or destination setting."},
      {R"({"MaximumRetryAttempts":3})", "ValidationException",
       "Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value "
       "less than or equal to 2"},
      {R"({"MaximumEventAgeInSeconds":59})", "ValidationException",
       "Value '59' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have "
       "value greater than or equal to 60"},
      {R"({"DestinationConfig":{"OnFailure":{"Destination":"queue"}}})", "ValidationException",
       "at 'destinationConfig.onFailure.destination' failed to satisfy constraint: Member must "
       "satisfy regular expression pattern"},
      {R"({"DestinationConfig":{"OnSuccess":{"Destination":)"
       R"("arn:aws:lambda:us-east-1:000000000000:function:f"}}})",
       "InvalidParameterValueException",
       "You can't specify the function as a destination for itself."},
      {R"({"DestinationConfig":{"OnSuccess":{"Destination":"arn:aws:s3:::b"}}})",
       "InvalidParameterValueException", "not supported as an OnSuccess destination"},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.body);
    const RestAnswer answer = call("PUT", kConfig, std::string(refusal.body));
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.header("x-amzn-ErrorType"), refusal.type);
    EXPECT_THAT(answer.body, HasSubstr(refusal.text));
  }
  EXPECT_EQ(call("GET", kConfig).status, 404);
}

}  // namespace
}  // namespace tailrace::lambda
