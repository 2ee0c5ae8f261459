#include "server/templates/intrinsics.h"

#include <charconv>
#include <utility>

#include "storage/base/str_cat.h"

namespace tailrace::templates {
namespace {

constexpr std::string_view kNoValue = "AWS::NoValue";

// What a template repeats may repeat other things: bounds of what it comes to.
constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
constexpr std::size_t kCopiedNodesMax = 1'000'000;

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1;
  if (const NodeList* list = node.list()) {
    for (const Node& element : *list) count += count_nodes(element);
  } else if (const NodeMap* map = node.map()) {
    for (const auto& [name, member] : *map) count += count_nodes(member);
  }
  return count;
}

// AWS::NoValue while it is on its way up; a map or list drops it.
Node no_value() {
  return Node{std::monostate{}, -1};
}
bool is_no_value(const Node& node) {
  return node.is_null() && node.line == -1;
}

Node truth_node(bool value) {
  return Node{Scalar{value ? "true" : "false"}};
}

std::string member_path(const std::string& path, std::string_view member) {
  return str_cat(path, ".", member);
}

}  // namespace

Resolver::Resolver(const Node& document,
                   std::string file,
                   const Owner& owner,
                   std::string stack_name)
    : document_(document), file_(std::move(file)) {
  pseudo_parameters_ = {{"AWS::AccountId", owner.account},
                        {"AWS::Region", owner.region},
                        {"AWS::Partition", "aws"},
                        {"AWS::URLSuffix", "amazonaws.com"},
                        {"AWS::StackId", str_cat("arn:aws:cloudformation:", owner.region, ":",
                                                 owner.account, ":stack/", stack_name, "/local")},
                        {"AWS::StackName", stack_name}};
}

ApiError Resolver::error_at(const Node& node, std::string_view path, std::string_view what) const {
  if (node.line > 0)
    return validation_error(str_cat(file_, ":", node.line, ": ", path, ": ", what));
  return validation_error(str_cat(file_, ": ", path, ": ", what));
}

const std::map<std::string_view, Resolver::Function>& Resolver::functions() {
  static const std::map<std::string_view, Function> kFunctions = {
      {"Ref", &Resolver::ref},
      {"Condition", &Resolver::condition_reference},
      {"Fn::GetAtt", &Resolver::get_att},
      {"Fn::Sub", &Resolver::sub},
      {"Fn::Join", &Resolver::join},
      {"Fn::Select", &Resolver::select},
      {"Fn::Split", &Resolver::split},
      {"Fn::FindInMap", &Resolver::find_in_map},
      {"Fn::If", &Resolver::if_condition},
      {"Fn::Equals", &Resolver::equals},
      {"Fn::And", &Resolver::and_all},
      {"Fn::Or", &Resolver::or_any},
      {"Fn::Not", &Resolver::not_one},
  };
  return kFunctions;
}

Result<Node> Resolver::resolve(const Node& node, const std::string& path) {
  if (const NodeList* list = node.list()) {
    NodeList resolved;
    for (std::size_t i = 0; i < list->size(); ++i) {
      TRY(Node element, resolve((*list)[i], str_cat(path, "[", i, "]")));
      if (!is_no_value(element)) resolved.push_back(std::move(element));
    }
    return Node{std::move(resolved), node.line};
  }
  const NodeMap* map = node.map();
  if (map == nullptr) return node;
  if (map->size() == 1) {
    const auto& [name, argument] = map->front();
    if (const auto found = functions().find(name); found != functions().end())
      return (this->*found->second)(argument, path);
    if (name.starts_with("Fn::"))
      return error_at(node, path, str_cat("the function ", name, " is not supported"));
  }
  NodeMap resolved;
  for (const auto& [name, member] : *map) {
    TRY(Node value, resolve(member, member_path(path, name)));
    if (!is_no_value(value)) resolved.emplace_back(name, std::move(value));
  }
  return Node{std::move(resolved), node.line};
}

Result<std::string> Resolver::resolve_text(const Node& node, const std::string& path) {
  TRY(Node resolved, resolve(node, path));
  if (resolved.scalar() == nullptr) return error_at(node, path, "a text is expected here");
  return resolved.scalar()->text;
}

Result<const NodeList*> Resolver::arguments(const Node& node,
                                            const std::string& path,
                                            std::size_t least,
                                            std::size_t most) {
  const NodeList* list = node.list();
  if (list == nullptr || list->size() < least || list->size() > most)
    return error_at(
        node, path,
        least == most ? str_cat("a list of ", least, " arguments is expected here")
                      : str_cat("a list of ", least, " to ", most, " arguments is expected here"));
  return list;
}

// A copy of what stands elsewhere in the document.
Result<Node> Resolver::copy(const Node& node, const Node& place, const std::string& path) {
  copied_nodes_ += count_nodes(node);
  if (copied_nodes_ > kCopiedNodesMax)
    return error_at(place, path, "what the template refers to comes to too many values");
  return node;
}

