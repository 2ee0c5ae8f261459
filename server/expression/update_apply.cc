// Update::apply: first every action's outcome is computed from the item as it was, then the item is
// changed in one walk over the targets in path order, in which lists keep their old indexes until
// all else is done.
#include <algorithm>
#include <span>

#include "server/expression/update.h"
#include "storage/base/check.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {
namespace {

ApiError missing_operand() {
  return validation_error(
      "The provided expression refers to an attribute that does not exist in the item");
}
ApiError wrong_type(UpdateDialect dialect) {
  return validation_error(dialect == UpdateDialect::kLegacy
                              ? "Type mismatch for attribute to update"
                              : "An operand in the update expression has an incorrect data type");
}
// What an update sets is a part of its item. Refused here, before it has been made many times over.
ApiError too_large() {
  return validation_error("Item size to update has exceeded the maximum allowed size");
}
ApiError invalid_path() {
  return validation_error(
      "The document path provided in the update expression is invalid for update");
}

// What becomes of one target.
enum class Outcome : std::uint8_t { kKeep, kSet, kRemove };
struct Effect {
  Outcome outcome = Outcome::kKeep;
  AttributeValue value;  // kSet only.
};

Effect set_to(AttributeValue value) {
  return {.outcome = Outcome::kSet, .value = std::move(value)};
}

// The right-hand sides of SET.
class ValueEvaluation {
 public:
  ValueEvaluation(const Tree& tree, AttributeSource& item) : tree_(tree), item_(item) {}

  Result<AttributeValue> value(const Node& node) {
    switch (node.kind) {
      case NodeKind::kIfNotExists: {
        const Node& path = tree_.first(node);
        const AttributeValue* existing = resolve(item_, tree_.path(path));
        if (existing) return *existing;
        return value(tree_.next(path));
      }
      case NodeKind::kListAppend:
        return append(node);
      case NodeKind::kPlus:
      case NodeKind::kMinus: {
        TRY(const Number result, arithmetic(node));
        return AttributeValue{result};
      }
      default: {
        TRY(const AttributeValue* operand, reference(node));
        return *operand;
      }
    }
  }

 private:
  // A path or a literal, without a copy.
  Result<const AttributeValue*> reference(const Node& node) {
    const AttributeValue* operand =
        node.kind == NodeKind::kPath ? resolve(item_, tree_.path(node)) : &node.value->second;
    if (!operand) return missing_operand();
    return operand;
  }

  Result<Number> number(const Node& node) {
    switch (node.kind) {
      case NodeKind::kPlus:
      case NodeKind::kMinus:
        return arithmetic(node);
      case NodeKind::kListAppend:
        return wrong_type(UpdateDialect::kExpression);
      case NodeKind::kIfNotExists: {
        const Node& path = tree_.first(node);
        return number(resolve(item_, tree_.path(path)) ? path : tree_.next(path));
      }
      default: {
        TRY(const AttributeValue* operand, reference(node));
        const auto* value = operand->as<Number>();
        if (!value) return wrong_type(UpdateDialect::kExpression);
        return *value;
      }
    }
  }

  Result<Number> arithmetic(const Node& node) {
    const Node& left_node = tree_.first(node);
    TRY(const Number left, number(left_node));
    TRY(const Number right, number(tree_.next(left_node)));
    return node.kind == NodeKind::kPlus ? add(left, right) : subtract(left, right);
  }

  Result<AttributeValue> append(const Node& node) {
    const Node& left_node = tree_.first(node);
    TRY(AttributeValue left, value(left_node));
    TRY(AttributeValue right, value(tree_.next(left_node)));
    List* list = left.as<List>();
    List* tail = right.as<List>();
    if (!list || !tail) return wrong_type(UpdateDialect::kExpression);
    if (value_size(left) + value_size(right) > kItemBytesMax) return too_large();
    list->values.insert(list->values.end(), std::make_move_iterator(tail->values.begin()),
                        std::make_move_iterator(tail->values.end()));
    return left;
  }

