#include "server/templates/triggers_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tailrace::templates {
namespace {

Result<TriggersFile> parse(std::string_view text) {
  TRY(Node document, parse_document(text, "triggers.yaml"));
  return parse_triggers(document, "triggers.yaml");
}

TEST(TriggersFile, DeclaresFunctionsDestinationsAndMappings) {
  const auto triggers = parse(R"(
Functions:
  Orders: {Target: "http://localhost:8080/", Timeout: 30, Environment: {Variables: {LIMIT: 5}}, Concurrency: 4}
Destinations:
  arn:aws:sqs:us-east-1:000000000000:failures: file:/tmp/failures.jsonl
EventSourceMappings:
  - {Table: CustomerOrdersTable, FunctionName: Orders, StartingPosition: TRIM_HORIZON, BatchSize: 10}
)");
  ASSERT_TRUE(triggers.has_value()) << triggers.error().message;
  ASSERT_EQ(triggers->functions.size(), 1u);
  EXPECT_EQ(
      triggers->functions[0].binding,
      R"({"Target":"http://localhost:8080/","TimeoutSeconds":30,"Environment":{"LIMIT":"5"},"Concurrency":4})");
  EXPECT_EQ(triggers->destinations[0].second, "file:/tmp/failures.jsonl");
  ASSERT_EQ(triggers->mappings.size(), 1u);
  EXPECT_EQ(triggers->mappings[0].table, "CustomerOrdersTable");
  EXPECT_EQ(triggers->mappings[0].place, "triggers.yaml:7");
  EXPECT_EQ(triggers->mappings[0].create_mapping,
            R"({"FunctionName":"Orders","StartingPosition":"TRIM_HORIZON","BatchSize":10})");
}

struct RefusedCase {
  std::string_view text;
  std::string_view message;
};
const RefusedCase kRefusedCases[] = {
    {"[]", "triggers.yaml:1: a triggers file is a map"},
    {"Function: {}\n", "triggers.yaml:1: unknown property Function of a triggers file"},
    {"Functions:\n  A: {Targte: x}\n", "triggers.yaml:2: unknown property Targte of a function"},
    {"EventSourceMappings:\n  - {FunctionName: A}\n",
     "triggers.yaml:2: an event source mapping has either Table or EventSourceArn"},
    {"EventSourceMappings:\n  - {Table: T, FunctionName: A,\n     BatchSzie: 4}\n",
     "triggers.yaml:3: unknown property BatchSzie of an event source mapping"},
};

TEST(TriggersFile, NamesWhatItDoesNotKnowWithItsPlace) {
  for (const RefusedCase& row : kRefusedCases) {
    const auto triggers = parse(row.text);
    ASSERT_FALSE(triggers.has_value()) << row.text;
    EXPECT_EQ(triggers.error().message, row.message);
  }
}

}  // namespace
}  // namespace tailrace::templates
