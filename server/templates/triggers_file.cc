#include "server/templates/triggers_file.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "server/templates/table_properties.h"
#include "storage/base/str_cat.h"

namespace tailrace::templates {
namespace {

constexpr std::string_view kSections[] = {"Functions", "Destinations", "EventSourceMappings"};
constexpr std::string_view kFunctionProperties[] = {"Target", "Timeout", "Environment",
                                                    "Concurrency"};
constexpr std::string_view kMappingProperties[] = {"Table",
                                                   "EventSourceArn",
                                                   "FunctionName",
                                                   "StartingPosition",
                                                   "Enabled",
                                                   "BatchSize",
                                                   "MaximumBatchingWindowInSeconds",
                                                   "ParallelizationFactor",
                                                   "MaximumRetryAttempts",
                                                   "MaximumRecordAgeInSeconds",
                                                   "BisectBatchOnFunctionError",
                                                   "TumblingWindowInSeconds",
                                                   "FunctionResponseTypes",
                                                   "FilterCriteria",
                                                   "DestinationConfig",
                                                   "KmsKeyArn",
                                                   "MetricsConfig",
                                                   "Tags"};

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  ApiError error(const Node& node, std::string_view what) const {
    return validation_error(node.line > 0 ? str_cat(file_, ":", node.line, ": ", what)
                                          : str_cat(file_, ": ", what));
  }

  // A map whose members all stand in `known`.
  Result<const NodeMap*> known_members(const Node& node,
                                       std::string_view what,
                                       std::span<const std::string_view> known) const {
    if (node.map() == nullptr) return error(node, str_cat(what, " is a map"));
    for (const auto& [name, member] : *node.map())
      if (std::find(known.begin(), known.end(), name) == known.end())
        return error(member, str_cat("unknown property ", name, " of ", what));
    return node.map();
  }

  Result<std::string> text(const Node& node, std::string_view what) const {
    if (node.scalar() == nullptr) return error(node, str_cat(what, " is a text"));
    return node.scalar()->text;
  }

  std::string place(const Node& node) const {
    return node.line > 0 ? str_cat(file_, ":", node.line) : file_;
  }

 private:
  const std::string& file_;
};

// CloudFormation's Timeout and Environment.Variables in the control API's words.
Result<DeclaredFunction> read_function(const Reader& reader,
                                       const std::string& name,
                                       const Node& node) {
  TRY(const NodeMap* members, reader.known_members(node, "a function", kFunctionProperties));
  NodeMap binding;
  for (const auto& [property, value] : *members) {
    if (property == "Timeout") {
      binding.emplace_back("TimeoutSeconds", value);
    } else if (property == "Environment") {
      const Node* variables = value.find("Variables");
      if (variables == nullptr) return reader.error(value, "Environment has Variables");
      Node texts = *variables;
      if (auto* map = std::get_if<NodeMap>(&texts.value))
        for (auto& entry : *map)
          if (auto* scalar = std::get_if<Scalar>(&entry.node.value))
            scalar->style = ScalarStyle::kQuoted;
      binding.emplace_back(property, std::move(texts));
    } else {
      binding.emplace_back(property, value);
    }
  }
  return DeclaredFunction{.name = name, .binding = to_json(Node{std::move(binding), node.line})};
}

Result<DeclaredMapping> read_mapping(const Reader& reader, const Node& node) {
  TRY(const NodeMap* members,
      reader.known_members(node, "an event source mapping", kMappingProperties));
  DeclaredMapping mapping{.place = reader.place(node)};
  NodeMap input;
  for (const auto& [property, value] : *members) {
    if (property == "Table") {
      TRY(mapping.table, reader.text(value, "Table"));
    } else {
      input.emplace_back(property == "KmsKeyArn" ? "KMSKeyArn" : property, value);
    }
  }
  if (mapping.table.has_value() == (node.find("EventSourceArn") != nullptr))
    return reader.error(node, "an event source mapping has either Table or EventSourceArn");
  Node typed{std::move(input), node.line};
  unquote_typed_members(typed);
  mapping.create_mapping = to_json(typed);
  return mapping;
}

}  // namespace

Result<TriggersFile> parse_triggers(const Node& document, const std::string& file) {
  const Reader reader(file);
  if (auto sections = reader.known_members(document, "a triggers file", kSections); !sections)
    return std::move(sections).error();
  TriggersFile triggers;
  if (const Node* functions = document.find("Functions")) {
    if (functions->map() == nullptr) return reader.error(*functions, "Functions is a map of names");
    for (const auto& [name, node] : *functions->map()) {
      TRY(DeclaredFunction function, read_function(reader, name, node));
      triggers.functions.push_back(std::move(function));
    }
  }
  if (const Node* destinations = document.find("Destinations")) {
    if (destinations->map() == nullptr)
      return reader.error(*destinations, "Destinations is a map of ARNs");
    for (const auto& [arn, node] : *destinations->map()) {
      TRY(std::string target, reader.text(node, "a destination's target"));
      triggers.destinations.emplace_back(arn, std::move(target));
    }
  }
  if (const Node* mappings = document.find("EventSourceMappings")) {
    if (mappings->list() == nullptr)
      return reader.error(*mappings, "EventSourceMappings is a list");
    for (const Node& node : *mappings->list()) {
      TRY(DeclaredMapping mapping, read_mapping(reader, node));
      triggers.mappings.push_back(std::move(mapping));
    }
  }
  return triggers;
}

Result<TriggersFile> read_triggers_file(const std::filesystem::path& file) {
  TRY(Node document, read_document(file));
  return parse_triggers(document, file.string());
}

}  // namespace tailrace::templates
