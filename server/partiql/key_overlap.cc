#include "server/partiql/key_overlap.h"

#include <optional>
#include <utility>
#include <vector>

#include "server/expression/key_condition.h"

namespace tailrace::partiql {
namespace {

using expression::KeyOperator;
using expression::KeyTest;
using expression::kNoNode;
using expression::Node;
using expression::NodeIndex;
using expression::NodeKind;
using expression::Tree;

// One end of the sort keys that a branch means; absent: it goes on for ever.
struct End {
  AttributeValue value;
  bool included = true;
};
struct Branch {
  AttributeValue partition;
  std::optional<End> low, high;
};

// The first text behind all that begin with `prefix`; nullopt: there is none.
template <class Text>
std::optional<Text> after_prefix(Text prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::optional<End> end_of_prefix(const AttributeValue& prefix) {
  if (const auto* text = prefix.as<std::string>()) {
    if (auto after = after_prefix(*text))
      return End{.value = {*std::move(after)}, .included = false};
  } else if (const auto* binary = prefix.as<Binary>()) {
    if (auto after = after_prefix(binary->bytes))
      return End{.value = {Binary{*std::move(after)}}, .included = false};
  }
  return std::nullopt;
}

void narrow(Branch& branch, const KeyTest& test) {
  const AttributeValue& value = test.values.front();
  switch (test.op) {
    case KeyOperator::kEqual:
      branch.low = branch.high = End{.value = value};
      return;
    case KeyOperator::kLess:
    case KeyOperator::kLessOrEqual:
      branch.high = End{.value = value, .included = test.op == KeyOperator::kLessOrEqual};
      return;
    case KeyOperator::kGreater:
    case KeyOperator::kGreaterOrEqual:
      branch.low = End{.value = value, .included = test.op == KeyOperator::kGreaterOrEqual};
      return;
    case KeyOperator::kBetween:
      branch.low = End{.value = value};
      branch.high = End{.value = test.values.back()};
      return;
    case KeyOperator::kBeginsWith:
      branch.low = End{.value = value};
      branch.high = end_of_prefix(value);
      return;
    case KeyOperator::kNotIndexable:
      return;
  }
}

bool names(const Tree& tree, NodeIndex index, std::string_view attribute) {
  const Node& node = tree[index];
  if (node.kind == NodeKind::kPath) return tree.path(node).root() == attribute;
  for (NodeIndex child = node.first; child != kNoNode; child = tree[child].next) {
    if (names(tree, child, attribute)) return true;
  }
  return false;
}

void collect(const Tree& tree, NodeIndex index, std::vector<NodeIndex>& conjuncts) {
  if (tree[index].kind != NodeKind::kAnd) {
    conjuncts.push_back(index);
    return;
  }
  for (NodeIndex child = tree[index].first; child != kNoNode; child = tree[child].next)
    collect(tree, child, conjuncts);
}

// nullopt: the branch is not of a kind that the service compares.
std::optional<Branch> branch_of(const Tree& tree, NodeIndex index, const KeySchema& keys) {
  std::vector<NodeIndex> conjuncts;
  collect(tree, index, conjuncts);
  std::optional<Branch> branch;
  std::optional<KeyTest> range;
  for (const NodeIndex conjunct : conjuncts) {
    auto test = expression::key_test(tree, tree[conjunct]);
    const bool of_range = !keys.range.empty() && names(tree, conjunct, keys.range.front().name);
    if (of_range && (!test || range)) return std::nullopt;
    if (of_range) {
      range = std::move(test);
    } else if (!branch && test && test->attribute == keys.hash.front().name &&
               test->op == KeyOperator::kEqual) {
      branch.emplace(Branch{.partition = test->values.front(), .low = {}, .high = {}});
    }
  }
  if (branch && range) narrow(*branch, *range);
  return branch;
}

// Whether all that `high` leaves lies before all that `low` leaves.
bool ends_before(const std::optional<End>& high, const std::optional<End>& low) {
  if (!high || !low || high->value.type() != low->value.type()) return false;
  const auto order = compare_scalars(high->value, low->value);
  return order < 0 || (order == 0 && !(high->included && low->included));
}

bool meet(const Branch& one, const Branch& two) {
  return one.partition == two.partition && !ends_before(one.high, two.low) &&
         !ends_before(two.high, one.low);
}

}  // namespace

Result<void> check_alternatives_are_apart(const Tree& tree, NodeIndex part, const KeySchema& keys) {
  if (tree[part].kind != NodeKind::kOr || keys.hash.size() > 1 || keys.range.size() > 1) return {};
  std::vector<Branch> branches;
  for (NodeIndex child = tree[part].first; child != kNoNode; child = tree[child].next) {
    auto branch = branch_of(tree, child, keys);
    if (!branch) return {};
    branches.push_back(*std::move(branch));
  }
  for (std::size_t i = 1; i < branches.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (meet(branches[i], branches[k])) {
        return validation_error(
            "Overlapping conditions with range keys are not supported in where clause");
      }
    }
  }
  return {};
}

}  // namespace tailrace::partiql
