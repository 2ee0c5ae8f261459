#include "server/expression/functions.h"

namespace tailrace::expression {
namespace {

constexpr Function kFunctions[] = {
    {"attribute_exists", NodeKind::kAttributeExists, FunctionUse::kCondition, 1},
    {"attribute_not_exists", NodeKind::kAttributeNotExists, FunctionUse::kCondition, 1},
    {"attribute_type", NodeKind::kAttributeType, FunctionUse::kCondition, 2},
    {"begins_with", NodeKind::kBeginsWith, FunctionUse::kCondition, 2},
    {"contains", NodeKind::kContains, FunctionUse::kCondition, 2},
    {"size", NodeKind::kSize, FunctionUse::kOperand, 1},
    {"if_not_exists", NodeKind::kIfNotExists, FunctionUse::kUpdate, 2},
    {"list_append", NodeKind::kListAppend, FunctionUse::kUpdate, 2},
};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

const Function* find_function(NodeKind kind) {
  for (const Function& function : kFunctions) {
    if (function.kind == kind) return &function;
  }
  return nullptr;
}

}  // namespace tailrace::expression
