#include "server/lambda/async_events.h"

#include "tests/server/lambda/lambda_fixture.h"

namespace tailrace::lambda {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kConfig = "/2019-09-25/functions/f/event-invoke-config";
constexpr std::string_view kQueue = "arn:aws:sqs:us-east-1:000000000000:q";

class AsyncEventsTest : public LambdaTest {
 protected:
  AsyncEventsTest() { bind("f"); }

  void invoke_event(std::string_view qualifier = "") {
    EXPECT_EQ(call("POST", str_cat("/2015-03-31/functions/f/invocations", qualifier), R"({"n":1})",
                   {{"X-Amz-Invocation-Type", "Event"}})
                  .status,
              202);
  }
  void fail_always() {
    for (int i = 0; i < 500; ++i)
      script_.outcomes.push_back(function_error("TypeError", "broken"));
  }
  void throttle_always() {
    for (int i = 0; i < 500; ++i)
      script_.outcomes.push_back(invocation_failure("Throttled", "429"));
  }
  void configure(std::string body) { ASSERT_EQ(call("PUT", kConfig, std::move(body)).status, 200); }
};

TEST_F(AsyncEventsTest, RepeatsFailedEventsAfterOneAndTwoMinutesThenNeverAgain) {
  fail_always();
  invoke_event();
  EXPECT_THAT(script_.invocations, SizeIs(1));
  scheduler_.advance(std::chrono::seconds(59));
  EXPECT_THAT(script_.invocations, SizeIs(1));
  scheduler_.advance(std::chrono::seconds(1));
  EXPECT_THAT(script_.invocations, SizeIs(2));
  scheduler_.advance(std::chrono::minutes(2));
  EXPECT_THAT(script_.invocations, SizeIs(3));
  scheduler_.advance(std::chrono::hours(24));
  EXPECT_THAT(script_.invocations, SizeIs(3));
  EXPECT_EQ(events_->size(), 0u);
}

TEST_F(AsyncEventsTest, RepeatsThrottledEventsForSixHours) {
  throttle_always();
  EXPECT_EQ(call("POST", "/2014-11-13/functions/f/invoke-async/", "{}").status, 202);
  scheduler_.advance(std::chrono::hours(5));
  EXPECT_EQ(events_->size(), 1u);
  scheduler_.advance(std::chrono::hours(2));
  EXPECT_EQ(events_->size(), 0u);
}

TEST_F(AsyncEventsTest, RepeatsOnlyAsOftenAsConfigured) {
  configure(R"({"MaximumRetryAttempts":1})");
  fail_always();
  invoke_event();
  scheduler_.advance(std::chrono::hours(1));
  EXPECT_THAT(script_.invocations, SizeIs(2));
}

TEST_F(AsyncEventsTest, TellsTheFailureDestinationWhenRetriesAreExhausted) {
  configure(str_cat(R"({"MaximumRetryAttempts":0,"DestinationConfig":{"OnFailure":{)"
                    R"("Destination":")",
                    kQueue, R"("}}})"));
  fail_always();
  scheduler_.set(Instant(std::chrono::seconds(1770091601)));
  invoke_event();
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  EXPECT_EQ(destinations_.messages[0].destination_arn, kQueue);
  EXPECT_EQ(
      destinations_.messages[0].document,
      str_cat(R"({"version":"1.0","timestamp":"2026-02-03T04:06:41.000Z","requestContext":{)"
              R"("requestId":")",
              script_.invocations[0].request.request_id,
              R"(","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",)"
              R"("condition":"RetriesExhausted","approximateInvokeCount":1},)"
              R"("requestPayload":{"n":1},"responseContext":{"statusCode":200,)"
              R"("executedVersion":"$LATEST","functionError":"Unhandled"},)"
              R"("responsePayload":{"errorType":"TypeError","errorMessage":"broken"}})"));
}

TEST_F(AsyncEventsTest, TellsTheSuccessDestinationWhatTheFunctionReturned) {
  configure(str_cat(R"({"DestinationConfig":{"OnSuccess":{"Destination":")", kQueue, R"("}}})"));
  invoke_event();
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  const std::string& record = destinations_.messages[0].document;
  EXPECT_THAT(record, HasSubstr(R"("condition":"Success","approximateInvokeCount":1})"));
  EXPECT_THAT(record, HasSubstr(R"("responsePayload":{"ok":true})"));
  EXPECT_THAT(record, Not(HasSubstr("functionError")));
}