  const Tree& tree_;
  AttributeSource& item_;
};

template <class Set>
AttributeValue united(const Set& a, const Set& b) {
  Set all;
  all.values.reserve(a.values.size() + b.values.size());
  std::set_union(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                 std::back_inserter(all.values));
  return AttributeValue{std::move(all)};
}

Result<Effect> added(const AttributeValue* old,
                     const AttributeValue& operand,
                     UpdateDialect dialect) {
  if (!old) return set_to(operand);
  if (old->type() != operand.type()) return wrong_type(dialect);
  switch (old->type()) {
    case AttributeType::kN: {
      TRY(const Number sum, add(*old->as<Number>(), *operand.as<Number>()));
      return set_to({sum});
    }
    case AttributeType::kSS:
      return set_to(united(*old->as<StringSet>(), *operand.as<StringSet>()));
    case AttributeType::kNS:
      return set_to(united(*old->as<NumberSet>(), *operand.as<NumberSet>()));
    case AttributeType::kBS:
      return set_to(united(*old->as<BinarySet>(), *operand.as<BinarySet>()));
    case AttributeType::kL: {
      List all = *old->as<List>();
      const auto& more = operand.as<List>()->values;
      all.values.insert(all.values.end(), more.begin(), more.end());
      return set_to({std::move(all)});
    }
    default:
      CHECK(false && "an operand of ADD");
      return Effect{};
  }
}

template <class Set>
Effect without(const Set& a, const Set& b) {
  Set rest;
  std::set_difference(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                      std::back_inserter(rest.values));
  if (rest.values.empty()) return {.outcome = Outcome::kRemove, .value = {}};
  return set_to({std::move(rest)});
}

Result<Effect> deleted(const AttributeValue* old,
                       const AttributeValue& operand,
                       UpdateDialect dialect) {
  if (!old) return Effect{};
  if (old->type() != operand.type()) return wrong_type(dialect);
  switch (old->type()) {
    case AttributeType::kSS:
      return without(*old->as<StringSet>(), *operand.as<StringSet>());
    case AttributeType::kNS:
      return without(*old->as<NumberSet>(), *operand.as<NumberSet>());
    case AttributeType::kBS:
      return without(*old->as<BinarySet>(), *operand.as<BinarySet>());
    default:
      CHECK(false && "an operand of DELETE");
      return Effect{};
  }
}

// Changes an item according to the effects on its targets. What one list element loses or gains
// does not move its neighbours before they are done: replacements first, then appends, removals
// last and from the end.
class Change {
 public:
  enum class MissingParents : std::uint8_t { kAreErrors, kAreSilentForRemovals };

  Change(const std::vector<Path>& targets,
         std::vector<Effect> effects,
         MissingParents missing_parents)
      : targets_(targets), effects_(std::move(effects)), missing_parents_(missing_parents) {}

  using Range = std::span<const std::uint32_t>;

  // `range`: targets below `map`, whose elements at `depth` name entries of it.
  Result<void> change_map(AttributeMap& map, Range range, std::size_t depth) {
    std::vector<AttributeMap::Entry> added;
    std::vector<std::string_view> removed;
    while (!range.empty()) {
      const Range same = group(range, depth);
      range = range.subspan(same.size());
      const auto& name = std::get<std::string>(element(same, depth));
      if (!is_leaf(same, depth)) {
        TRY_VOID(change_child(map.find(name), same, depth + 1));
        continue;
      }
      Effect& effect = effects_[same.front()];
      AttributeValue* old = map.find(name);
      if (effect.outcome == Outcome::kSet) {
        if (old != nullptr) {
          *old = std::move(effect.value);
        } else {
          added.emplace_back(name, std::move(effect.value));
        }
      } else if (effect.outcome == Outcome::kRemove && old != nullptr) {
        removed.push_back(name);
      }
    }
    map.erase_all(removed);
    map.insert_all(std::move(added));
    return {};
  }

 private:
  Result<void> change_list(List& list, Range range, std::size_t depth) {
    const std::size_t old_size = list.values.size();
    std::vector<std::size_t> removed;
    while (!range.empty()) {
      const Range same = group(range, depth);
      range = range.subspan(same.size());
      const std::size_t index = std::get<std::size_t>(element(same, depth));
      const bool exists = index < old_size;
      if (!is_leaf(same, depth)) {
        TRY_VOID(change_child(exists ? &list.values[index] : nullptr, same, depth + 1));
        continue;
      }
      Effect& effect = effects_[same.front()];
      if (effect.outcome == Outcome::kSet) {
        if (exists) {
          list.values[index] = std::move(effect.value);
        } else {
          list.values.push_back(std::move(effect.value));
        }
      } else if (effect.outcome == Outcome::kRemove && exists) {
        removed.push_back(index);
      }
    }
    erase_all(list.values, removed);
    return {};
  }

