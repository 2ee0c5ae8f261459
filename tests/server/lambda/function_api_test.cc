#include "server/lambda/function_api.h"

#include "storage/base/log.h"
#include "storage/base/str_cat.h"
#include "tests/server/lambda/lambda_fixture.h"

namespace tailrace::lambda {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FunctionApiTest : public LambdaTest {};

constexpr std::string_view kArn = "arn:aws:lambda:us-east-1:000000000000:function:label-printer";
constexpr std::string_view kOne = "/2015-03-31/functions/label-printer";

TEST_F(FunctionApiTest, CreatesWithDefaultsInStatePendingAndShowsActiveLater) {
  const RestAnswer created = create("label-printer");
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_THAT(
      created.body,
      AllOf(HasSubstr(str_cat("\"FunctionArn\":\"", kArn, "\"")),
            HasSubstr("\"State\":\"Pending\""),
            HasSubstr("\"StateReason\":\"The function is being created.\""),
            HasSubstr("\"StateReasonCode\":\"Creating\""), HasSubstr("\"Timeout\":3"),
            HasSubstr("\"MemorySize\":128"), HasSubstr("\"CodeSize\":22"),
            HasSubstr("\"Version\":\"$LATEST\""), HasSubstr("\"Architectures\":[\"x86_64\"]"),
            HasSubstr("\"LastModified\":\"2026-02-03T04:05:06.789+0000\""),
            HasSubstr("\"EphemeralStorage\":{\"Size\":512}"),
            HasSubstr("\"LogGroup\":\"/aws/lambda/label-printer\"")));
  const RestAnswer shown = call("GET", str_cat(kOne, "/configuration"));
  EXPECT_EQ(shown.status, 200);
  EXPECT_THAT(shown.body, AllOf(HasSubstr("\"State\":\"Active\""),
                                HasSubstr("\"LastUpdateStatus\":\"Successful\""),
                                Not(HasSubstr("StateReason"))));
}

TEST_F(FunctionApiTest, ReturnsWhatWasGivenFaithfully) {
  const RestAnswer created = create(
      "f",
      R"(,"Timeout":7,"MemorySize":256,"Description":"d","Environment":{"Variables":{"A1":"b"}},)"
      R"("Tags":{"team":"x"},"TracingConfig":{"Mode":"Active"},"Architectures":["arm64"],)"
      R"("DeadLetterConfig":{"TargetArn":"arn:aws:sqs:us-east-1:000000000000:q"})");
  ASSERT_EQ(created.status, 201) << created.body;
  const std::string body = call("GET", "/2015-03-31/functions/f").body;
  EXPECT_THAT(body, AllOf(HasSubstr("\"Timeout\":7"), HasSubstr("\"MemorySize\":256"),
                          HasSubstr(R"("Environment":{"Variables":{"A1":"b"}})"),
                          HasSubstr(R"("Tags":{"team":"x"})"),
                          HasSubstr(R"("TracingConfig":{"Mode":"Active"})"),
                          HasSubstr(R"("RepositoryType":"S3")"), Not(HasSubstr("Concurrency"))));
}

TEST_F(FunctionApiTest, KeepsFunctionsAcrossARestart) {
  create("f", R"(,"Timeout":7,"Publish":true)");
  call("POST", "/2015-03-31/functions/f/aliases", R"({"Name":"live","FunctionVersion":"1"})");
  call("PUT", "/2017-10-31/functions/f/concurrency", R"({"ReservedConcurrentExecutions":4})");
  const std::string before = call("GET", "/2015-03-31/functions/f").body;
  start();
  EXPECT_EQ(call("GET", "/2015-03-31/functions/f").body, before);
  EXPECT_EQ(call("GET", "/2015-03-31/functions/f:live/configuration").status, 200);
  EXPECT_EQ(call("GET", "/2019-09-30/functions/f/concurrency").body,
            R"({"ReservedConcurrentExecutions":4})");
}

struct Refusal {
  std::string name;
  std::string method;
  std::string target;
  std::string body;
  int status;
  std::string type;
  std::string text;  // Part of the body.
};

std::string new_function(std::string_view members) {
  return str_cat(R"({"FunctionName":"g","Role":"arn:aws:iam::000000000000:role/any",)"
                 R"("Runtime":"nodejs22.x","Handler":"index.handler",)",
                 members, "}");
}
std::string zipped(std::string_view members) {
  return new_function(str_cat(R"("Code":{"ZipFile":")", kEmptyZip, "\"},", members));
}