TEST_F(AsyncEventsTest, GivesUpAnEventThatIsTooOld) {
  configure(str_cat(R"({"MaximumEventAgeInSeconds":60,"DestinationConfig":{"OnFailure":{)"
                    R"("Destination":")",
                    kQueue, R"("}}})"));
  throttle_always();
  invoke_event();
  scheduler_.advance(std::chrono::minutes(2));
  EXPECT_EQ(events_->size(), 0u);
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  EXPECT_THAT(destinations_.messages[0].document, HasSubstr(R"("condition":"EventAgeExceeded")"));
  EXPECT_THAT(destinations_.messages[0].document, Not(HasSubstr("responseContext")));
}

TEST_F(AsyncEventsTest, SendsAnEventToItsDestinationAtOnceWhenNothingMayRun) {
  configure(str_cat(R"({"DestinationConfig":{"OnFailure":{"Destination":")", kQueue, R"("}}})"));
  call("PUT", "/2017-10-31/functions/f/concurrency", R"({"ReservedConcurrentExecutions":0})");
  invoke_event();
  EXPECT_THAT(script_.invocations, SizeIs(0));
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  EXPECT_THAT(destinations_.messages[0].document,
              HasSubstr(R"("condition":"ZeroReservedConcurrency")"));
}

TEST_F(AsyncEventsTest, InvokesAFunctionThatIsADestination) {
  bind("next");
  configure(R"({"DestinationConfig":{"OnSuccess":{"Destination":)"
            R"("arn:aws:lambda:us-east-1:000000000000:function:next"}}})");
  invoke_event();
  ASSERT_THAT(script_.invocations, SizeIs(2));
  EXPECT_EQ(script_.invocations[1].request.function_name, "next");
  EXPECT_THAT(*script_.invocations[1].request.payload, HasSubstr(R"("requestPayload":{"n":1})"));
}

TEST_F(AsyncEventsTest, EndsALoopOfDestinations) {
  bind("next");
  const auto to = [](std::string_view name) {
    return str_cat(R"({"DestinationConfig":{"OnSuccess":{"Destination":)",
                   R"("arn:aws:lambda:us-east-1:000000000000:function:)", name, R"("}}})");
  };
  configure(to("next"));
  call("PUT", "/2019-09-25/functions/next/event-invoke-config", to("f"));
  invoke_event();
  EXPECT_THAT(script_.invocations, SizeIs(17));
  EXPECT_EQ(events_->size(), 0u);
}

TEST_F(AsyncEventsTest, SendsRecordsToAnEventBusAsEvents) {
  configure(R"({"DestinationConfig":{"OnSuccess":{"Destination":)"
            R"("arn:aws:events:us-east-1:000000000000:event-bus/default"}}})");
  invoke_event();
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  EXPECT_THAT(destinations_.messages[0].document,
              HasSubstr(R"("detail-type":"Lambda Function Invocation Result - Success")"));
  EXPECT_THAT(destinations_.messages[0].document, HasSubstr(R"("detail":{"version":"1.0",)"));
}

TEST_F(AsyncEventsTest, PutsRecordsIntoABucketUnderTheFunctionsName) {
  configure(R"({"MaximumRetryAttempts":0,"DestinationConfig":{"OnFailure":{"Destination":)"
            R"("arn:aws:s3:::b"}}})");
  fail_always();
  invoke_event();
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  EXPECT_EQ(destinations_.messages[0].object_path, "aws/lambda/async/f");
}

TEST_F(AsyncEventsTest, SendsTheEventItselfToTheDeadLetterQueue) {
  create("f", str_cat(R"(,"DeadLetterConfig":{"TargetArn":")", kQueue, "\"}"));
  configure(R"({"MaximumRetryAttempts":0})");
  fail_always();
  invoke_event();
  ASSERT_THAT(destinations_.messages, SizeIs(1));
  EXPECT_EQ(destinations_.messages[0].document, R"({"n":1})");
}

TEST_F(AsyncEventsTest, FollowsTheConfigurationOfTheQualifierThatWasInvoked) {
  create("f", R"(,"Publish":true)");
  configure(R"({"MaximumRetryAttempts":0})");
  fail_always();
  invoke_event("?Qualifier=1");
  scheduler_.advance(std::chrono::hours(1));
  EXPECT_THAT(script_.invocations, SizeIs(3));
}

}  // namespace
}  // namespace tailrace::lambda
