// The forms in which Lambda's API takes a function: name, name:qualifier,
// <account>:function:name[:qualifier], function:name[:qualifier], or an ARN.
// (behaviour/triggers 2.8)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/schema/table_schema.h"

namespace tailrace::lambda {

struct FunctionName {
  Owner owner;  // The caller, unless the text names another account or region.
  std::string name;
  std::string qualifier;  // Empty: unqualified.
};

inline constexpr std::size_t kFunctionNameLengthMax = 64;

// nullopt: none of the forms. The length of the name is not limited here.
std::optional<FunctionName> parse_function_name(std::string_view text, const Owner& caller);

}  // namespace tailrace::lambda
