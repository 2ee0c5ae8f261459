#include "server/lambda/event_source_mapping_api.h"

#include <regex>

#include "server/lambda/lambda_api.h"
#include "storage/base/str_cat.h"
#include "tests/streams/triggers/trigger_fixture.h"

namespace tailrace::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Mappings : public triggers::TriggerTest {
 protected:
  Mappings() {
    add_event_source_mapping_routes(routes, api);
    add_tag_routes(routes, {&api});
  }

  struct Answer {
    int status = 0;
    std::string error;
    std::string body;
  };
  Answer call(std::string_view method, std::string_view target, std::string body = {}) {
    http::Request request;
    request.method = method;
    request.body = std::move(body);
    std::vector<std::pair<std::string, std::string>> query;
    std::string path(target.substr(0, target.find('?')));
    if (target.find('?') != std::string_view::npos) {
      std::string rest(target.substr(target.find('?') + 1));
      const std::regex pair("([^&=]+)=([^&]*)");
      for (std::sregex_iterator it(rest.begin(), rest.end(), pair), end; it != end; ++it)
        query.emplace_back((*it)[1], (*it)[2]);
    }
    std::vector<std::string> segments;
    for (std::size_t at = 1; at < path.size();) {
      const std::size_t slash = std::min(path.find('/', at), path.size());
      segments.push_back(path.substr(at, slash - at));
      at = slash + 1;
    }
    Answer answer;
    routes.handle({.http = request,
                   .path = segments,
                   .query = query,
                   .caller = owner,
                   .raw = http::Respond([](http::Response) {})},
                  [&](const http::Response& response) {
                    answer = {.status = response.status,
                              .error = std::string(response.header("x-amzn-ErrorType")),
                              .body = response.body};
                  });
    settle();
    return answer;
  }
  Answer create_with(std::string_view members) {
    return call(
        "POST", kMappings,
        str_cat(R"({"EventSourceArn":")", arn, R"(","FunctionName":"printer",)", members, "}"));
  }
  static std::string uuid_of(const Answer& answer) { return answer.body.substr(9, 36); }

  static constexpr std::string_view kMappings = "/2015-03-31/event-source-mappings";
  EventSourceMappingApi api{*dispatcher, functions};
  LambdaApi routes;
};

TEST_F(Mappings, AnswerCreationAsAwsDoes) {
  const Answer answer = create_with(R"("StartingPosition":"TRIM_HORIZON")");
  const std::string uuid = uuid_of(answer);
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(
      answer.body,
      str_cat(
          R"({"UUID":")", uuid,
          R"(","StartingPosition":"TRIM_HORIZON","BatchSize":100,"MaximumBatchingWindowInSeconds":0,)"
          R"("ParallelizationFactor":1,"EventSourceArn":")",
          arn,
          R"(","EventSourceMappingArn":"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:)",
          uuid,
          R"(","FunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:printer","LastModified":1770091506.789,)"
          R"("LastProcessingResult":"No records processed","State":"Creating","StateTransitionReason":"User action",)"
          R"("DestinationConfig":{"OnFailure":{}},"MaximumRecordAgeInSeconds":-1,"BisectBatchOnFunctionError":false,)"
          R"("MaximumRetryAttempts":-1,"TumblingWindowInSeconds":0,"FunctionResponseTypes":[]})"));
  const Answer later = call("GET", str_cat(kMappings, "/", uuid));
  EXPECT_EQ(later.status, 200);
  EXPECT_THAT(later.body, HasSubstr(R"("State":"Enabled")"));
}

