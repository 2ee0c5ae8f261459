#include "server/partiql/key_plan.h"

#include <algorithm>
#include <utility>

#include "server/partiql/key_overlap.h"
#include "storage/base/check.h"
#include "storage/base/str_cat.h"

namespace tailrace::partiql {
namespace {

using expression::Condition;
using expression::KeyBinding;
using expression::KeyCondition;
using expression::KeyOperator;
using expression::KeyTest;
using expression::Node;
using expression::NodeKind;
using expression::Tree;

// The conditions that must all hold; each can be taken out once.
class Conjuncts {
 public:
  explicit Conjuncts(const Where& where) : tree_(where ? *where : Tree{}) {
    if (where) collect(tree_.root);
  }

  const Tree& tree() const { return tree_; }
  const std::vector<NodeIndex>& all() const { return all_; }
  void take(NodeIndex conjunct) { all_.erase(std::find(all_.begin(), all_.end(), conjunct)); }

  // The first test on the attribute that `accepted` wants.
  template <class Accepted>
  std::optional<KeyTest> take_test(std::string_view attribute, Accepted accepted) {
    for (const NodeIndex conjunct : all_) {
      if (!names(conjunct, attribute)) continue;
      auto test = expression::key_test(tree_, tree_[conjunct]);
      if (!test || !accepted(*test)) continue;
      take(conjunct);
      return test;
    }
    return std::nullopt;
  }

  // What was not taken, and that the attribute is there.
  void require(const std::string& attribute) {
    all_.insert(all_.begin(), existence_test(NodeKind::kAttributeExists, attribute));
  }
  // What was not taken, or that the attribute is not there.
  void excuse(const std::string& attribute) {
    if (all_.empty()) return;
    const NodeIndex missing = existence_test(NodeKind::kAttributeNotExists, attribute);
    tree_[missing].next = joined();
    all_ = {tree_.add({.kind = NodeKind::kOr, .first = missing})};
  }

  // What was not taken.
  std::optional<Condition> rest() && {
    if (all_.empty()) return std::nullopt;
    tree_.root = joined();
    return Condition(std::move(tree_));
  }

 private:
  // One of the first two operands is the attribute. (Tests copy values; most conjuncts need none.)
  bool names(NodeIndex conjunct, std::string_view attribute) const {
    const Node* operand = tree_.find(tree_[conjunct].first);
    for (int i = 0; i < 2 && operand != nullptr; ++i, operand = tree_.find(operand->next))
      if (operand->kind == NodeKind::kPath && tree_.path(*operand).root() == attribute) return true;
    return false;
  }
  NodeIndex existence_test(NodeKind kind, const std::string& attribute) {
    tree_.paths.push_back(expression::top_level_path(attribute));
    const NodeIndex path = tree_.add(
        {.kind = NodeKind::kPath, .path = static_cast<std::uint32_t>(tree_.paths.size() - 1)});
    return tree_.add({.kind = kind, .first = path});
  }

  // Those that are left as one condition.
  NodeIndex joined() {
    for (std::size_t i = 0; i < all_.size(); ++i)
      tree_[all_[i]].next = i + 1 < all_.size() ? all_[i + 1] : kNoNode;
    return all_.size() == 1 ? all_.front()
                            : tree_.add({.kind = NodeKind::kAnd, .first = all_.front()});
  }

  void collect(NodeIndex index) {
    if (tree_[index].kind != NodeKind::kAnd) {
      all_.push_back(index);
      return;
    }
    for (NodeIndex child = tree_[index].first; child != kNoNode; child = tree_[child].next)
      collect(child);
  }

