#include "server/ops/expression_parameters.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "server/api/decode_value.h"
#include "storage/base/str_cat.h"

namespace tailrace::ops {
namespace {

using expression::Condition;
using expression::ExpressionKind;
using expression::Placeholders;
using expression::Projection;

constexpr std::string_view kNames = "ExpressionAttributeNames";
constexpr std::string_view kValues = "ExpressionAttributeValues";
constexpr std::size_t kPlaceholderBytesMax = 255;
constexpr std::size_t kPlaceholdersBytesMax = 2 * 1024 * 1024;

bool any_present(const json::Value& body, std::span<const std::string_view> members) {
  return std::any_of(members.begin(), members.end(),
                     [&](std::string_view member) { return json::find(body, member) != nullptr; });
}

std::vector<std::string_view> present(const json::Value& body,
                                      std::span<const std::string_view> members) {
  std::vector<std::string_view> found;
  for (const std::string_view member : members)
    if (json::find(body, member) != nullptr) found.push_back(member);
  return found;
}

std::string join(std::span<const std::string_view> parts, std::string_view separator) {
  std::string text;
  for (const std::string_view part : parts) str_append(text, text.empty() ? "" : separator, part);
  return text;
}

bool is_placeholder(std::string_view key, char sign) {
  return key.size() >= 2 && key.front() == sign &&
         std::all_of(key.begin() + 1, key.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_';
         });
}

Result<void> check_keys(const json::Value& object, std::string_view member, char sign) {
  if (object.ObjectEmpty()) return validation_error(str_cat(member, " must not be empty"));
  for (const auto& entry : object.GetObject()) {
    const std::string_view key = json::view(entry.name);
    if (!is_placeholder(key, sign))
      return validation_error(
          str_cat(member, " contains invalid key: Syntax error; key: \"", key, "\""));
    if (key.size() > kPlaceholderBytesMax)
      return validation_error(
          str_cat(member,
                  " contains invalid key: The expression attribute map contains a key that is too "
                  "long; key: \"",
                  key, "\""));
  }
  return {};
}

// Nesting and NULL false come without the wrapping. (spec dynamodb 2.3)
ApiError wrap_value_error(ApiError error, std::string_view key) {
  if (error.message.starts_with("Nesting Levels") ||
      error.message.find("Null attribute value types") != std::string::npos)
    return error;
  error.message = str_cat("ExpressionAttributeValues contains invalid value: ", error.message,
                          " for key ", key);
  return error;
}

using Names = std::map<std::string, std::string, std::less<>>;

Result<Names> decode_names(const json::Value& body) {
  Names names;
  const json::Value* object = json::find(body, kNames);
  if (object == nullptr) return names;
  TRY_VOID(check_keys(*object, kNames, '#'));
  for (const auto& entry : object->GetObject()) {
    const std::string_view name = json::view(entry.value);
    if (name.empty())
      return validation_error(
          str_cat("ExpressionAttributeNames contains invalid value: Empty attribute name; key: ",
                  json::view(entry.name)));
    names.insert_or_assign(std::string(json::view(entry.name)), std::string(name));
  }
  return names;
}

Result<AttributeMap> decode_values(const json::Value& body) {
  AttributeMap values;
  const json::Value* object = json::find(body, kValues);
  if (object == nullptr) return values;
  TRY_VOID(check_keys(*object, kValues, ':'));
  for (const auto& entry : object->GetObject()) {
    auto value = api::decode_value(entry.value);
    if (!value) return wrap_value_error(std::move(value).error(), json::view(entry.name));
    values.set(json::view(entry.name), *std::move(value));
  }
  return values;
}

Result<void> check_placeholders_size(const Names& names, const AttributeMap& values) {
  std::size_t bytes = item_size(values);
  for (const auto& [key, name] : names) bytes += key.size() + name.size();
  if (bytes <= kPlaceholdersBytesMax) return {};
  return validation_error(
      "The combined size of ExpressionAttributeNames and ExpressionAttributeValues has exceeded "
      "the maximum allowed size of 2097152 bytes");
}

}  // namespace

Result<void> check_mixture(std::span<const std::string_view> legacy,
                           std::span<const std::string_view> expressions) {
  if (legacy.empty() || expressions.empty()) return {};
  return validation_error(
      str_cat("Can not use both expression and non-expression parameters in the same request: "
              "Non-expression parameters: {",
              join(legacy, ", "), "} Expression parameters: {", join(expressions, ", "), "}"));
}

Result<void> check_parameters(const json::Value& body, const ParameterRules& rules) {
  if (any_present(body, rules.legacy) && any_present(body, rules.expressions))
    TRY_VOID(check_mixture(present(body, rules.legacy), present(body, rules.expressions)));
  if (json::find(body, kNames) != nullptr && !any_present(body, rules.expressions))
    return validation_error(
        "ExpressionAttributeNames can only be specified when using expressions");
  if (!rules.value_users.empty() && json::find(body, kValues) != nullptr &&
      !any_present(body, rules.value_users))
    return validation_error(str_cat(
        "ExpressionAttributeValues can only be specified when using expressions: ",
        join(rules.value_users, " and "), rules.value_users.size() > 1 ? " are null" : " is null"));
  return {};
}

Result<Placeholders> decode_placeholders(const json::Value& body) {
  TRY(Names names, decode_names(body));
  TRY(AttributeMap values, decode_values(body));
  if (names.empty() && values.empty()) return Placeholders();
  TRY_VOID(check_placeholders_size(names, values));
  return Placeholders(std::move(names), std::move(values));
}

Result<std::optional<Condition>> decode_condition(const json::Value& body,
                                                  std::string_view member,
                                                  ExpressionKind kind,
                                                  Placeholders& placeholders) {
  const json::Value* text = json::find(body, member);
  if (text == nullptr) return std::optional<Condition>();
  TRY(Condition condition, Condition::parse(json::view(*text), kind, placeholders));
  return std::optional<Condition>(std::move(condition));
}

Result<std::optional<Projection>> decode_projection(const json::Value& body,
                                                    Placeholders& placeholders) {
  const json::Value* text = json::find(body, "ProjectionExpression");
  if (text == nullptr) return std::optional<Projection>();
  TRY(Projection projection, Projection::parse(json::view(*text), placeholders));
  return std::optional<Projection>(std::move(projection));
}

}  // namespace tailrace::ops