const Refusal kRefusals[] = {
    {"unknown", "GET", "/2015-03-31/functions/no", "", 404, "ResourceNotFoundException",
     R"("Message":"Function not found: arn:aws:lambda:us-east-1:000000000000:function:no")"},
    {"unknown version", "GET", "/2015-03-31/functions/f?Qualifier=9", "", 404,
     "ResourceNotFoundException", "function:f:9\""},
    {"qualifiers differ", "GET", "/2015-03-31/functions/f:1?Qualifier=2", "", 400,
     "InvalidParameterValueException",
     "The derived qualifier from the function name does not match the specified qualifier."},
    {"other region", "GET",
     "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A000000000000%3Afunction%3Af", "", 404,
     "ResourceNotFoundException",
     "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"},
    {"other account", "GET", "/2015-03-31/functions/111111111111:function:f", "", 403,
     "AccessDeniedException", "Message"},
    {"exists", "POST", "/2015-03-31/functions",
     R"({"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/any","Runtime":"nodejs22.x","Handler":"i.h","Code":{"S3Bucket":"bbb","S3Key":"k"}})",
     409, "ResourceConflictException", R"("message":"Function already exist: f")"},
    {"no role", "POST", "/2015-03-31/functions", R"({"FunctionName":"g","Code":{}})", 400,
     "ValidationException",
     "Value null at 'role' failed to satisfy constraint: Member must not be null"},
    {"no ZIP", "POST", "/2015-03-31/functions", new_function(R"("Code":{"ZipFile":"aGVsbG8="})"),
     400, "InvalidParameterValueException",
     "Could not unzip uploaded file. Please check your file, then try to upload again."},
    {"no code", "POST", "/2015-03-31/functions", new_function(R"("Code":{})"), 400,
     "InvalidParameterValueException", "Please provide a source for function code."},
    {"timeout", "POST", "/2015-03-31/functions", zipped(R"("Timeout":901)"), 400,
     "ValidationException",
     "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or "
     "equal to 900"},
    {"no timeout", "POST", "/2015-03-31/functions", zipped(R"("Timeout":0)"), 400,
     "ValidationException", "greater than or equal to 1"},
    {"memory", "POST", "/2015-03-31/functions", zipped(R"("MemorySize":10241)"), 400,
     "ValidationException", "less than or equal to 10240"},
    {"reserved variable", "POST", "/2015-03-31/functions",
     zipped(R"("Environment":{"Variables":{"AWS_REGION":"x"}})"), 400,
     "InvalidParameterValueException", "Reserved keys used in this request: AWS_REGION"},
    {"large environment", "POST", "/2015-03-31/functions",
     zipped(str_cat(R"("Environment":{"Variables":{"AB":")", std::string(4096, 'x'), "\"}}")), 400,
     "InvalidParameterValueException", "exceeded the 4KB limit. String measured: {"},
    {"runtime", "PUT", "/2015-03-31/functions/f/configuration", R"({"Runtime":"cobol"})", 400,
     "InvalidParameterValueException",
     "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
     "["},
    {"revision", "PUT", "/2015-03-31/functions/f/configuration", R"({"RevisionId":"old"})", 412,
     "PreconditionFailedException", "does not match the latest Revision Id"},
    {"alias of no version", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"a","FunctionVersion":"7"})", 404, "ResourceNotFoundException", "function:f:7"},
    {"alias routed to an unknown version", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"a","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"7":0.5}}})",
     404, "ResourceNotFoundException", "function:f:7"},
    {"alias routed to its version", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"a","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"1":0.5}}})",
     400, "InvalidParameterValueException",
     "Function version 1 is already included in routing configuration."},
    {"alias of $LATEST routed", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"a","FunctionVersion":"$LATEST","RoutingConfig":{"AdditionalVersionWeights":{"1":0.5}}})",
     400, "InvalidParameterValueException",
     "$LATEST is not supported for an alias pointing to more than 1 version"},
    {"alias routed to many", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"a","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"1":0.5,"2":0.1}}})",
     400, "InvalidParameterValueException",
     "Number of items in AdditionalVersionWeights cannot be greater than 1"},
    {"alias weight", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"a","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"2":1.5}}})",
     400, "ValidationException", "Member must have value less than or equal to 1"},
    {"alias name", "POST", "/2015-03-31/functions/f/aliases",
     R"({"Name":"12","FunctionVersion":"$LATEST"})", 400, "ValidationException",
     "Member must satisfy regular expression pattern"},
    {"no alias", "GET", "/2015-03-31/functions/f/aliases/a", "", 404, "ResourceNotFoundException",
     "Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:f:a"},
    {"no policy", "GET", "/2015-03-31/functions/f/policy", "", 404, "ResourceNotFoundException",
     "The resource you requested does not exist."},
    {"no such sid", "DELETE", "/2015-03-31/functions/f/policy/s", "", 404,
     "ResourceNotFoundException", "Statement s is not found in resource policy."},
    {"$LATEST", "DELETE", "/2015-03-31/functions/f?Qualifier=$LATEST", "", 400,
     "InvalidParameterValueException", "cannot be deleted without deleting the function"},
    {"concurrency", "PUT", "/2017-10-31/functions/f/concurrency",
     R"({"ReservedConcurrentExecutions":-1})", 400, "ValidationException", "equal to 0"},
    {"MaxItems", "GET", "/2015-03-31/functions?MaxItems=0", "", 400, "ValidationException",
     "Value '0' at 'maxItems'"},
    {"no JSON", "POST", "/2015-03-31/functions", "{", 400, "InvalidRequestContentException",
     "Could not parse request body into json"},
};

