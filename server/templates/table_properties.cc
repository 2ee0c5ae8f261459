#include "server/templates/table_properties.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tailrace::templates {
namespace {

// Members whose value is a number or a boolean in the API.
constexpr std::string_view kTypedMembers[] = {
    "ReadCapacityUnits", "WriteCapacityUnits", "MaxReadRequestUnits", "MaxWriteRequestUnits",
    "ReadUnitsPerSecond", "WriteUnitsPerSecond", "Enabled", "SSEEnabled", "StreamEnabled",
    "DeletionProtectionEnabled",
    // Event source mappings and functions.
    "BatchSize", "MaximumBatchingWindowInSeconds", "ParallelizationFactor", "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError", "TumblingWindowInSeconds", "Timeout",
    "MemorySize", "ReservedConcurrentExecutions",
    // Vector indexes.
    "Dimensions"};

// Properties that CreateTable takes under the same name and in the same form.
constexpr std::string_view kSameMembers[] = {"AttributeDefinitions",
                                             "KeySchema",
                                             "BillingMode",
                                             "ProvisionedThroughput",
                                             "LocalSecondaryIndexes",
                                             "GlobalSecondaryIndexes",
                                             "VectorIndexes",
                                             "Tags",
                                             "DeletionProtectionEnabled",
                                             "TableClass",
                                             "OnDemandThroughput",
                                             "WarmThroughput"};

void add(NodeMap& map, std::string_view name, Node node) {
  map.emplace_back(std::string(name), std::move(node));
}

Node plain(std::string text) {
  return Node{Scalar{std::move(text), ScalarStyle::kPlain}};
}

void add_same_members(NodeMap& input, const Node& properties) {
  for (const std::string_view name : kSameMembers)
    if (const Node* node = properties.find(name)) add(input, name, *node);
}

// A template has no StreamEnabled: a stream that is specified is enabled.
void add_stream(NodeMap& input, const Node& properties) {
  const Node* stream = properties.find("StreamSpecification");
  if (stream == nullptr || stream->find("StreamViewType") == nullptr) return;
  NodeMap specification;
  add(specification, "StreamEnabled", plain("true"));
  add(specification, "StreamViewType", *stream->find("StreamViewType"));
  add(input, "StreamSpecification", Node{std::move(specification)});
}

void add_encryption(NodeMap& input, const Node& properties) {
  const Node* encryption = properties.find("SSESpecification");
  if (encryption == nullptr || encryption->map() == nullptr) return;
  NodeMap specification;
  for (const auto& [name, node] : *encryption->map())
    add(specification, name == "SSEEnabled" ? "Enabled" : name, node);
  add(input, "SSESpecification", Node{std::move(specification)});
}

void add_policy(NodeMap& input, const Node& properties) {
  const Node* policy = properties.find("ResourcePolicy");
  const Node* document = policy == nullptr ? nullptr : policy->find("PolicyDocument");
  if (document != nullptr)
    add(input, "ResourcePolicy", text_node(to_json(*document), document->line));
}

std::optional<std::string> ttl_attribute(const Node& properties) {
  const Node* specification = properties.find("TimeToLiveSpecification");
  if (specification == nullptr) return std::nullopt;
  const Node* enabled = specification->find("Enabled");
  const Node* attribute = specification->find("AttributeName");
  if (enabled == nullptr || enabled->scalar() == nullptr || enabled->scalar()->text != "true")
    return std::nullopt;
  if (attribute == nullptr || attribute->scalar() == nullptr) return std::nullopt;
  return attribute->scalar()->text;
}

// A provisioned global table states its units as settings for scaling; a table here has the least
// of them.
const Node* capacity(const Node* settings, std::string_view direct, std::string_view scaling) {
  if (settings == nullptr) return nullptr;
  if (const Node* units = settings->find(direct)) return units;
  const Node* scaled = settings->find(scaling);
  return scaled == nullptr ? nullptr : scaled->find("MinCapacity");
}

std::optional<Node> global_throughput(const Node* write_settings, const Node* read_settings) {
  const Node* write =
      capacity(write_settings, "WriteCapacityUnits", "WriteCapacityAutoScalingSettings");
  const Node* read =
      capacity(read_settings, "ReadCapacityUnits", "ReadCapacityAutoScalingSettings");
  if (write == nullptr) return std::nullopt;
  NodeMap throughput;
  add(throughput, "ReadCapacityUnits", read == nullptr ? *write : *read);
  add(throughput, "WriteCapacityUnits", *write);
  return Node{std::move(throughput)};
}

const Node* replica_of(const Node& properties, std::string_view region) {
  const Node* replicas = properties.find("Replicas");
  if (replicas == nullptr || replicas->list() == nullptr || replicas->list()->empty())
    return nullptr;
  for (const Node& replica : *replicas->list()) {
    const Node* name = replica.find("Region");
    if (name != nullptr && name->scalar() != nullptr && name->scalar()->text == region)
      return &replica;
  }
  return &replicas->list()->front();
}

// Global indexes of a global table have WriteProvisionedThroughputSettings instead of
// ProvisionedThroughput.
Node global_indexes(const Node& indexes) {
  NodeList list;
  for (const Node& index : *indexes.list()) {
    NodeMap map;
    if (index.map() != nullptr)
      std::copy_if(index.map()->begin(), index.map()->end(), std::back_inserter(map),
                   [](const auto& entry) {
                     return entry.name == "IndexName" || entry.name == "KeySchema" ||
                            entry.name == "Projection";
                   });
    if (auto throughput =
            global_throughput(index.find("WriteProvisionedThroughputSettings"), nullptr))
      add(map, "ProvisionedThroughput", *std::move(throughput));
    list.push_back(Node{std::move(map), index.line});
  }
  return Node{std::move(list), indexes.line};
}

NodeMap global_table_input(const Node& properties, std::string_view region) {
  NodeMap input;
  const Node* replica = replica_of(properties, region);
  for (const std::string_view name :
       {"AttributeDefinitions", "KeySchema", "BillingMode", "LocalSecondaryIndexes",
        "VectorIndexes"})
    if (const Node* node = properties.find(name)) add(input, name, *node);
  if (const Node* indexes = properties.find("GlobalSecondaryIndexes");
      indexes != nullptr && indexes->list() != nullptr)
    add(input, "GlobalSecondaryIndexes", global_indexes(*indexes));
  const Node* read_settings =
      replica == nullptr ? nullptr : replica->find("ReadProvisionedThroughputSettings");
  if (auto throughput =
          global_throughput(properties.find("WriteProvisionedThroughputSettings"), read_settings))
    add(input, "ProvisionedThroughput", *std::move(throughput));
  if (replica != nullptr)
    for (const std::string_view name : {"DeletionProtectionEnabled", "TableClass", "Tags"})
      if (const Node* node = replica->find(name)) add(input, name, *node);
  return input;
}

// AWS::Serverless::SimpleTable: one key, on-demand unless throughput is given.
NodeMap simple_table_input(const Node& properties) {
  const Node* key = properties.find("PrimaryKey");
  const Node* name = key == nullptr ? nullptr : key->find("Name");
  const Node* type = key == nullptr ? nullptr : key->find("Type");
  const Node attribute = name == nullptr ? text_node("id", 0) : *name;
  const std::string letter =
      type != nullptr && type->scalar() != nullptr ? type->scalar()->text.substr(0, 1) : "S";
  NodeMap input;
  add(input, "AttributeDefinitions",
      Node{NodeList{
          Node{NodeMap{{"AttributeName", attribute}, {"AttributeType", text_node(letter, 0)}}}}});
  add(input, "KeySchema",
      Node{NodeList{
          Node{NodeMap{{"AttributeName", attribute}, {"KeyType", text_node("HASH", 0)}}}}});
  if (const Node* throughput = properties.find("ProvisionedThroughput")) {
    add(input, "ProvisionedThroughput", *throughput);
  } else {
    add(input, "BillingMode", text_node("PAY_PER_REQUEST", 0));
  }
  if (const Node* tags = properties.find("Tags"); tags != nullptr && tags->map() != nullptr) {
    NodeList list;
    for (const auto& [tag, value] : *tags->map())
      list.push_back(Node{NodeMap{{"Key", text_node(tag, value.line)}, {"Value", value}}});
    add(input, "Tags", Node{std::move(list)});
  }
  return input;
}

}  // namespace

