// The functions of expressions. (behaviour/dynamodb 3.2, 3.5)
#pragma once

#include <cstdint>
#include <string_view>

#include "server/expression/tree.h"

namespace tailrace::expression {

enum class FunctionUse : std::uint8_t {
  kCondition,  // Is a condition.
  kOperand,    // Is an operand of a condition.
  kUpdate,     // Is a value in SET.
};
struct Function {
  std::string_view name;
  NodeKind kind;
  FunctionUse use;
  int operands;
};

// Names are case sensitive. nullptr: no such function.
const Function* find_function(std::string_view name);
const Function* find_function(NodeKind kind);

}  // namespace tailrace::expression
