#include "server/partiql/literals.h"

#include <algorithm>
#include <optional>

#include "storage/base/base64.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

constexpr int kNestingLevelsMax = 32;

template <class... Parts>
ApiError invalid(const Parts&... parts) {
  return validation_error(str_cat("One or more parameter values were invalid: ", parts...));
}

// The texts of sets in items. (behaviour/dynamodb 2.3)
ApiError duplicates(const std::vector<AttributeValue>& elements) {
  if (elements.front().type() == AttributeType::kN)
    return validation_error("Input collection contains duplicates");
  std::string all;
  for (const AttributeValue& element : elements) {
    const auto* text = element.as<std::string>();
    str_append(all, all.empty() ? "" : ", ",
               text != nullptr ? *text : to_base64(element.as<Binary>()->bytes));
  }
  const bool binary = elements.front().type() == AttributeType::kB;
  return invalid("Input collection [", all, "]", binary ? "of type BS" : "",
                 " contains duplicates.");
}

// Takes the elements, all of one type, into a set. nullopt: one is there twice.
template <class Set, class Take>
std::optional<AttributeValue> set_of(const std::vector<AttributeValue>& elements, Take take) {
  Set set;
  for (const AttributeValue& element : elements) set.values.push_back(take(element));
  std::sort(set.values.begin(), set.values.end());
  if (std::adjacent_find(set.values.begin(), set.values.end()) != set.values.end())
    return std::nullopt;
  return AttributeValue{std::move(set)};
}

std::optional<AttributeValue> set_of(const std::vector<AttributeValue>& elements) {
  switch (elements.front().type()) {
    case AttributeType::kS:
      return set_of<StringSet>(
          elements, [](const AttributeValue& value) { return *value.as<std::string>(); });
    case AttributeType::kN:
      return set_of<NumberSet>(elements,
                               [](const AttributeValue& value) { return *value.as<Number>(); });
    default:
      return set_of<BinarySet>(
          elements, [](const AttributeValue& value) { return value.as<Binary>()->bytes; });
  }
}

Result<void> check_nesting(const AttributeValue& value) {
  if (nesting_depth(value) <= kNestingLevelsMax) return {};
  return validation_error(
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
      "beyond supported limit");
}

bool is_set_element(AttributeType type) {
  return type == AttributeType::kS || type == AttributeType::kN || type == AttributeType::kB;
}

}  // namespace

bool Literals::is_value(const SyntaxNode& node) const {
  return node.kind == SyntaxKind::kLiteral || node.kind == SyntaxKind::kParameter ||
         node.kind == SyntaxKind::kList || node.kind == SyntaxKind::kBag ||
         node.kind == SyntaxKind::kMap;
}

Result<std::optional<AttributeValue>> Literals::value(const SyntaxNode& node) const {
  TRY(Optional value, unchecked(node));
  if (value) TRY_VOID(check_nesting(*value));
  return value;
}

Result<std::optional<AttributeMap>> Literals::item(const SyntaxNode& node) const {
  TRY(Optional value, unchecked(node));
  auto* attributes = value ? value->as<AttributeMap>() : nullptr;
  if (attributes == nullptr) return std::optional<AttributeMap>();
  for (const auto& [name, attribute] : *attributes) TRY_VOID(check_nesting(attribute));
  return std::optional<AttributeMap>(std::move(*attributes));
}

Result<std::optional<AttributeValue>> Literals::unchecked(const SyntaxNode& node) const {
  switch (node.kind) {
    case SyntaxKind::kLiteral:
      return Optional(node.value);
    case SyntaxKind::kParameter:
      return Optional(parameters_[node.position]);
    case SyntaxKind::kList:
      return list(node);
    case SyntaxKind::kBag:
      return set(node);
    case SyntaxKind::kMap:
      return map(node);
    default:
      return Optional();
  }
}

Result<std::optional<AttributeValue>> Literals::list(const SyntaxNode& node) const {
  List list;
  for (NodeIndex child = node.first; child != kNoNode; child = statement_.nodes[child].next) {
    TRY(Optional element, unchecked(statement_.nodes[child]));
    if (!element) return Optional();
    list.values.push_back(*std::move(element));
  }
  return Optional(AttributeValue{std::move(list)});
}

Result<std::optional<AttributeValue>> Literals::map(const SyntaxNode& node) const {
  std::vector<AttributeMap::Entry> entries;
  for (NodeIndex child = node.first; child != kNoNode;) {
    const SyntaxNode& key_node = statement_.nodes[child];
    const SyntaxNode& value_node = statement_.nodes[key_node.next];
    TRY(Optional key, unchecked(key_node));
    TRY(Optional value, unchecked(value_node));
    if (!key || !value) return Optional();
    auto* name = key->as<std::string>();
    if (name == nullptr) return validation_error("The keys of a map must be strings");
    entries.emplace_back(std::move(*name), *std::move(value));
    child = value_node.next;
  }
  return Optional(AttributeValue{AttributeMap::from_entries(std::move(entries))});
}

Result<std::optional<AttributeValue>> Literals::set(const SyntaxNode& node) const {
  TRY(Optional all, list(node));
  if (!all) return Optional();
  const std::vector<AttributeValue>& elements = all->as<List>()->values;
  if (elements.empty()) return invalid("An string set  may not be empty");
  const AttributeType type = elements.front().type();
  for (const AttributeValue& element : elements)
    if (element.type() != type || !is_set_element(type))
      return invalid("The elements of a set must be of one type: strings, numbers or binaries");
  Optional set = set_of(elements);
  if (!set) return duplicates(elements);
  return set;
}

}  // namespace tailrace::partiql
