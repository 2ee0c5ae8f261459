// From the properties of a table resource to CreateTable's input.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/templates/document.h"

namespace tailrace::templates {

struct TableInput {
  Node create_table;  // A map; its TableName is the caller's to add.
  std::optional<std::string> ttl_attribute;
};

// `properties` have no intrinsic functions left. `region` picks the replica of a global table.
TableInput table_input(std::string_view type, const Node& properties, std::string_view region);

// CloudFormation takes numbers and booleans as texts too ("5", "true"); the API does not.
void unquote_typed_members(Node& node);

}  // namespace tailrace::templates