Result<void> Resolver::check_text(const std::string& text,
                                  const Node& place,
                                  const std::string& path) const {
  if (text.size() <= kTextBytesMax) return {};
  return error_at(place, path, str_cat("this text is longer than ", kTextBytesMax, " bytes"));
}

Result<Node> Resolver::ref(const Node& argument, const std::string& path) {
  if (argument.scalar() == nullptr) return error_at(argument, path, "Ref takes a name");
  return name_value(argument.scalar()->text, argument, path);
}

// A pseudo parameter, a parameter, or a resource's Ref.
Result<Node> Resolver::name_value(std::string_view name,
                                  const Node& place,
                                  const std::string& path) {
  if (name == kNoValue) return no_value();
  if (const auto found = pseudo_parameters_.find(name); found != pseudo_parameters_.end())
    return text_node(found->second, place.line);
  if (const Node* parameters = document_.find("Parameters")) {
    if (const Node* parameter = parameters->find(name)) {
      const Node* value = parameter->find("Default");
      if (value == nullptr)
        return error_at(place, path, str_cat("parameter ", name, " has no Default"));
      return copy(*value, place, path);
    }
  }
  const Node* resources = document_.find("Resources");
  if (resources == nullptr || resources->find(name) == nullptr)
    return error_at(place, path, str_cat("there is no parameter or resource '", name, "'"));
  Result<std::string> value = resource_value_(name, {});
  if (!value) return error_at(place, path, value.error().message);
  return text_node(*std::move(value), place.line);
}

Result<Node> Resolver::get_att(const Node& argument, const std::string& path) {
  std::string resource;
  std::string attribute;
  if (const Scalar* scalar = argument.scalar()) {
    const std::size_t dot = scalar->text.find('.');
    if (dot == std::string::npos)
      return error_at(argument, path, "Fn::GetAtt takes Resource.Attribute");
    resource = scalar->text.substr(0, dot);
    attribute = scalar->text.substr(dot + 1);
  } else {
    TRY(const NodeList* list, arguments(argument, path, 2, 2));
    TRY(resource, resolve_text((*list)[0], path));
    TRY(attribute, resolve_text((*list)[1], path));
  }
  const Node* resources = document_.find("Resources");
  if (resources == nullptr || resources->find(resource) == nullptr)
    return error_at(argument, path, str_cat("there is no resource '", resource, "'"));
  Result<std::string> value = resource_value_(resource, attribute);
  if (!value) return error_at(argument, path, value.error().message);
  return text_node(*std::move(value), argument.line);
}

Result<Node> Resolver::sub(const Node& argument, const std::string& path) {
  if (const Scalar* scalar = argument.scalar()) {
    TRY(std::string text, substitute(scalar->text, {}, argument, path));
    return text_node(std::move(text), argument.line);
  }
  TRY(const NodeList* list, arguments(argument, path, 2, 2));
  if ((*list)[0].scalar() == nullptr || (*list)[1].map() == nullptr)
    return error_at(argument, path, "Fn::Sub takes a text and a map of variables");
  std::map<std::string, std::string> variables;
  for (const auto& [name, node] : *(*list)[1].map()) {
    TRY(variables[name], resolve_text(node, member_path(path, name)));
  }
  TRY(std::string text, substitute((*list)[0].scalar()->text, variables, argument, path));
  return text_node(std::move(text), argument.line);
}

// ${Name}, ${Resource.Attribute}, and ${!Literal} for a literal ${Literal}.
Result<std::string> Resolver::substitute(const std::string& text,
                                         const std::map<std::string, std::string>& variables,
                                         const Node& place,
                                         const std::string& path) {
  std::string result;
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = text.find("${", at);
    const std::size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) break;
    result.append(text, at, open - at);
    const std::string name = text.substr(open + 2, close - open - 2);
    at = close + 1;
    if (name.starts_with('!')) {
      str_append(result, "${", name.substr(1), "}");
    } else if (const auto found = variables.find(name); found != variables.end()) {
      result.append(found->second);
    } else {
      TRY(Node value, name.find('.') == std::string::npos
                          ? name_value(name, place, path)
                          : get_att(text_node(name, place.line), path));
      if (value.scalar() == nullptr)
        return error_at(place, path, str_cat("'", name, "' is not a text"));
      result.append(value.scalar()->text);
    }
    TRY_VOID(check_text(result, place, path));
  }
  return result.append(text, at);
}