TEST_F(Mappings, EchoEveryOption) {
  const std::string members =
      R"("StartingPosition":"LATEST","Enabled":false,"BatchSize":7,"MaximumBatchingWindowInSeconds":300,)"
      R"("ParallelizationFactor":10,"MaximumRetryAttempts":10000,"MaximumRecordAgeInSeconds":604800,)"
      R"("BisectBatchOnFunctionError":true,"FunctionResponseTypes":["ReportBatchItemFailures"],)"
      R"("FilterCriteria":{"Filters":[{"Pattern":"{ \"eventName\": [\"INSERT\"] }"}]},)"
      R"("DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:000000000000:dead"}},)"
      R"("MetricsConfig":{"Metrics":["EventCount"]},"Tags":{"team":"post"})";
  const Answer answer = create_with(members);
  EXPECT_EQ(answer.status, 202) << answer.body;
  for (
      const char* part :
      {R"("BatchSize":7)", R"("MaximumBatchingWindowInSeconds":300)",
       R"("ParallelizationFactor":10)", R"("MaximumRetryAttempts":10000)",
       R"("MaximumRecordAgeInSeconds":604800)", R"("BisectBatchOnFunctionError":true)",
       R"("FunctionResponseTypes":["ReportBatchItemFailures"])",
       R"("FilterCriteria":{"Filters":[{"Pattern":"{ \"eventName\": [\"INSERT\"] }"}]})",
       R"("DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:us-east-1:000000000000:dead"}})",
       R"("MetricsConfig":{"Metrics":["EventCount"]})"}) {
    EXPECT_THAT(answer.body, HasSubstr(part));
  }
  EXPECT_THAT(answer.body, Not(HasSubstr("Tags")));
  EXPECT_THAT(call("GET", str_cat(kMappings, "/", uuid_of(answer))).body,
              HasSubstr(R"("State":"Disabled")"));
}

TEST_F(Mappings, KeepTheQualifierOfTheFunction) {
  const auto created = [&](std::string_view function) {
    return call("POST", kMappings,
                str_cat(R"({"EventSourceArn":")", arn,
                        R"(","StartingPosition":"LATEST","FunctionName":")", function, "\"}"))
        .body;
  };
  EXPECT_THAT(
      created("a:live"),
      HasSubstr(R"("FunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:a:live")"));
  EXPECT_THAT(created("000000000000:function:b"), HasSubstr(R"(function:b")"));
  EXPECT_THAT(created("arn:aws:lambda:us-east-1:000000000000:function:c:$LATEST"),
              HasSubstr(R"(function:c:$LATEST")"));
}

struct Refusal {
  const char* members;
  const char* type;
  const char* message;
};

TEST_F(Mappings, RefuseWithAwsMessages) {
  functions.missing = {"ghost"};
  const Refusal cases[] = {
      {R"("StartingPosition":"invalid")", "ValidationException",
       "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy "
       "constraint: Member must "
       "satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"},
      {R"("BatchSize":1)", "InvalidParameterValueException",
       "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
       "constraint: Member must not be "
       "null."},
      {R"("StartingPosition":"AT_TIMESTAMP")", "InvalidParameterValueException",
       "Unsupported starting position for arn type: "},
      {R"("StartingPosition":"LATEST","BatchSize":10001)", "ValidationException",
       "1 validation error detected: Value '10001' at 'batchSize' failed to satisfy constraint: "
       "Member must have value "
       "less than or equal to 10000"},
      {R"("StartingPosition":"LATEST","BatchSize":0,"ParallelizationFactor":11)",
       "ValidationException",
       "2 validation errors detected: Value '0' at 'batchSize' failed to satisfy constraint: "
       "Member must have value "
       "greater than or equal to 1; Value '11' at 'parallelizationFactor' failed to satisfy "
       "constraint: Member must have "
       "value less than or equal to 10"},
      {R"("StartingPosition":"LATEST","MaximumRecordAgeInSeconds":59)",
       "InvalidParameterValueException",
       "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 "
       "(inclusive)"},
      {R"("StartingPosition":"LATEST","DestinationConfig":{"OnSuccess":{"Destination":""}})",
       "InvalidParameterValueException",
       "Unsupported DestinationConfig parameter for given event source mapping type."},
      {R"("StartingPosition":"LATEST","ScalingConfig":{"MaximumConcurrency":2})",
       "InvalidParameterValueException",
       "Unsupported ScalingConfig parameter for given event source mapping type."},
      {R"("StartingPosition":"LATEST","FilterCriteria":{"Filters":[{"Pattern":"word"}]})",
       "InvalidParameterValueException", "Invalid filter pattern definition."},
      {R"("StartingPosition":"LATEST","TumblingWindowInSeconds":60,"ParallelizationFactor":2)",
       "InvalidParameterValueException", "ParallelizationFactor must be 1"},
      {R"("StartingPosition":"LATEST","FunctionName":"ghost")", "InvalidParameterValueException",
       "Function does not exist"},
      {R"("StartingPosition":"LATEST","EventSourceArn":"arn:aws:s3:::bucket")",
       "InvalidParameterValueException", "Unrecognized event source."},
      {R"("StartingPosition":"LATEST","EventSourceArn":"arn:aws:s3:::bucket","FunctionName":"ghost")",
       "InvalidParameterValueException", "Function does not exist"},
      {R"("StartingPosition":"LATEST","EventSourceArn":"")", "ValidationException",
       "1 validation error detected: Value '' at 'eventSourceArn' failed to satisfy constraint: "
       "Member must satisfy "
       "regular expression pattern: "},
      {R"("StartingPosition":"LATEST","EventSourceArn":null)", "InvalidParameterValueException",
       "Unrecognized event source."},
      {R"("StartingPosition":"LATEST","EventSourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/stream/x",)"
       R"("FunctionName":"ghost")",
       "InvalidParameterValueException", "Function does not exist"},
      {R"("StartingPosition":"LATEST","EventSourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/stream/x")",
       "InvalidParameterValueException",
       "Stream not found: arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/stream/x"},
  };
  for (const Refusal& row : cases) {
    const Answer answer = create_with(row.members);
    EXPECT_EQ(answer.status, 400) << row.members;
    EXPECT_EQ(answer.error, row.type) << row.members;
    EXPECT_THAT(answer.body, HasSubstr(std::string(R"(essage":")") + row.message)) << row.members;
  }
  EXPECT_THAT(dispatcher->list(owner), ::testing::IsEmpty());
}

TEST_F(Mappings, LimitTheNumberOfFilters) {
  const std::string filter = R"({"Pattern":"{\"eventName\":[\"INSERT\"]}"})";
  std::string five = filter;
  for (int i = 0; i < 4; ++i) five += "," + filter;
  EXPECT_EQ(create_with(R"("StartingPosition":"LATEST","FilterCriteria":{"Filters":[)" + five +
                        "," + filter + "]}")
                .status,
            400);
  EXPECT_EQ(
      create_with(R"("StartingPosition":"LATEST","FilterCriteria":{"Filters":[)" + five + "]}")
          .status,
      202);
}

