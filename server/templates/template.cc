#include "server/templates/template.h"

#include <algorithm>
#include <utility>

#include "server/templates/table_properties.h"
#include "storage/base/str_cat.h"

namespace tailrace::templates {
namespace {

const std::set<std::string_view> kTableTypes = {
    "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable"};
const std::set<std::string_view> kFunctionTypes = {"AWS::Lambda::Function",
                                                   "AWS::Serverless::Function"};
const std::set<std::string_view> kMappingTypes = {"AWS::Lambda::EventSourceMapping"};

// Which property names a resource, and how its ARN is made of the name; {} stands for region and
// account.
struct NamedType {
  std::string_view type;
  std::string_view name_property;
  std::string_view
      arn_service;  // "sqs:<region>:<account>:" and the name; empty: the type has no ARN here.
  bool global;      // ARN without region and account.
};
constexpr NamedType kNamedTypes[] = {
    {"AWS::DynamoDB::Table", "TableName", "dynamodb", false},
    {"AWS::DynamoDB::GlobalTable", "TableName", "dynamodb", false},
    {"AWS::Serverless::SimpleTable", "TableName", "dynamodb", false},
    {"AWS::Lambda::Function", "FunctionName", "lambda", false},
    {"AWS::Serverless::Function", "FunctionName", "lambda", false},
    {"AWS::SQS::Queue", "QueueName", "sqs", false},
    {"AWS::SNS::Topic", "TopicName", "sns", false},
    {"AWS::S3::Bucket", "BucketName", "s3", true},
    {"AWS::IAM::Role", "RoleName", "iam", false},
    {"AWS::Logs::LogGroup", "LogGroupName", "logs", false},
    {"AWS::KMS::Key", "", "kms", false},
};

const NamedType* find_named_type(std::string_view type) {
  const auto found = std::find_if(std::begin(kNamedTypes), std::end(kNamedTypes),
                                  [&](const NamedType& row) { return row.type == type; });
  return found == std::end(kNamedTypes) ? nullptr : found;
}

std::string arn_of(const NamedType& type, const Owner& owner, std::string_view name) {
  if (type.global) return str_cat("arn:aws:", type.arn_service, ":::", name);
  const std::string_view region =
      type.arn_service == "iam" ? std::string_view() : std::string_view(owner.region);
  static constexpr std::pair<std::string_view, std::string_view> kPathPrefixes[] = {
      {"dynamodb", "table/"},
      {"lambda", "function:"},
      {"iam", "role/"},
      {"logs", "log-group:"},
      {"kms", "key/"}};
  std::string_view prefix;
  for (const auto& [service, path] : kPathPrefixes)
    if (service == type.arn_service) prefix = path;
  return str_cat("arn:aws:", type.arn_service, ":", region, ":", owner.account, ":", prefix, name);
}

std::string_view type_of(const Node& resource) {
  const Node* type = resource.find("Type");
  return type == nullptr || type->scalar() == nullptr ? std::string_view()
                                                      : std::string_view(type->scalar()->text);
}

// "MyStack/OrdersHandler/Resource" names the construct OrdersHandler.
std::optional<std::string> construct_id(const Node& resource) {
  const Node* metadata = resource.find("Metadata");
  const Node* path = metadata == nullptr ? nullptr : metadata->find("aws:cdk:path");
  if (path == nullptr || path->scalar() == nullptr) return std::nullopt;
  std::string_view text = path->scalar()->text;
  if (const std::size_t last = text.rfind('/');
      last != std::string_view::npos && text.substr(last) == "/Resource")
    text = text.substr(0, last);
  return std::string(text.substr(text.rfind('/') + 1));
}

void set_member(NodeMap& map, std::string_view name, Node node) {
  const auto found =
      std::find_if(map.begin(), map.end(), [&](const auto& entry) { return entry.name == name; });
  if (found != map.end()) {
    found->node = std::move(node);
  } else {
    map.emplace_back(std::string(name), std::move(node));
  }
}

void rename_member(NodeMap& map, std::string_view from, std::string_view to) {
  for (auto& [name, node] : map)
    if (name == from) name = to;
}

bool drop_member(NodeMap& map, std::string_view name) {
  return std::erase_if(map, [&](const auto& entry) { return entry.name == name; }) > 0;
}

std::string text_member(const Node& map, std::string_view name) {
  const Node* node = map.find(name);
  return node == nullptr || node->scalar() == nullptr ? std::string() : node->scalar()->text;
}

// Tags of a template, [{Key, Value}], are a map in Lambda's API.
void tags_to_map(NodeMap& properties) {
  const auto found = std::find_if(properties.begin(), properties.end(),
                                  [](const auto& entry) { return entry.name == "Tags"; });
  if (found == properties.end() || found->node.list() == nullptr) return;
  NodeMap tags;
  for (const Node& tag : *found->node.list())
    set_member(tags, text_member(tag, "Key"), text_node(text_member(tag, "Value"), tag.line));
  found->node = Node{std::move(tags), found->node.line};
}

// The bare name of a function's name, partial ARN or ARN.
std::string bare_function_name(std::string_view reference) {
  if (const std::size_t mark = reference.find("function:"); mark != std::string_view::npos)
    reference = reference.substr(mark + 9);
  return std::string(reference.substr(0, reference.find(':')));
}

// Members of a function's properties that CreateFunction takes as they are.
constexpr std::string_view kFunctionMembers[] = {
    "Runtime",     "Handler",     "Description",   "Timeout",         "MemorySize",
    "Environment", "PackageType", "Architectures", "EphemeralStorage"};
// SAM gives a mapping's properties under the event; these are its own and no member of the API.
constexpr std::string_view kSamOnlyMembers[] = {"Stream", "DestinationConfigType"};

}  // namespace

Template::Template(const Node& document, std::string file, Owner owner, std::string stack_name)
    : document_(document),
      owner_(std::move(owner)),
      stack_name_(std::move(stack_name)),
      resolver_(document, std::move(file), owner_, stack_name_) {
  resolver_.resources_by([this](std::string_view id, std::string_view attribute) {
    return resource_value(id, attribute);
  });
}

Result<std::vector<Template::Resource>> Template::resources(
    const std::set<std::string_view>& types) {
  const Node* all = document_.find("Resources");
  if (all == nullptr || all->map() == nullptr)
    return resolver_.error_at(document_, "Resources",
                              "a template has resources; there are none here");
  std::vector<Resource> found;
  for (const auto& [id, node] : *all->map()) {
    const std::string_view type = type_of(node);
    if (!types.contains(type)) continue;
    if (const Node* condition = node.find("Condition");
        condition != nullptr && condition->scalar() != nullptr) {
      TRY(const bool holds,
          resolver_.condition(condition->scalar()->text, str_cat("Resources.", id)));
      if (!holds) continue;
    }
    found.push_back({.logical_id = id,
                     .type = std::string(type),
                     .node = &node,
                     .properties = node.find("Properties"),
                     .path = str_cat("Resources.", id, ".Properties")});
  }
  return found;
}

Result<std::string> Template::resource_value(std::string_view logical_id,
                                             std::string_view attribute) {
  const Node& resource = *document_.find("Resources")->find(logical_id);
  const std::string_view type = type_of(resource);
  if (type == "AWS::Lambda::Version" || type == "AWS::Lambda::Alias") {
    const Node* properties = resource.find("Properties");
    const Node* function = properties == nullptr ? nullptr : properties->find("FunctionName");
    if (function == nullptr) return validation_error(str_cat(logical_id, " names no function"));
    return name_once(logical_id, *function, "FunctionName");
  }
  const NamedType* named = find_named_type(type);
  if (named == nullptr)
    return validation_error(str_cat("a resource of type ", type, " can't be resolved here"));
  if (attribute == "StreamArn") {
    const auto found = stream_arns_.find(logical_id);
    if (found != stream_arns_.end()) return found->second;
    return validation_error(str_cat(logical_id, " has no stream; give it a StreamSpecification"));
  }
  TRY(std::string name, physical_name(logical_id, resource, type));
  const bool ref_is_arn = attribute.empty() && type == "AWS::SNS::Topic";
  if (attribute == "Arn" || attribute == "TopicArn" || ref_is_arn)
    return arn_of(*named, owner_, name);
  if (attribute.empty() || attribute == "QueueName" || attribute == "TopicName") {
    if (attribute.empty() && type == "AWS::SQS::Queue")
      return str_cat("https://sqs.", owner_.region, ".amazonaws.com/", owner_.account, "/", name);
    return name;
  }
  return validation_error(
      str_cat("the attribute ", attribute, " of ", logical_id, " can't be resolved here"));
}

Result<std::string> Template::physical_name(std::string_view logical_id,
                                            const Node& node,
                                            std::string_view type) {
  const NamedType* named = find_named_type(type);
  const Node* properties = node.find("Properties");
  const Node* given = properties == nullptr || named->name_property.empty()
                          ? nullptr
                          : properties->find(named->name_property);
  if (given != nullptr) return name_once(logical_id, *given, named->name_property);
  if (kFunctionTypes.contains(type)) return construct_id(node).value_or(std::string(logical_id));
  return str_cat(stack_name_, "-", logical_id);
}

// A name may depend on other resources' names, but not on itself.
Result<std::string> Template::name_once(std::string_view logical_id,
                                        const Node& node,
                                        std::string_view property) {
  if (!naming_.emplace(logical_id).second)
    return validation_error(str_cat("the name of ", logical_id, " depends on itself"));
  Result<std::string> name =
      resolver_.resolve_text(node, str_cat("Resources.", logical_id, ".Properties.", property));
  naming_.erase(naming_.find(logical_id));
  return name;
}

Result<Node> Template::properties_of(const Resource& resource) {
  if (resource.properties == nullptr) return Node{NodeMap{}, resource.node->line};
  TRY(Node properties, resolver_.resolve(*resource.properties, resource.path));
  if (properties.map() == nullptr)
    return resolver_.error_at(*resource.node, resource.path, "properties are a map");
  return properties;
}

Result<std::vector<PlannedTable>> Template::tables() {
  TRY(std::vector<Resource> found, resources(kTableTypes));
  std::vector<PlannedTable> planned;
  for (const Resource& resource : found) {
    TRY(PlannedTable table, plan_table(resource));
    planned.push_back(std::move(table));
  }
  return planned;
}

Result<PlannedTable> Template::plan_table(const Resource& resource) {
  TRY(Node properties, properties_of(resource));
  TRY(std::string name, physical_name(resource.logical_id, *resource.node, resource.type));
  TableInput input = table_input(resource.type, properties, owner_.region);
  set_member(std::get<NodeMap>(input.create_table.value), "TableName",
             text_node(name, properties.line));
  return PlannedTable{.logical_id = resource.logical_id,
                      .name = std::move(name),
                      .create_table = to_json(input.create_table),
                      .ttl_attribute = std::move(input.ttl_attribute)};
}

Result<std::vector<PlannedFunction>> Template::functions() {
  TRY(std::vector<Resource> found, resources(kFunctionTypes));
  std::vector<PlannedFunction> planned;
  for (const Resource& resource : found) {
    TRY(PlannedFunction function, plan_function(resource));
    planned.push_back(std::move(function));
  }
  return planned;
}

// Only members that CreateFunction takes are resolved: code, roles and layers may refer to what
// exists on AWS alone. SAM's Globals.Function lie below the function's own properties.
Result<PlannedFunction> Template::plan_function(const Resource& resource) {
  const Node* globals = document_.find("Globals");
  const Node* defaults = resource.type == "AWS::Serverless::Function" && globals != nullptr
                             ? globals->find("Function")
                             : nullptr;
  NodeMap input;
  for (const std::string_view member : kFunctionMembers) {
    const Node* node = resource.properties == nullptr ? nullptr : resource.properties->find(member);
    if (node == nullptr && defaults != nullptr) node = defaults->find(member);
    if (node == nullptr) continue;
    TRY(Node value, resolver_.resolve(*node, str_cat(resource.path, ".", member)));
    set_member(input, member, std::move(value));
  }
  TRY(std::string name, physical_name(resource.logical_id, *resource.node, resource.type));
  set_member(input, "FunctionName", text_node(name, resource.node->line));
  set_member(
      input, "Role",
      text_node(str_cat("arn:aws:iam::", owner_.account, ":role/", name), resource.node->line));
  PlannedFunction function{.logical_id = resource.logical_id, .name = std::move(name)};
  if (const Node* reserved = resource.properties == nullptr
                                 ? nullptr
                                 : resource.properties->find("ReservedConcurrentExecutions")) {
    TRY(std::string text,
        resolver_.resolve_text(*reserved, str_cat(resource.path, ".ReservedConcurrentExecutions")));
    function.reserved_concurrency = std::strtoll(text.c_str(), nullptr, 10);
  }
  Node node{std::move(input), resource.node->line};
  unquote_typed_members(node);
  function.create_function = to_json(node);
  return function;
}

Result<std::vector<PlannedMapping>> Template::mappings() {
  TRY(std::vector<Resource> found, resources(kMappingTypes));
  std::vector<PlannedMapping> planned;
  for (const Resource& resource : found) {
    TRY(Node properties, properties_of(resource));
    if (text_member(properties, "EventSourceArn").find(":dynamodb:") == std::string::npos) continue;
    TRY(PlannedMapping mapping, plan_mapping(resource, resource.logical_id, std::move(properties)));
    planned.push_back(std::move(mapping));
  }
  TRY(std::vector<Resource> functions, resources({"AWS::Serverless::Function"}));
  for (const Resource& function : functions) {
    TRY(std::vector<PlannedMapping> events, plan_sam_events(function));
    std::move(events.begin(), events.end(), std::back_inserter(planned));
  }
  return planned;
}

Result<std::vector<PlannedMapping>> Template::plan_sam_events(const Resource& resource) {
  std::vector<PlannedMapping> planned;
  const Node* events =
      resource.properties == nullptr ? nullptr : resource.properties->find("Events");
  if (events == nullptr || events->map() == nullptr) return planned;
  TRY(std::string function_name, physical_name(resource.logical_id, *resource.node, resource.type));
  for (const auto& [event_id, event] : *events->map()) {
    if (type_of(event) != "DynamoDB") continue;
    const std::string path = str_cat(resource.path, ".Events.", event_id, ".Properties");
    const Node* given = event.find("Properties");
    if (given == nullptr)
      return resolver_.error_at(event, path, "an event of type DynamoDB has properties");
    TRY(Node properties, resolver_.resolve(*given, path));
    if (properties.map() == nullptr) return resolver_.error_at(event, path, "properties are a map");
    NodeMap& map = std::get<NodeMap>(properties.value);
    set_member(map, "EventSourceArn", text_node(text_member(properties, "Stream"), event.line));
    for (const std::string_view member : kSamOnlyMembers) drop_member(map, member);
    set_member(map, "FunctionName", text_node(function_name, event.line));
    TRY(PlannedMapping mapping,
        plan_mapping(resource, str_cat(resource.logical_id, event_id), std::move(properties)));
    planned.push_back(std::move(mapping));
  }
  return planned;
}

Result<PlannedMapping> Template::plan_mapping(const Resource& resource,
                                              std::string logical_id,
                                              Node properties) {
  NodeMap& map = std::get<NodeMap>(properties.value);
  rename_member(map, "KmsKeyArn", "KMSKeyArn");
  tags_to_map(map);
  unquote_typed_members(properties);
  PlannedMapping mapping{
      .logical_id = std::move(logical_id),
      .create_mapping = to_json(properties),
      .stream_arn = text_member(properties, "EventSourceArn"),
      .function_name = bare_function_name(text_member(properties, "FunctionName"))};
  if (mapping.stream_arn.empty())
    return resolver_.error_at(*resource.node, resource.path, "the mapping names no stream");
  if (mapping.function_name.empty())
    return resolver_.error_at(*resource.node, resource.path, "the mapping names no function");
  return mapping;
}

}  // namespace tailrace::templates
