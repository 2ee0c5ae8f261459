#include "server/partiql/literals.h"

#include <algorithm>
#include <optional>

#include "server/partiql/lexer.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

constexpr int kNestingLevelsMax = 32;

template <class... Parts>
ApiError invalid(const Parts&... parts) {
  return validation_error(str_cat("One or more parameter values were invalid: ", parts...));
}

ApiError duplicates(const std::vector<AttributeValue>& elements, std::string_view place) {
  std::string all;
  for (const AttributeValue& element : elements) {
    const auto* text = element.as<std::string>();
    str_append(all, all.empty() ? "" : ", ",
               text != nullptr ? *text : element.as<Number>()->text());
  }
  return invalid("Input collection [", all, "] contains duplicates! under ", place);
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
  if (elements.front().type() == AttributeType::kN) {
    return set_of<NumberSet>(elements,
                             [](const AttributeValue& value) { return *value.as<Number>(); });
  }
  return set_of<StringSet>(
      elements, [](const AttributeValue& value) { return *value.as<std::string>(); });
}

Result<void> check_nesting(const AttributeValue& value, std::string_view place) {
  if (nesting_depth(value) <= kNestingLevelsMax) return {};
  return validation_error(str_cat("Nesting Levels have exceeded supported limits under ", place));
}

}  // namespace

// root.x[1]
std::string Literals::place_text(const Place& place) {
  if (place.parent == nullptr) return "root";
  if (place.index) return str_cat(place_text(*place.parent), "[", *place.index, "]");
  return str_cat(place_text(*place.parent), ".", place.key);
}

std::string Literals::text_place(const SyntaxNode& node) const {
  return partiql::place_text(text_, node.begin, node.end);
}

bool Literals::is_value(const SyntaxNode& node) const {
  return node.kind == SyntaxKind::kLiteral || node.kind == SyntaxKind::kParameter ||
         node.kind == SyntaxKind::kList || node.kind == SyntaxKind::kBag ||
         node.kind == SyntaxKind::kMap;
}

Result<std::optional<AttributeValue>> Literals::value(const SyntaxNode& node) const {
  const Place root;
  TRY(Optional value, unchecked(node, root));
  if (value) TRY_VOID(check_nesting(*value, place_text(root)));
  return value;
}

Result<std::optional<AttributeMap>> Literals::item(const SyntaxNode& node) const {
  const Place root;
  TRY(Optional value, unchecked(node, root));
  auto* attributes = value ? value->as<AttributeMap>() : nullptr;
  if (attributes == nullptr) return std::optional<AttributeMap>();
  for (const auto& [name, attribute] : *attributes)
    TRY_VOID(check_nesting(attribute, place_text({.parent = &root, .key = name})));
  return std::optional<AttributeMap>(std::move(*attributes));
}

Result<std::optional<AttributeValue>> Literals::unchecked(const SyntaxNode& node,
                                                          const Place& place) const {
  switch (node.kind) {
    case SyntaxKind::kLiteral:
      if (!node.text.empty())
        return validation_error(str_cat(node.text, " under ", place_text(place)));
      return Optional(node.value);
    case SyntaxKind::kParameter:
      return Optional(parameters_[node.position]);
    case SyntaxKind::kIon:
      return validation_error(str_cat("Ion Literals are not supported: ", node.text, " under key ",
                                      place_text(place), " at ", text_place(node)));
    case SyntaxKind::kList:
      return list(node, place);
    case SyntaxKind::kBag:
      return set(node, place);
    case SyntaxKind::kMap:
      return map(node, place);
    default:
      return Optional();
  }
}

Result<std::optional<AttributeValue>> Literals::list(const SyntaxNode& node,
                                                     const Place& place) const {
  List list;
  for (NodeIndex child = node.first; child != kNoNode; child = statement_.nodes[child].next) {
    TRY(Optional element, unchecked(statement_.nodes[child],
                                    {.parent = &place, .key = {}, .index = list.values.size()}));
    if (!element) return Optional();
    list.values.push_back(*std::move(element));
  }
  return Optional(AttributeValue{std::move(list)});
}

Result<std::optional<AttributeValue>> Literals::map(const SyntaxNode& node,
                                                    const Place& place) const {
  std::vector<AttributeMap::Entry> entries;
  for (NodeIndex child = node.first; child != kNoNode;) {
    const SyntaxNode& key_node = statement_.nodes[child];
    const SyntaxNode& value_node = statement_.nodes[key_node.next];
    TRY(Optional key, unchecked(key_node, place));
    auto* name = key ? key->as<std::string>() : nullptr;
    if (key && name == nullptr) return validation_error("The keys of a map must be strings");
    if (name != nullptr && name->empty())
      return validation_error("Path component cannot be an empty string");
    TRY(Optional value, unchecked(value_node, {.parent = &place,
                                               .key = name != nullptr ? *name : std::string_view(),
                                               .index = {}}));
    if (!key || !value) return Optional();
    entries.emplace_back(std::move(*name), *std::move(value));
    child = value_node.next;
  }
  return Optional(AttributeValue{AttributeMap::from_entries(std::move(entries))});
}

Result<std::optional<AttributeValue>> Literals::set(const SyntaxNode& node,
                                                    const Place& place) const {
  TRY(Optional all, list(node, place));
  if (!all) return Optional();
  const std::vector<AttributeValue>& elements = all->as<List>()->values;
  if (elements.empty()) return validation_error("Empty bags are not supported");
  TRY_VOID(check_elements(node, elements));
  Optional set = set_of(elements);
  if (!set) return duplicates(elements, place_text(place));
  return set;
}

Result<void> Literals::check_elements(const SyntaxNode& set,
                                      const std::vector<AttributeValue>& elements) const {
  const bool numbers = elements.front().type() == AttributeType::kN;
  const AttributeType wanted = numbers ? AttributeType::kN : AttributeType::kS;
  NodeIndex child = set.first;
  for (const AttributeValue& element : elements) {
    const SyntaxNode& odd = statement_.nodes[child];
    child = odd.next;
    if (element.type() == wanted) continue;
    // The service tells where only if the set does not begin with a number.
    return validation_error(
        str_cat("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in "
                "bags",
                numbers ? "" : " at ", numbers ? "" : text_place(odd)));
  }
  return {};
}

}  // namespace tailrace::partiql