TEST_F(Mappings, TakeThisProductsOwnStartingPositions) {
  EXPECT_THAT(create_with(R"("StartingPosition":"NOW")").body,
              HasSubstr(R"("StartingPosition":"NOW")"));
  EXPECT_EQ(create_with(R"("StartingPosition":"LAST_STOPPED_POINT")").status, 409);
}

TEST_F(Mappings, RefuseADuplicate) {
  const std::string uuid = uuid_of(create_with(R"("StartingPosition":"LATEST")"));
  const Answer answer = create_with(R"("StartingPosition":"TRIM_HORIZON")");
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.error, "ResourceConflictException");
  EXPECT_EQ(
      answer.body,
      str_cat(
          R"({"Type":"User","message":"The event source arn (\" )", arn,
          R"( \") and function (\" printer \") provided mapping already exists. Please update or delete the )"
          R"(existing mapping with UUID )",
          uuid, "\"}"));
}

TEST_F(Mappings, AnswerUnknownUuids) {
  const std::string target = str_cat(kMappings, "/0f1e7a4c-8a51-4c0c-9a3e-5f6f0c1d2b3a");
  for (const auto* method : {"GET", "PUT", "DELETE"}) {
    const Answer answer = call(method, target);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.error, "ResourceNotFoundException");
    EXPECT_EQ(answer.body,
              R"({"Type":"User","Message":"The resource you requested does not exist."})");
  }
}

TEST_F(Mappings, ChangeOnlyTheMembersThatAreGiven) {
  const std::string target = str_cat(
      kMappings, "/",
      uuid_of(create_with(
          R"("StartingPosition":"LATEST","BatchSize":7,"FunctionResponseTypes":["ReportBatchItemFailures"],)"
          R"("FilterCriteria":{"Filters":[{"Pattern":"{\"eventName\":[\"INSERT\"]}"}]},)"
          R"("DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sns:us-east-1:000000000000:dead"}})")));
  Answer answer =
      call("PUT", target,
           R"({"MaximumRetryAttempts":3,"StartingPosition":"TRIM_HORIZON","EventSourceArn":"x"})");
  EXPECT_EQ(answer.status, 202) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(R"("BatchSize":7)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("MaximumRetryAttempts":3)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("StartingPosition":"LATEST")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("State":"Updating")"));
  EXPECT_THAT(answer.body, HasSubstr("FilterCriteria"));
  answer = call(
      "PUT", target,
      R"({"FilterCriteria":{},"DestinationConfig":{"OnFailure":{"Destination":""}},"FunctionResponseTypes":[],"Enabled":false})");
  EXPECT_THAT(answer.body, Not(HasSubstr("FilterCriteria")));
  EXPECT_THAT(answer.body, HasSubstr(R"("DestinationConfig":{"OnFailure":{}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"("FunctionResponseTypes":[])"));
  EXPECT_THAT(answer.body, HasSubstr(R"("State":"Disabling")"));
}

TEST_F(Mappings, RefuseABadUpdateWithoutAnyChange) {
  const std::string target =
      str_cat(kMappings, "/", uuid_of(create_with(R"("StartingPosition":"LATEST")")));
  const std::string before = call("GET", target).body;
  const Answer answer = call("PUT", target, R"({"BatchSize":5,"MaximumRecordAgeInSeconds":0})");
  EXPECT_EQ(
      answer.body,
      R"x({"Type":"User","message":"MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)"})x");
  EXPECT_EQ(call("PUT", target, R"({"BatchSize":0})").error, "ValidationException");
  EXPECT_EQ(call("PUT", target, "no json").error, "InvalidRequestContentException");
  EXPECT_EQ(call("GET", target).body, before);
}

