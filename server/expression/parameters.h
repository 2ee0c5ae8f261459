// Which parameters of a request go together, and the form of placeholders: what is checked before
// any expression is parsed. (behaviour/dynamodb 2.8)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/expression/expression_kind.h"
#include "storage/base/api_error.h"
#include "storage/base/result.h"

namespace tailrace::expression {

// A member of the request. Lists of them are in AWS's order.
struct Parameter {
  std::string_view name;
  bool present = false;
};

// Step 1: `Can not use both expression and non-expression parameters in the same request: …`
Result<void> check_parameter_mix(std::span<const Parameter> non_expression,
                                 std::span<const Parameter> expression);

// Steps 2 and 3: names without any expression, values without one that could use them.
//   names, values: ExpressionAttributeNames or -Values are present.
//   expressions: all of the operation; users_of_values: those that can use values, in AWS's order.
struct PlaceholderUse {
  bool names = false;
  bool values = false;
  std::span<const Parameter> expressions;
  std::span<const Parameter> users_of_values;
  bool tells_users = true;  // `…: <E> is null`. (behaviour/validation 7)
};
Result<void> check_placeholder_use(const PlaceholderUse& use);

// Steps 4 and 5, for one of the two maps that is present: it is not empty and its keys are well
// formed.
enum class PlaceholderKind : std::uint8_t { kNames, kValues };
Result<void> check_references(PlaceholderKind kind, std::span<const std::string_view> keys);
// An entry of ExpressionAttributeNames: the name is not empty, not over 65,535 bytes.
Result<void> check_attribute_name(std::string_view reference, std::string_view name);

inline constexpr std::size_t kExpressionBytesMax = 4096;
// Empty, or over 4096 bytes: refused before any parsing. Few expressions still tell how long they
// are. (behaviour/validation 7)
enum class ToldSize : std::uint8_t { kNone, kWithSize };
Result<void> check_expression_size(ExpressionKind kind,
                                   std::string_view text,
                                   ToldSize told = ToldSize::kNone);

}  // namespace tailrace::expression
