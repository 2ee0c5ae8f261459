#include "server/expression/parameters.h"

#include <algorithm>

#include "server/expression/lexer.h"
#include "server/expression/token_stream.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

constexpr std::size_t kReferenceBytesMax = 255;  // With its sign.
constexpr std::size_t kAttributeNameBytesMax = 65535;

bool is_present(const Parameter& parameter) {
  return parameter.present;
}
bool none_present(std::span<const Parameter> parameters) {
  return std::none_of(parameters.begin(), parameters.end(), is_present);
}

std::string present_names(std::span<const Parameter> parameters) {
  std::string names;
  for (const Parameter& parameter : parameters) {
    if (parameter.present) str_append(names, names.empty() ? "" : ", ", parameter.name);
  }
  return names;
}

std::string_view map_name(PlaceholderKind kind) {
  return kind == PlaceholderKind::kNames ? "ExpressionAttributeNames" : "ExpressionAttributeValues";
}

bool is_reference(char sign, std::string_view key) {
  return key.size() >= 2 && key.front() == sign &&
         std::all_of(key.begin() + 1, key.end(), is_name_character);
}

}  // namespace

Result<void> check_parameter_mix(std::span<const Parameter> non_expression,
                                 std::span<const Parameter> expression) {
  if (none_present(non_expression) || none_present(expression)) return {};
  return validation_error(str_cat(
      "Can not use both expression and non-expression parameters in the same request: "
      "Non-expression parameters: {",
      present_names(non_expression), "} Expression parameters: {", present_names(expression), "}"));
}

Result<void> check_placeholder_use(const PlaceholderUse& use) {
  if (use.names && none_present(use.expressions)) {
    return validation_error(
        "ExpressionAttributeNames can only be specified when using expressions");
  }
  if (use.values && none_present(use.users_of_values)) {
    constexpr std::string_view kText =
        "ExpressionAttributeValues can only be specified when using expressions";
    if (!use.tells_users) return validation_error(std::string(kText));
    std::string users;
    for (const Parameter& user : use.users_of_values)
      str_append(users, users.empty() ? "" : " and ", user.name);
    return validation_error(
        str_cat(kText, ": ", users, use.users_of_values.size() == 1 ? " is null" : " are null"));
  }
  return {};
}

Result<void> check_references(PlaceholderKind kind, std::span<const std::string_view> keys) {
  if (keys.empty()) return validation_error(str_cat(map_name(kind), " must not be empty"));
  const char sign = kind == PlaceholderKind::kNames ? '#' : ':';
  for (const std::string_view key : keys) {
    if (!is_reference(sign, key)) {
      return validation_error(
          str_cat(map_name(kind), " contains invalid key: Syntax error; key: \"", key, "\""));
    }
    if (key.size() > kReferenceBytesMax) {
      return validation_error(
          str_cat(map_name(kind),
                  " contains invalid key: The expression attribute map contains a key that is too "
                  "long; key: \"",
                  key, "\""));
    }
  }
  return {};
}

Result<void> check_attribute_name(std::string_view reference, std::string_view name) {
  if (name.empty()) {
    return validation_error(
        str_cat("ExpressionAttributeNames contains invalid value: Empty attribute name for key ",
                reference));
  }
  if (name.size() > kAttributeNameBytesMax) {
    return validation_error("Attribute name is too large, must be less than 65536 bytes");
  }
  return {};
}

Result<void> check_expression_size(ExpressionKind kind, std::string_view text, ToldSize told) {
  if (text.empty()) return expression_error(kind, "The expression can not be empty;");
  if (text.size() > kExpressionBytesMax) {
    std::string message = "Expression size has exceeded the maximum allowed size;";
    if (told == ToldSize::kWithSize) str_append(message, " expression size: ", text.size());
    return expression_error(kind, message);
  }
  return {};
}

}  // namespace tailrace::expression
