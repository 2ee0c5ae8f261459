// The triggers file of --triggers: functions with their targets, on-failure destinations, and event
// source mappings, in CloudFormation's property names. YAML or JSON:
//
//   Functions:
//     Orders: {Target: "http://localhost:8080/", Timeout: 30, Environment: {Variables: {A: b}},
//     Concurrency: 4}
//   Destinations:
//     arn:aws:sqs:us-east-1:000000000000:failures: file:/tmp/failures.jsonl
//   EventSourceMappings:
//     - {Table: CustomerOrdersTable, FunctionName: Orders, StartingPosition: TRIM_HORIZON,
//     BatchSize: 10}
//
// `Table` stands for EventSourceArn and means the table's newest stream, whenever it comes to be.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/templates/document.h"
#include "storage/base/result.h"

namespace tailrace::templates {

struct DeclaredFunction {
  std::string name;
  std::string binding;  // As the control API takes it, JSON.
};

struct DeclaredMapping {
  std::string place;                 // <file>:<line>, for messages.
  std::optional<std::string> table;  // Absent: the mapping names its stream.
  std::string
      create_mapping;  // CreateEventSourceMapping's input, JSON; without EventSourceArn if `table`.
};

struct TriggersFile {
  std::vector<DeclaredFunction> functions;
  std::vector<std::pair<std::string, std::string>> destinations;  // ARN and target.
  std::vector<DeclaredMapping> mappings;
};

// Errors: ValidationException `<file>:<line>: <what>`, for unknown properties too.
Result<TriggersFile> read_triggers_file(const std::filesystem::path& file);
Result<TriggersFile> parse_triggers(const Node& document, const std::string& file);

}  // namespace tailrace::templates