  // `places` are in order.
  static void erase_all(std::vector<AttributeValue>& values,
                        const std::vector<std::size_t>& places) {
    if (places.empty()) return;
    auto next = places.begin();
    auto kept = values.begin();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (next != places.end() && *next == i) {
        ++next;
        continue;
      }
      if (kept != values.begin() + static_cast<std::ptrdiff_t>(i)) *kept = std::move(values[i]);
      ++kept;
    }
    values.erase(kept, values.end());
  }

  // `parent`: nullptr: it is missing.
  Result<void> change_child(AttributeValue* parent, Range range, std::size_t depth) {
    if (!parent) {
      if (missing_parents_ == MissingParents::kAreSilentForRemovals && only_removals(range))
        return {};
      return invalid_path();
    }
    if (std::holds_alternative<std::string>(element(range, depth))) {
      if (auto* map = parent->as<AttributeMap>()) return change_map(*map, range, depth);
    } else if (auto* list = parent->as<List>()) {
      return change_list(*list, range, depth);
    }
    return invalid_path();
  }

  const PathElement& element(Range range, std::size_t depth) const {
    return targets_[range.front()].elements[depth];
  }
  bool is_leaf(Range range, std::size_t depth) const {
    return targets_[range.front()].elements.size() == depth + 1;
  }
  // Targets at the front of `range` that go through the same element.
  Range group(Range range, std::size_t depth) const {
    std::size_t n = 1;
    while (n < range.size() && targets_[range[n]].elements[depth] == element(range, depth)) ++n;
    return range.first(n);
  }
  bool only_removals(Range range) const {
    return std::none_of(range.begin(), range.end(),
                        [&](std::uint32_t i) { return effects_[i].outcome == Outcome::kSet; });
  }

  const std::vector<Path>& targets_;
  std::vector<Effect> effects_;
  MissingParents missing_parents_;
};

Result<std::vector<Effect>> effects_of(const std::vector<Action>& actions,
                                       const std::vector<Path>& targets,
                                       const Tree& values,
                                       UpdateDialect dialect,
                                       AttributeSource& old) {
  ValueEvaluation evaluation(values, old);
  std::size_t bytes = 0;
  std::vector<Effect> effects;
  effects.reserve(actions.size());
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const Node* node = values.find(actions[i].value);
    switch (actions[i].kind) {
      case ActionKind::kSet: {
        TRY(AttributeValue value, evaluation.value(*node));
        effects.push_back(set_to(std::move(value)));
        break;
      }
      case ActionKind::kRemove:
        effects.push_back({.outcome = Outcome::kRemove, .value = {}});
        break;
      case ActionKind::kAdd: {
        TRY(Effect effect, added(resolve(old, targets[i]), node->value->second, dialect));
        effects.push_back(std::move(effect));
        break;
      }
      case ActionKind::kDelete: {
        TRY(Effect effect, deleted(resolve(old, targets[i]), node->value->second, dialect));
        effects.push_back(std::move(effect));
        break;
      }
    }
    if (effects.back().outcome == Outcome::kSet) bytes += value_size(effects.back().value);
    if (bytes > kItemBytesMax) return too_large();
  }
  return effects;
}

}  // namespace

bool Update::creates_items() const {
  if (actions_.empty()) return true;
  return std::any_of(actions_.begin(), actions_.end(), [](const Action& action) {
    return action.kind == ActionKind::kSet || action.kind == ActionKind::kAdd;
  });
}

Result<void> Update::apply_to(AttributeMap& item, Existence existence) const {
  const bool existed = existence == Existence::kExisted;
  ItemSource old(&item);  // What is created is seen as its key. (AWS, on an absent item)
  TRY(std::vector<Effect> effects, effects_of(actions_, targets_, values_, dialect_, old));
  Change change(
      targets_, std::move(effects),
      existed ? Change::MissingParents::kAreErrors : Change::MissingParents::kAreSilentForRemovals);
  return change.change_map(item, order_, 0);
}

Result<std::optional<AttributeMap>> Update::apply(const AttributeMap* old,
                                                  const AttributeMap& key) const {
  if (old) {
    TRY(AttributeMap item, apply(AttributeMap(*old)));
    return std::optional<AttributeMap>(std::move(item));
  }
  AttributeMap item = key;
  TRY_VOID(apply_to(item, Existence::kCreated));
  if (!creates_items()) return std::optional<AttributeMap>();
  return std::optional<AttributeMap>(std::move(item));
}

Result<AttributeMap> Update::apply(AttributeMap&& old) const {
  AttributeMap item = std::move(old);
  TRY_VOID(apply_to(item, Existence::kExisted));
  return item;
}

}  // namespace tailrace::expression