  Tree tree_;
  std::vector<NodeIndex> all_;
};

bool is_equality(const KeyTest& test) {
  return test.op == KeyOperator::kEqual;
}

// Values of `attribute IN (…)` and of `attribute = … OR attribute = …`; none: it is neither.
std::vector<AttributeValue> alternatives(const Tree& tree,
                                         const Node& node,
                                         std::string_view attribute) {
  std::vector<AttributeValue> values;
  if (node.kind == NodeKind::kIn) {
    const Node& path = tree.first(node);
    if (path.kind != NodeKind::kPath || !tree.path(path).is_top_level() ||
        tree.path(path).root() != attribute)
      return {};
    for (const Node* value = tree.find(path.next); value != nullptr;
         value = tree.find(value->next)) {
      if (value->kind != NodeKind::kValue) return {};
      values.push_back(value->value->second);
    }
  } else if (node.kind == NodeKind::kOr) {
    for (const Node* part = tree.find(node.first); part != nullptr; part = tree.find(part->next)) {
      if (part->kind != NodeKind::kEqual) return {};
      auto test = expression::key_test(tree, *part);
      if (!test || test->attribute != attribute || !is_equality(*test)) return {};
      values.push_back(std::move(test->values.front()));
    }
  }
  return values;
}

void remove_repeated(std::vector<AttributeValue>& values) {
  std::vector<AttributeValue> distinct;
  for (AttributeValue& value : values)
    if (std::find(distinct.begin(), distinct.end(), value) == distinct.end())
      distinct.push_back(std::move(value));
  values = std::move(distinct);
}

std::vector<AttributeValue> take_alternatives(Conjuncts& conjuncts, std::string_view attribute) {
  for (const NodeIndex conjunct : conjuncts.all()) {
    auto values = alternatives(conjuncts.tree(), conjuncts.tree()[conjunct], attribute);
    if (values.empty()) continue;
    conjuncts.take(conjunct);
    remove_repeated(values);
    return values;
  }
  return {};
}

// Equality on every hash attribute; several values where there is one attribute. Empty: the walk
// goes over everything.
std::vector<KeyCondition> take_hashes(Conjuncts& conjuncts, const KeySchema& keys) {
  Conjuncts attempt = conjuncts;
  KeyCondition all;
  for (const KeyAttribute& attribute : keys.hash) {
    auto test = attempt.take_test(attribute.name, is_equality);
    if (!test) break;
    all.tests.push_back(*std::move(test));
  }
  if (all.tests.size() == keys.hash.size()) {
    conjuncts = std::move(attempt);
    return {std::move(all)};
  }
  if (keys.hash.size() > 1) return {};
  std::vector<KeyCondition> partitions;
  const std::string& name = keys.hash.front().name;
  for (AttributeValue& value : take_alternatives(conjuncts, name))
    partitions.push_back(
        {{KeyTest{.attribute = name, .op = KeyOperator::kEqual, .values = {std::move(value)}}}});
  return partitions;
}

// Tests on range attributes from the left, as far as a walk can use them.
std::vector<KeyTest> take_ranges(Conjuncts& conjuncts, const KeySchema& keys) {
  std::vector<KeyTest> tests;
  for (const KeyAttribute& attribute : keys.range) {
    auto test = conjuncts.take_test(attribute.name, is_equality);
    if (!test) test = conjuncts.take_test(attribute.name, [](const KeyTest&) { return true; });
    if (!test) break;
    tests.push_back(*std::move(test));
    if (!is_equality(tests.back())) break;
  }
  return tests;
}

Result<void> check_key_types(const KeyCondition& partition, const KeySchema& keys) {
  for (const KeyTest& test : partition.tests) {
    for (const auto* part : {&keys.hash, &keys.range}) {
      for (const KeyAttribute& attribute : *part) {
        if (attribute.name != test.attribute) continue;
        for (const AttributeValue& value : test.values)
          TRY_VOID(check_key_type(attribute, value));
      }
    }
  }
  return {};
}

}  // namespace

Result<ReadPlan> plan_read(const Where& where, const KeySchema& keys) {
  Conjuncts conjuncts(where);
  ReadPlan plan;
  for (const NodeIndex conjunct : conjuncts.all())
    TRY_VOID(check_alternatives_are_apart(conjuncts.tree(), conjunct, keys));
  std::vector<KeyCondition> partitions = take_hashes(conjuncts, keys);
  if (partitions.size() > kPartitionsMax)
    return validation_error(str_cat("The partition key may have at most ", kPartitionsMax,
                                    " values in a condition; there are ", partitions.size()));
  if (!partitions.empty()) {
    const std::vector<KeyTest> ranges = take_ranges(conjuncts, keys);
    for (KeyCondition& partition : partitions) {
      partition.tests.insert(partition.tests.end(), ranges.begin(), ranges.end());
      TRY_VOID(check_key_types(partition, keys));
      TRY(KeyBinding binding, expression::bind_key_condition(partition, keys));
      plan.partitions.push_back(std::move(binding));
    }
  }
  plan.filter = std::move(conjuncts).rest();
  return plan;
}

Result<RowOrder> apply_order(const std::vector<OrderKey>& order_by,
                             const KeySchema& keys,
                             ReadPlan& plan) {
  RowOrder rows = RowOrder::kAscending;
  if (order_by.empty()) return rows;
  if (plan.partitions.empty())
    return validation_error(
        "Must have at least one non-optional hash key condition in WHERE clause when using ORDER "
        "BY clause.");
  for (const OrderKey& key : order_by) {
    if (!keys.contains(key.attribute))
      return validation_error(str_cat("Attribute ", key.attribute,
                                      " in ORDER BY clause must be part of the primary key"));
    const bool hash = std::any_of(
        keys.hash.begin(), keys.hash.end(),
        [&](const KeyAttribute& attribute) { return attribute.name == key.attribute; });
    if (!hash) {
      if (key.descending) rows = RowOrder::kDescending;
    } else if (keys.hash.size() == 1) {
      std::stable_sort(plan.partitions.begin(), plan.partitions.end(),
                       [&](const KeyBinding& a, const KeyBinding& b) {
                         const auto order = compare_scalars(a.hash.front(), b.hash.front());
                         return key.descending ? order > 0 : order < 0;
                       });
    }
  }
  return rows;
}

Result<std::optional<ItemPlan>> plan_item(const Where& where,
                                          const KeySchema& keys,
                                          Presence presence) {
  using Optional = std::optional<ItemPlan>;
  Conjuncts conjuncts(where);
  ItemPlan plan;
  for (const auto* part : {&keys.hash, &keys.range}) {
    for (const KeyAttribute& attribute : *part) {
      auto test = conjuncts.take_test(attribute.name, is_equality);
      if (!test) return Optional();
      if (presence != Presence::kAny) {
        while (const auto again = conjuncts.take_test(attribute.name, is_equality)) {
          if (again->values.front() == test->values.front()) continue;
          return validation_error(
              str_cat("Multiple conditions on same key ", attribute.name,
                      ". Only single item Update/Insert/Delete are supported"));
        }
      }
      plan.key.set(attribute.name, std::move(test->values.front()));
    }
  }
  plan.only_key = conjuncts.all().empty();
  const std::string& hash = keys.hash.front().name;
  if (presence == Presence::kRequired) conjuncts.require(hash);
  if (presence == Presence::kMissingPasses) conjuncts.excuse(hash);
  plan.condition = std::move(conjuncts).rest();
  return Optional(std::move(plan));
}

Result<void> check_key_type(const KeyAttribute& attribute, const AttributeValue& value) {
  const AttributeType type = value.type();
  if (type != AttributeType::kS && type != AttributeType::kN && type != AttributeType::kB) {
    return validation_error(str_cat("Key value must be of type S, N, or B. Key name: ",
                                    attribute.name, ", Key type: ", type_name(type)));
  }
  if (type == attribute.type) return {};
  return validation_error(str_cat(
      "Key attribute's data type should match its data type in table's schema: Key ",
      attribute.name));
}

}  // namespace tailrace::partiql