TEST_F(Mappings, LeaveWhenTheyAreDeleted) {
  const std::string target =
      str_cat(kMappings, "/", uuid_of(create_with(R"("StartingPosition":"LATEST")")));
  const Answer answer = call("DELETE", target);
  EXPECT_EQ(answer.status, 202);
  EXPECT_THAT(answer.body, HasSubstr(R"("State":"Deleting")"));
  EXPECT_EQ(call("GET", target).status, 404);
}

TEST_F(Mappings, AreListedInPagesAndByFilter) {
  for (const char* function : {"one", "two", "three"}) {
    call("POST", kMappings,
         str_cat(R"({"EventSourceArn":")", arn, R"(","StartingPosition":"LATEST","FunctionName":")",
                 function, "\"}"));
  }
  const auto functions_in = [](const Answer& answer) {
    std::vector<std::string> names;
    const std::regex name("\"FunctionArn\":\"[^\"]*:([a-z]+)\"");
    for (std::sregex_iterator it(answer.body.begin(), answer.body.end(), name), end; it != end;
         ++it)
      names.push_back((*it)[1]);
    return names;
  };
  const Answer all = call("GET", kMappings);
  EXPECT_THAT(functions_in(all), ElementsAre("one", "two", "three"));
  EXPECT_THAT(all.body, Not(HasSubstr("NextMarker")));
  const Answer first = call("GET", str_cat(kMappings, "?MaxItems=2"));
  EXPECT_THAT(functions_in(first), ElementsAre("one", "two"));
  const std::size_t at = first.body.find(R"("NextMarker":")") + 14;
  const std::string marker = first.body.substr(at, first.body.find('"', at) - at);
  EXPECT_THAT(functions_in(call("GET", str_cat(kMappings, "?MaxItems=2&Marker=", marker))),
              ElementsAre("three"));
  EXPECT_THAT(
      functions_in(call("GET", str_cat(kMappings, "?FunctionName=two&EventSourceArn=", arn))),
      ElementsAre("two"));
  EXPECT_EQ(call("GET", str_cat(kMappings, "?FunctionName=nobody")).body,
            R"({"EventSourceMappings":[]})");
  EXPECT_EQ(call("GET", str_cat(kMappings, "?MaxItems=0")).error, "ValidationException");
}

TEST_F(Mappings, CarryTags) {
  const std::string uuid = uuid_of(create_with(R"("StartingPosition":"LATEST","Tags":{"a":"1"})"));
  const std::string target =
      str_cat("/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:event-source-mapping:", uuid);
  EXPECT_EQ(call("POST", target, R"({"Tags":{"b":"2"}})").status, 204);
  EXPECT_EQ(call("GET", target).body, R"({"Tags":{"a":"1","b":"2"}})");
  EXPECT_EQ(call("DELETE", str_cat(target, "?tagKeys=a")).status, 204);
  EXPECT_EQ(call("GET", target).body, R"({"Tags":{"b":"2"}})");
  const std::string unknown =
      "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:0f1e7a4c-8a51-4c0c-9a3e-"
      "5f6f0c1d2b3a";
  const Answer missing = call("GET", "/2017-03-31/tags/" + unknown);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, str_cat(R"({"Type":"User","Message":"Event source mapping not found: )",
                                  unknown, "\"}"));
}

}  // namespace
}  // namespace tailrace::lambda