TEST_F(FunctionApiTest, RefusesInLambdasWords) {
  create("f", R"(,"Publish":true)");
  for (const Refusal& refusal : kRefusals) {
    SCOPED_TRACE(refusal.name);
    const RestAnswer answer = call(refusal.method, refusal.target, refusal.body);
    EXPECT_EQ(answer.status, refusal.status) << answer.body;
    EXPECT_EQ(answer.header("x-amzn-ErrorType"), refusal.type);
    EXPECT_THAT(answer.body, HasSubstr(refusal.text));
  }
}

TEST_F(FunctionApiTest, RefusesNamesOfMoreThan64CharactersAsInvalidParameter) {
  const RestAnswer answer = create(std::string(65, 'n'));
  EXPECT_EQ(answer.header("x-amzn-ErrorType"), "InvalidParameterValueException");
  EXPECT_THAT(answer.body, HasSubstr("at 'functionName' failed to satisfy constraint: Member must "
                                     "have length less than or equal to 64"));
  EXPECT_EQ(create(std::string(64, 'n')).status, 201);
}

TEST_F(FunctionApiTest, ChangesOnlyTheGivenMembers) {
  create("f", R"(,"Timeout":7,"Description":"d")");
  const RestAnswer updated =
      call("PUT", "/2015-03-31/functions/f/configuration", R"({"MemorySize":512})");
  EXPECT_EQ(updated.status, 200);
  EXPECT_THAT(updated.body, AllOf(HasSubstr("\"MemorySize\":512"), HasSubstr("\"Timeout\":7"),
                                  HasSubstr("\"LastUpdateStatus\":\"InProgress\"")));
  const RestAnswer code =
      call("PUT", "/2015-03-31/functions/f/code", R"({"S3Bucket":"bucket","S3Key":"other.zip"})");
  EXPECT_EQ(code.status, 200) << code.body;
  EXPECT_THAT(call("GET", "/2015-03-31/functions/f").body,
              AllOf(HasSubstr("\"CodeSize\":0"), HasSubstr("\"Description\":\"d\"")));
}

TEST_F(FunctionApiTest, DryRunOfCodeChangesNothing) {
  create("f");
  const std::string before = call("GET", "/2015-03-31/functions/f").body;
  EXPECT_EQ(call("PUT", "/2015-03-31/functions/f/code",
                 R"({"S3Bucket":"bucket","S3Key":"k","DryRun":true})")
                .status,
            200);
  EXPECT_EQ(call("GET", "/2015-03-31/functions/f").body, before);
}

