#include "server/expression/evaluate.h"

#include <algorithm>

#include "storage/base/check.h"

namespace tailrace::expression {
namespace {

// The service counts the characters of a string as Java does, in UTF-16 units.
std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

// nullopt: values of this type have no size.
std::optional<std::size_t> size_of(const AttributeValue& value) {
  switch (value.type()) {
    case AttributeType::kS:
      return utf16_length(*value.as<std::string>());
    case AttributeType::kB:
      return value.as<Binary>()->bytes.size();
    case AttributeType::kSS:
      return value.as<StringSet>()->values.size();
    case AttributeType::kNS:
      return value.as<NumberSet>()->values.size();
    case AttributeType::kBS:
      return value.as<BinarySet>()->values.size();
    case AttributeType::kL:
      return value.as<List>()->values.size();
    case AttributeType::kM:
      return value.as<AttributeMap>()->size();
    case AttributeType::kN:
    case AttributeType::kBool:
    case AttributeType::kNull:
      return std::nullopt;
  }
  return std::nullopt;
}

// Value of an operand: of the item, of the request, or a computed one that lives here.
class Operand {
 public:
  Operand(const Tree& tree, const Node& node, AttributeSource& item)
      : value_(find(tree, node, item)) {}
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;

  const AttributeValue* get() const { return value_; }  // nullptr: missing.
  explicit operator bool() const { return value_ != nullptr; }
  const AttributeValue& operator*() const { return *value_; }

 private:
  const AttributeValue* find(const Tree& tree, const Node& node, AttributeSource& item) {
    if (node.kind == NodeKind::kPath) return resolve(item, tree.path(node));
    if (node.kind == NodeKind::kValue) return &node.value->second;
    CHECK(node.kind == NodeKind::kSize);
    const Operand operand(tree, tree.first(node), item);
    const auto size = operand ? size_of(*operand) : std::nullopt;
    if (!size) return nullptr;
    computed_.emplace(AttributeValue{Number(static_cast<std::int64_t>(*size))});
    return &*computed_;
  }

  std::optional<AttributeValue> computed_;
  const AttributeValue* value_;
};

bool is_in(const Tree& tree, const Node& test, AttributeSource& item) {
  const Operand value(tree, tree.first(test), item);
  if (!value) return false;
  for (const Node* node = tree.find(tree.first(test).next); node; node = tree.find(node->next)) {
    const Operand candidate(tree, *node, item);
    if (candidate && *value == *candidate) return true;
  }
  return false;
}

bool is_between(const Tree& tree, const Node& test, AttributeSource& item) {
  const Operand value(tree, tree.first(test), item);
  const Node& lower_node = tree.next(tree.first(test));
  const Operand lower(tree, lower_node, item);
  if (!compare(NodeKind::kGreaterOrEqual, value.get(), lower.get())) return false;
  const Operand upper(tree, tree.next(lower_node), item);
  return compare(NodeKind::kLessOrEqual, value.get(), upper.get());
}

template <class Set, class Element>
bool is_member(const Set& set, const Element* element) {
  return element && std::binary_search(set.values.begin(), set.values.end(), *element);
}

}  // namespace

bool compare(NodeKind comparator, const AttributeValue* left, const AttributeValue* right) {
  if (!left || !right) return comparator == NodeKind::kNotEqual;
  if (comparator == NodeKind::kEqual) return *left == *right;
  if (comparator == NodeKind::kNotEqual) return !(*left == *right);
  if (left->type() != right->type()) return false;
  const AttributeType type = left->type();
  if (type != AttributeType::kS && type != AttributeType::kN && type != AttributeType::kB)
    return false;
  const std::strong_ordering order = compare_scalars(*left, *right);
  switch (comparator) {
    case NodeKind::kLess:
      return order < 0;
    case NodeKind::kLessOrEqual:
      return order <= 0;
    case NodeKind::kGreater:
      return order > 0;
    case NodeKind::kGreaterOrEqual:
      return order >= 0;
    default:
      CHECK(false && "a comparator");
      return false;
  }
}

bool begins_with(const AttributeValue& value, const AttributeValue& prefix) {
  if (const auto* text = value.as<std::string>()) {
    const auto* start = prefix.as<std::string>();
    return start && text->starts_with(*start);
  }
  if (const auto* binary = value.as<Binary>()) {
    const auto* start = prefix.as<Binary>();
    return start && binary->bytes.starts_with(start->bytes);
  }
  return false;
}

bool contains(const AttributeValue& container, const AttributeValue& element) {
  switch (container.type()) {
    case AttributeType::kS: {
      const auto* part = element.as<std::string>();
      return part && container.as<std::string>()->find(*part) != std::string::npos;
    }
    case AttributeType::kB: {
      const auto* part = element.as<Binary>();
      return part && container.as<Binary>()->bytes.find(part->bytes) != Buffer::npos;
    }
    case AttributeType::kSS:
      return is_member(*container.as<StringSet>(), element.as<std::string>());
    case AttributeType::kNS:
      return is_member(*container.as<NumberSet>(), element.as<Number>());
    case AttributeType::kBS: {
      const auto* binary = element.as<Binary>();
      return binary && is_member(*container.as<BinarySet>(), &binary->bytes);
    }
    case AttributeType::kL: {
      const auto& values = container.as<List>()->values;
      return std::find(values.begin(), values.end(), element) != values.end();
    }
    case AttributeType::kM:
    case AttributeType::kN:
    case AttributeType::kBool:
    case AttributeType::kNull:
      return false;
  }
  return false;
}

bool holds(const Tree& tree, const Node& condition, AttributeSource& item) {
  switch (condition.kind) {
    case NodeKind::kAnd:
      for (const Node* part = tree.find(condition.first); part; part = tree.find(part->next)) {
        if (!holds(tree, *part, item)) return false;
      }
      return true;
    case NodeKind::kOr:
      for (const Node* part = tree.find(condition.first); part; part = tree.find(part->next)) {
        if (holds(tree, *part, item)) return true;
      }
      return false;
    case NodeKind::kNot:
      return !holds(tree, tree.first(condition), item);
    case NodeKind::kIn:
      return is_in(tree, condition, item);
    case NodeKind::kBetween:
      return is_between(tree, condition, item);
    default:
      break;
  }

  const Node& first_node = tree.first(condition);
  const Operand first(tree, first_node, item);
  if (condition.kind == NodeKind::kAttributeExists) return static_cast<bool>(first);
  if (condition.kind == NodeKind::kAttributeNotExists) return !first;

  const Operand second(tree, tree.next(first_node), item);
  if (is_comparator(condition.kind)) return compare(condition.kind, first.get(), second.get());
  if (!first || !second) return false;
  switch (condition.kind) {
    case NodeKind::kAttributeType:
      return type_name(first.get()->type()) == *second.get()->as<std::string>();
    case NodeKind::kBeginsWith:
      return begins_with(*first, *second);
    case NodeKind::kContains:
      return contains(*first, *second);
    default:
      CHECK(false && "a condition");
      return false;
  }
}

}  // namespace tailrace::expression
