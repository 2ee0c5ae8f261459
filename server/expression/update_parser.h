// Text of an update to its actions, names and values not yet replaced. (behaviour/dynamodb 3.5)
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "server/expression/tree.h"
#include "server/expression/update.h"
#include "storage/base/result.h"

namespace tailrace::expression {

struct ParsedUpdate {
  std::vector<Action> actions;
  std::vector<std::uint32_t> targets;  // One per action: position in tree.paths.
  Tree tree;  // Values; its paths are those of targets and operands, in the order written.
};

// Errors: size, syntax, and what needs neither names nor values.
Result<ParsedUpdate> parse_update(std::string_view text);

}  // namespace tailrace::expression
