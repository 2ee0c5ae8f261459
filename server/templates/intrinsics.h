// Resolver: CloudFormation's intrinsic functions, parameters, mappings and conditions of one
// template, as far as the resources that Tailrace builds need them. What cannot be resolved is
// named with its place in the file.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/templates/document.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::templates {

// Value of Ref (attribute empty) or Fn::GetAtt of a resource. Errors say why it is not known.
using ResourceValue =
    std::function<Result<std::string>(std::string_view logical_id, std::string_view attribute)>;

class Resolver {
 public:
  // `document` must outlive the resolver.
  Resolver(const Node& document, std::string file, const Owner& owner, std::string stack_name);

  void resources_by(ResourceValue value) { resource_value_ = std::move(value); }

  // The tree without intrinsic functions; members whose value is AWS::NoValue are gone. `path` is
  // where the node stands
  // ("Resources.Orders.Properties") and begins the messages' place.
  Result<Node> resolve(const Node& node, const std::string& path);
  Result<std::string> resolve_text(const Node& node, const std::string& path);
  // Of Conditions; a name that is not there is an error.
  Result<bool> condition(std::string_view name, const std::string& path);

  // <file>:<line>: <path>: <what>
  ApiError error_at(const Node& node, std::string_view path, std::string_view what) const;

 private:
  using Function = Result<Node> (Resolver::*)(const Node& argument, const std::string& path);
  static const std::map<std::string_view, Function>& functions();

  Result<Node> copy(const Node& node, const Node& place, const std::string& path);
  Result<void> check_text(const std::string& text,
                          const Node& place,
                          const std::string& path) const;
  Result<Node> ref(const Node& argument, const std::string& path);
  Result<Node> get_att(const Node& argument, const std::string& path);
  Result<Node> sub(const Node& argument, const std::string& path);
  Result<Node> join(const Node& argument, const std::string& path);
  Result<Node> select(const Node& argument, const std::string& path);
  Result<Node> split(const Node& argument, const std::string& path);
  Result<Node> find_in_map(const Node& argument, const std::string& path);
  Result<Node> if_condition(const Node& argument, const std::string& path);
  Result<Node> equals(const Node& argument, const std::string& path);
  Result<Node> and_all(const Node& argument, const std::string& path);
  Result<Node> or_any(const Node& argument, const std::string& path);
  Result<Node> not_one(const Node& argument, const std::string& path);
  Result<Node> condition_reference(const Node& argument, const std::string& path);

  Result<Node> name_value(std::string_view name, const Node& place, const std::string& path);
  Result<std::string> substitute(const std::string& text,
                                 const std::map<std::string, std::string>& variables,
                                 const Node& place,
                                 const std::string& path);
  Result<bool> truth(const Node& node, const std::string& path);
  Result<const NodeList*> arguments(const Node& node,
                                    const std::string& path,
                                    std::size_t least,
                                    std::size_t most);

  const Node& document_;
  std::string file_;
  std::map<std::string, std::string, std::less<>> pseudo_parameters_;
  ResourceValue resource_value_;
  std::map<std::string, bool, std::less<>> known_conditions_;
  std::set<std::string, std::less<>> running_conditions_;  // To find cycles.
  std::size_t copied_nodes_ = 0;
};

}  // namespace tailrace::templates
