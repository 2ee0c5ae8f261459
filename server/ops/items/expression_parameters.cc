#include "server/ops/items/expression_parameters.h"

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tailrace::ops {
namespace {

using expression::Condition;
using expression::ExpressionKind;
using expression::Parameter;
using expression::PlaceholderKind;
using expression::Placeholders;
using expression::Projection;

constexpr std::string_view kNames = "ExpressionAttributeNames";
constexpr std::string_view kValues = "ExpressionAttributeValues";
constexpr std::size_t kParametersMax = 8;

// The members of one of the lists of ParameterRules, with what the request has of them.
class Presence {
 public:
  Presence(const json::Value& body, std::span<const std::string_view> members)
      : size_(members.size()) {
    CHECK(size_ <= kParametersMax);
    for (std::size_t i = 0; i < size_; ++i)
      parameters_[i] = {.name = members[i], .present = json::find(body, members[i]) != nullptr};
  }
  std::span<const Parameter> all() const { return {parameters_.data(), size_}; }

 private:
  std::array<Parameter, kParametersMax> parameters_;
  std::size_t size_;
};

// An empty map is counted among the validation errors, a bad key is not.
Result<void> check_keys(const json::Value& object,
                        PlaceholderKind kind,
                        const api::Reading& reading) {
  std::vector<std::string_view> keys;
  for (const auto& entry : object.GetObject()) keys.push_back(json::view(entry.name));
  auto checked = expression::check_references(kind, keys);
  return keys.empty() ? api::counted(reading, std::move(checked)) : checked;
}

using Names = std::map<std::string, std::string, std::less<>>;

Result<Names> decode_names(const json::Value& body, const api::Reading& reading) {
  Names names;
  const json::Value* object = json::find(body, kNames);
  if (object == nullptr) return names;
  TRY_VOID(check_keys(*object, PlaceholderKind::kNames, reading));
  for (const auto& entry : object->GetObject()) {
    const std::string_view reference = json::view(entry.name), name = json::view(entry.value);
    TRY_VOID(api::counted(reading, expression::check_attribute_name(reference, name)));
    names.insert_or_assign(std::string(reference), std::string(name));
  }
  return names;
}

Result<void> check_value_keys(const json::Value& body, const api::Reading& reading) {
  const json::Value* object = json::find(body, kValues);
  if (object == nullptr) return {};
  return check_keys(*object, PlaceholderKind::kValues, reading);
}

Result<Placeholders> placeholders_of(Names names, AttributeMap values) {
  if (names.empty() && values.empty()) return Placeholders();
  Placeholders placeholders(std::move(names), std::move(values));
  TRY_VOID(placeholders.check_size());
  return placeholders;
}

}  // namespace

Result<void> check_mixture(const json::Value& body, const ParameterRules& rules) {
  return expression::check_parameter_mix(Presence(body, rules.legacy).all(),
                                         Presence(body, rules.expressions).all());
}

Result<void> check_placeholder_use(const json::Value& body,
                                   const ParameterRules& rules,
                                   const api::Reading& reading) {
  const bool names = json::find(body, kNames) != nullptr;
  const bool values = !rules.value_users.empty() && json::find(body, kValues) != nullptr;
  if (!names && !values) return {};
  const Presence expressions(body, rules.expressions);
  const Presence value_users(body, rules.value_users);
  return expression::check_placeholder_use({.names = names,
                                            .values = values,
                                            .expressions = expressions.all(),
                                            .users_of_values = value_users.all(),
                                            .tells_users = !reading.counts_all});
}

Result<AttributeMap> decode_values(const json::Value& body,
                                   const api::Reading& reading,
                                   api::Nesting nesting) {
  const json::Value* object = json::find(body, kValues);
  if (object == nullptr) return AttributeMap();
  return api::decode_expression_values(*object, reading, nesting);
}

Result<Placeholders> decode_placeholders(const json::Value& body,
                                         AttributeMap values,
                                         const api::Reading& reading) {
  TRY(Names names, decode_names(body, reading));
  TRY_VOID(check_value_keys(body, reading));
  return placeholders_of(std::move(names), std::move(values));
}

Result<Placeholders> decode_placeholders(const json::Value& body,
                                         const api::Reading& reading,
                                         api::Nesting nesting) {
  TRY(Names names, decode_names(body, reading));
  TRY_VOID(check_value_keys(body, reading));
  TRY(AttributeMap values, decode_values(body, reading, nesting));
  return placeholders_of(std::move(names), std::move(values));
}

Result<Placeholders> decode_name_placeholders(const json::Value& body) {
  TRY(Names names, decode_names(body, api::Reading()));
  return placeholders_of(std::move(names), {});
}

Result<std::optional<Condition>> decode_condition(const json::Value& body,
                                                  std::string_view member,
                                                  ExpressionKind kind,
                                                  Placeholders& placeholders,
                                                  expression::ToldSize told) {
  const json::Value* text = json::find(body, member);
  if (text == nullptr) return std::optional<Condition>();
  TRY_VOID(expression::check_expression_size(kind, json::view(*text), told));
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