void unquote_typed_members(Node& node) {
  if (auto* list = std::get_if<NodeList>(&node.value)) {
    for (Node& element : *list) unquote_typed_members(element);
  } else if (auto* map = std::get_if<NodeMap>(&node.value)) {
    for (auto& [name, member] : *map) {
      auto* scalar = std::get_if<Scalar>(&member.value);
      const bool typed = std::find(std::begin(kTypedMembers), std::end(kTypedMembers), name) !=
                         std::end(kTypedMembers);
      if (scalar != nullptr && typed) scalar->style = ScalarStyle::kPlain;
      unquote_typed_members(member);
    }
  }
}

TableInput table_input(std::string_view type, const Node& properties, std::string_view region) {
  NodeMap input;
  if (type == "AWS::Serverless::SimpleTable") {
    input = simple_table_input(properties);
  } else if (type == "AWS::DynamoDB::GlobalTable") {
    input = global_table_input(properties, region);
  } else {
    add_same_members(input, properties);
  }
  add_stream(input, properties);
  add_encryption(input, properties);
  add_policy(input, properties);
  TableInput result{.create_table = Node{std::move(input), properties.line},
                    .ttl_attribute = ttl_attribute(properties)};
  unquote_typed_members(result.create_table);
  return result;
}

}  // namespace tailrace::templates