TEST_F(FunctionApiTest, PublishesAVersionOnlyWhenSomethingHasChanged) {
  create("f");
  const std::string versions = "/2015-03-31/functions/f/versions";
  EXPECT_THAT(call("POST", versions).body, HasSubstr("\"Version\":\"1\""));
  EXPECT_THAT(call("POST", versions).body, HasSubstr("\"Version\":\"1\""));
  call("PUT", "/2015-03-31/functions/f/configuration", R"({"Timeout":9})");
  EXPECT_THAT(call("POST", versions).body,
              AllOf(HasSubstr("\"Version\":\"2\""), HasSubstr("function:f:2\"")));
  EXPECT_THAT(call("GET", "/2015-03-31/functions/f:1/configuration").body,
              HasSubstr("\"Timeout\":3"));
  const std::string page = call("GET", versions + "?MaxItems=2").body;
  EXPECT_THAT(page, AllOf(HasSubstr("function:f:$LATEST"), HasSubstr("NextMarker")));
  EXPECT_EQ(call("DELETE", "/2015-03-31/functions/f?Qualifier=1").status, 204);
  EXPECT_EQ(call("GET", "/2015-03-31/functions/f:1").status, 404);
}

TEST_F(FunctionApiTest, AliasesStandForVersions) {
  create("f", R"(,"Publish":true)");
  const std::string aliases = "/2015-03-31/functions/f/aliases";
  EXPECT_EQ(call("POST", aliases, R"({"Name":"live","FunctionVersion":"1"})").status, 201);
  EXPECT_EQ(call("POST", aliases, R"({"Name":"live","FunctionVersion":"1"})").status, 409);
  EXPECT_THAT(call("GET", "/2015-03-31/functions/f/configuration?Qualifier=live").body,
              HasSubstr("\"Version\":\"1\""));
  EXPECT_EQ(call("DELETE", "/2015-03-31/functions/f?Qualifier=1").status, 409);
  EXPECT_THAT(call("PUT", aliases + "/live", R"({"FunctionVersion":"$LATEST"})").body,
              HasSubstr("\"FunctionVersion\":\"$LATEST\""));
  EXPECT_THAT(call("GET", aliases).body, HasSubstr("\"Name\":\"live\""));
  EXPECT_EQ(call("GET", aliases + "?FunctionVersion=1").body, R"({"Aliases":[]})");
  EXPECT_EQ(call("DELETE", aliases + "/live").status, 204);
  EXPECT_EQ(call("GET", aliases + "/live").status, 404);
}

TEST_F(FunctionApiTest, KeepsPermissionsAsAPolicy) {
  create("f");
  const std::string policy = "/2015-03-31/functions/f/policy";
  const std::string statement =
      R"({"StatementId":"s1","Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com",)"
      R"("SourceArn":"arn:aws:s3:::bucket","SourceAccount":"000000000000"})";
  EXPECT_EQ(call("POST", policy, statement).status, 201);
  EXPECT_EQ(call("POST", policy, statement).status, 409);
  EXPECT_THAT(
      call("GET", policy).body,
      AllOf(HasSubstr(R"(\"Sid\":\"s1\")"), HasSubstr(R"(\"Service\":\"s3.amazonaws.com\")"),
            HasSubstr(R"(\"AWS:SourceArn\":\"arn:aws:s3:::bucket\")")));
  EXPECT_EQ(call("DELETE", policy + "/s1").status, 204);
  EXPECT_EQ(call("GET", policy).status, 404);
}

TEST_F(FunctionApiTest, TagsFunctions) {
  create("f");
  const std::string tags =
      "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af";
  EXPECT_EQ(call("POST", tags, R"({"Tags":{"a":"1","b":"2"}})").status, 204);
  EXPECT_EQ(call("DELETE", tags + "?tagKeys=a").status, 204);
  EXPECT_EQ(call("GET", tags).body, R"({"Tags":{"b":"2"}})");
}

