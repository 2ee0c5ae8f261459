// Template: a CloudFormation or SAM template, or CDK's synthesized output, read as the tables,
// functions and mappings that Tailrace can build. Other resources only lend their names (Ref,
// Fn::GetAtt).
//
// Names that CloudFormation would make up: a table is <stack>-<LogicalId>; a function has its
// construct's id (CDK) or its logical id, so that --function NAME=TARGET can name it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/templates/document.h"
#include "server/templates/intrinsics.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::templates {

struct PlannedTable {
  std::string logical_id;
  std::string name;
  std::string create_table;                  // CreateTable's input, JSON.
  std::optional<std::string> ttl_attribute;  // Enabled on it.
};

struct PlannedFunction {
  std::string logical_id;
  std::string name;
  std::string create_function;  // CreateFunction's input, JSON, without Code.
  std::optional<std::int64_t> reserved_concurrency;
};

struct PlannedMapping {
  std::string logical_id;
  std::string create_mapping;  // CreateEventSourceMapping's input, JSON.
  std::string stream_arn;
  std::string function_name;
};

class Template {
 public:
  // `document` must outlive the template.
  Template(const Node& document, std::string file, Owner owner, std::string stack_name);

  // Errors, as all below: ValidationException `<file>:<line>: <path>: <what>`.
  Result<std::vector<PlannedTable>> tables();
  // Streams of the tables once they exist, for Fn::GetAtt …StreamArn.
  void set_stream_arn(std::string logical_id, std::string arn) {
    stream_arns_[std::move(logical_id)] = std::move(arn);
  }
  Result<std::vector<PlannedFunction>> functions();
  Result<std::vector<PlannedMapping>> mappings();

 private:
  struct Resource {
    std::string logical_id;
    std::string type;
    const Node* node;
    const Node* properties;  // nullptr: none.
    std::string path;        // Resources.<id>.Properties
  };

  Result<std::vector<Resource>> resources(const std::set<std::string_view>& types);
  Result<std::string> resource_value(std::string_view logical_id, std::string_view attribute);
  Result<std::string> physical_name(std::string_view logical_id,
                                    const Node& node,
                                    std::string_view type);
  Result<std::string> name_once(std::string_view logical_id,
                                const Node& node,
                                std::string_view property);
  Result<Node> properties_of(const Resource& resource);
  Result<PlannedTable> plan_table(const Resource& resource);
  Result<PlannedFunction> plan_function(const Resource& resource);
  Result<PlannedMapping> plan_mapping(const Resource& resource,
                                      std::string logical_id,
                                      Node properties);
  Result<std::vector<PlannedMapping>> plan_sam_events(const Resource& resource);

  const Node& document_;
  Owner owner_;
  std::string stack_name_;
  Resolver resolver_;
  std::map<std::string, std::string, std::less<>> stream_arns_;
  std::set<std::string, std::less<>>
      naming_;  // Resources whose name is being found, to notice cycles.
};

}  // namespace tailrace::templates