Result<Node> Resolver::join(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 2, 2));
  TRY(std::string delimiter, resolve_text((*list)[0], path));
  TRY(Node parts, resolve((*list)[1], path));
  if (parts.list() == nullptr)
    return error_at(argument, path, "Fn::Join takes a delimiter and a list");
  std::string text;
  for (const Node& part : *parts.list()) {
    if (part.scalar() == nullptr) return error_at(argument, path, "Fn::Join joins texts only");
    if (&part != &parts.list()->front()) text.append(delimiter);
    text.append(part.scalar()->text);
    TRY_VOID(check_text(text, argument, path));
  }
  return text_node(std::move(text), argument.line);
}

Result<Node> Resolver::select(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 2, 2));
  TRY(std::string index_text, resolve_text((*list)[0], path));
  TRY(Node choices, resolve((*list)[1], path));
  std::size_t index = 0;
  const char* end = index_text.data() + index_text.size();
  const auto [stop, error] = std::from_chars(index_text.data(), end, index);
  if (error != std::errc() || stop != end || choices.list() == nullptr ||
      index >= choices.list()->size())
    return error_at(argument, path, str_cat("Fn::Select has no element ", index_text));
  return (*choices.list())[index];
}

Result<Node> Resolver::split(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 2, 2));
  TRY(std::string delimiter, resolve_text((*list)[0], path));
  TRY(std::string text, resolve_text((*list)[1], path));
  if (delimiter.empty())
    return error_at(argument, path, "Fn::Split takes a delimiter that is not empty");
  NodeList parts;
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(delimiter, at)) != std::string::npos;
       at = found + delimiter.size())
    parts.push_back(text_node(text.substr(at, found - at), argument.line));
  parts.push_back(text_node(text.substr(at), argument.line));
  return Node{std::move(parts), argument.line};
}

Result<Node> Resolver::find_in_map(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 3, 4));
  const Node* node = document_.find("Mappings");
  std::string place;
  for (std::size_t i = 0; i < 3; ++i) {
    TRY(std::string name, resolve_text((*list)[i], path));
    str_append(place, i == 0 ? "" : ".", name);
    node = node == nullptr ? nullptr : node->find(name);
  }
  if (node != nullptr) return copy(*node, argument, path);
  if (list->size() == 4) {
    if (const Node* otherwise = (*list)[3].find("DefaultValue")) return resolve(*otherwise, path);
  }
  return error_at(argument, path, str_cat("Mappings has no ", place));
}

Result<Node> Resolver::if_condition(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 3, 3));
  if ((*list)[0].scalar() == nullptr)
    return error_at(argument, path, "Fn::If takes the name of a condition");
  TRY(const bool holds, condition((*list)[0].scalar()->text, path));
  return resolve((*list)[holds ? 1 : 2], path);
}

Result<bool> Resolver::condition(std::string_view name, const std::string& path) {
  if (const auto known = known_conditions_.find(name); known != known_conditions_.end())
    return known->second;
  const Node* conditions = document_.find("Conditions");
  const Node* node = conditions == nullptr ? nullptr : conditions->find(name);
  if (node == nullptr)
    return error_at(document_, path, str_cat("there is no condition '", name, "'"));
  if (!running_conditions_.emplace(name).second)
    return error_at(*node, str_cat("Conditions.", name), "this condition depends on itself");
  Result<bool> value = truth(*node, str_cat("Conditions.", name));
  running_conditions_.erase(running_conditions_.find(name));
  if (value) known_conditions_.emplace(name, *value);
  return value;
}

Result<bool> Resolver::truth(const Node& node, const std::string& path) {
  TRY(Node resolved, resolve(node, path));
  const Scalar* scalar = resolved.scalar();
  if (scalar == nullptr || (scalar->text != "true" && scalar->text != "false"))
    return error_at(node, path, "a condition is expected here");
  return scalar->text == "true";
}

Result<Node> Resolver::condition_reference(const Node& argument, const std::string& path) {
  if (argument.scalar() == nullptr) return error_at(argument, path, "Condition takes a name");
  TRY(const bool holds, condition(argument.scalar()->text, path));
  return truth_node(holds);
}

Result<Node> Resolver::equals(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 2, 2));
  TRY(std::string left, resolve_text((*list)[0], path));
  TRY(std::string right, resolve_text((*list)[1], path));
  return truth_node(left == right);
}

Result<Node> Resolver::and_all(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 2, 10));
  for (const Node& element : *list) {
    TRY(const bool holds, truth(element, path));
    if (!holds) return truth_node(false);
  }
  return truth_node(true);
}

Result<Node> Resolver::or_any(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 2, 10));
  for (const Node& element : *list) {
    TRY(const bool holds, truth(element, path));
    if (holds) return truth_node(true);
  }
  return truth_node(false);
}

Result<Node> Resolver::not_one(const Node& argument, const std::string& path) {
  TRY(const NodeList* list, arguments(argument, path, 1, 1));
  TRY(const bool holds, truth((*list)[0], path));
  return truth_node(!holds);
}

}  // namespace tailrace::templates