TEST_F(FunctionApiTest, ShowsBoundFunctionsWithDefaults) {
  bind("bound");
  EXPECT_EQ(call("GET", "/2015-03-31/functions/bound").status, 200);
  EXPECT_THAT(call("GET", "/2015-03-31/functions").body,
              AllOf(HasSubstr("\"FunctionName\":\"bound\""), Not(HasSubstr("\"State\""))));
  EXPECT_EQ(create("bound").status, 201);
  EXPECT_EQ(create("bound").status, 409);
}

TEST_F(FunctionApiTest, DeletedFunctionsAreGoneThoughTheyAreBound) {
  bind("bound");
  EXPECT_EQ(call("DELETE", "/2015-03-31/functions/bound").status, 204);
  EXPECT_EQ(call("GET", "/2015-03-31/functions/bound").status, 404);
  EXPECT_FALSE(registry_->exists(owner_, "bound"));
  EXPECT_EQ(call("DELETE", "/2015-03-31/functions/bound").status, 404);
  EXPECT_EQ(create("bound").status, 201);
  EXPECT_TRUE(registry_->exists(owner_, "bound"));
}

TEST_F(FunctionApiTest, AFunctionThatIsBoundAgainIsThereAgain) {
  bind("bound");
  owner_.region = "eu-west-1";
  call("DELETE", "/2015-03-31/functions/bound");
  owner_.region = "us-east-1";
  call("DELETE", "/2015-03-31/functions/bound");
  EXPECT_EQ(call("GET", "/2015-03-31/functions/bound").status, 404);
  registry_->bind_and_keep(binding("bound"), [](Result<void> stored) { EXPECT_TRUE(stored); });
  scheduler_.run_posted();
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_EQ(call("GET", "/2015-03-31/functions/bound").status, 200);
    EXPECT_TRUE(registry_->exists(owner_, "bound"));
    EXPECT_TRUE(registry_->exists({.account = owner_.account, .region = "eu-west-1"}, "bound"));
    start();
  }
}

// Changes that are under way together, each of which must see what the other has made of the row.
TEST_F(FunctionApiTest, ChangesAtOnceAreAllKept) {
  create("f");
  std::vector<std::shared_ptr<std::optional<RestAnswer>>> answers;
  queue_.submit(
      [&](Txn&) {  // What is sent meanwhile waits in the queue.
        answers = {send("PUT", "/2017-10-31/functions/f/concurrency",
                        R"({"ReservedConcurrentExecutions":4})"),
                   send("PUT", "/2015-03-31/functions/f/configuration", R"({"Timeout":9})"),
                   send("POST", "/2015-03-31/functions/f/versions"),
                   send("POST", "/2015-03-31/functions/f/aliases",
                        R"({"Name":"live","FunctionVersion":"1"})"),
                   send("POST", "/2015-03-31/functions", create_body("f"))};
        scheduler_.run_posted();
        EXPECT_FALSE(answers[0]->has_value());
      },
      [](const EngineError*) {});
  scheduler_.run_posted();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_LT(answers[i]->value().status, 300) << i;
  EXPECT_EQ(answers[4]->value().status, 409);
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_THAT(
        call("GET", "/2015-03-31/functions/f:live").body,
        AllOf(HasSubstr("\"Timeout\":9"), HasSubstr(R"("ReservedConcurrentExecutions":4)")));
    start();
  }
}

TEST_F(FunctionApiTest, AChangeThatCouldNotBeStoredIsSeenByNobody) {
  create("f", R"(,"Timeout":7)");
  faults_->disk_full = true;
  std::vector<std::shared_ptr<std::optional<RestAnswer>>> answers;
  queue_.submit(
      [&](Txn&) {
        answers = {send("PUT", "/2015-03-31/functions/f/configuration", R"({"Timeout":9})"),
                   send("PUT", "/2017-10-31/functions/f/concurrency",
                        R"({"ReservedConcurrentExecutions":4})")};
      },
      [](const EngineError*) {});
  EXPECT_THAT(call("GET", "/2015-03-31/functions/f").body, HasSubstr("\"Timeout\":7"));
  for (const auto& answer : answers) EXPECT_EQ(answer->value().status, 500);
  faults_->disk_full = false;
  call("PUT", "/2015-03-31/functions/f/configuration", R"({"MemorySize":256})");
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_THAT(call("GET", "/2015-03-31/functions/f").body,
                AllOf(HasSubstr("\"Timeout\":7"), HasSubstr("\"MemorySize\":256"),
                      Not(HasSubstr("ReservedConcurrentExecutions"))));
    start();
  }
}

TEST_F(FunctionApiTest, AFunctionThatIsDeletedMeanwhileIsNotBroughtBackByAChange) {
  create("f");
  std::shared_ptr<std::optional<RestAnswer>> changed;
  queue_.submit(
      [&](Txn&) {
        send("DELETE", "/2015-03-31/functions/f");
        changed = send("PUT", "/2015-03-31/functions/f/configuration", R"({"Timeout":9})");
      },
      [](const EngineError*) {});
  scheduler_.run_posted();
  EXPECT_EQ(changed->value().status, 404);
  start();
  EXPECT_EQ(call("GET", "/2015-03-31/functions/f").status, 404);
}

constexpr std::string_view kVariables = R"(,"Environment":{"Variables":{"NODE_OPTIONS":"x"}})";

TEST_F(FunctionApiTest, WithholdsFromProcessesWhatCameOverHttp) {
  set_log(LogLevel::kOff, LogFormat::kText);
  create("f", kVariables);
  for (int restart = 0; restart < 2; ++restart) {
    const FunctionSettings given = catalog_->process_settings(owner_, "f");
    EXPECT_TRUE(given.environment.empty());
    EXPECT_EQ(given.handler, "");
    EXPECT_EQ(given.runtime, "nodejs22.x");
    EXPECT_THAT(call("GET", "/2015-03-31/functions/f").body, HasSubstr("NODE_OPTIONS"));
    start();
  }
}

TEST_F(FunctionApiTest, GivesProcessesWhatCameFromAFile) {
  set_log(LogLevel::kOff, LogFormat::kText);
  source_ = protocol::RequestSource::kFile;
  create("f", kVariables);
  source_ = protocol::RequestSource::kHttp;
  // The same again changes nothing, other members neither.
  call("PUT", "/2015-03-31/functions/f/configuration",
       R"({"Environment":{"Variables":{"NODE_OPTIONS":"x"}},"Timeout":5})");
  for (int restart = 0; restart < 2; ++restart) {
    const FunctionSettings given = catalog_->process_settings(owner_, "f");
    EXPECT_EQ(given.environment.at("NODE_OPTIONS"), "x");
    EXPECT_EQ(given.handler, "index.handler");
    start();
  }
  call("PUT", "/2015-03-31/functions/f/configuration",
       R"({"Environment":{"Variables":{"NODE_OPTIONS":"y"}}})");
  EXPECT_TRUE(catalog_->process_settings(owner_, "f").environment.empty());
  EXPECT_EQ(catalog_->process_settings(owner_, "f").handler, "index.handler");
}

TEST_F(FunctionApiTest, ListsPageByPage) {
  for (const char* name : {"a", "b", "c"}) create(name);
  const std::string first = call("GET", "/2015-03-31/functions?MaxItems=2").body;
  EXPECT_THAT(first, AllOf(HasSubstr("function:a\""), HasSubstr("function:b\""),
                           Not(HasSubstr("function:c\""))));
  const std::size_t at = first.find("\"NextMarker\":\"") + 14;
  const std::string marker = first.substr(at, first.find('"', at) - at);
  const std::string second =
      call("GET", str_cat("/2015-03-31/functions?MaxItems=2&Marker=", marker)).body;
  EXPECT_THAT(second, AllOf(HasSubstr("function:c\""), Not(HasSubstr("NextMarker"))));
}

TEST_F(FunctionApiTest, OwnersHaveFunctionsOfTheirOwn) {
  create("f");
  owner_.region = "eu-west-1";
  EXPECT_EQ(call("GET", "/2015-03-31/functions/f").status, 404);
  EXPECT_EQ(call("GET", "/2015-03-31/functions").body, R"({"Functions":[]})");
}

}  // namespace
}  // namespace tailrace::lambda
