#include "server/expression/key_condition.h"

#include <algorithm>

#include "server/expression/bind.h"
#include "server/expression/condition_parser.h"
#include "server/expression/token_stream.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

constexpr auto kKind = ExpressionKind::kKeyCondition;

// Older captures of the service have these texts without `Invalid KeyConditionExpression: `, those
// of 2026 with it.
ApiError key_condition_error(std::string_view message) {
  return expression_error(kKind, message);
}
ApiError invalid_condition(std::string_view what) {
  return key_condition_error(str_cat("Invalid condition in KeyConditionExpression: ", what));
}

KeyOperator key_operator(NodeKind kind) {
  switch (kind) {
    case NodeKind::kEqual:
      return KeyOperator::kEqual;
    case NodeKind::kLess:
      return KeyOperator::kLess;
    case NodeKind::kLessOrEqual:
      return KeyOperator::kLessOrEqual;
    case NodeKind::kGreater:
      return KeyOperator::kGreater;
    case NodeKind::kGreaterOrEqual:
      return KeyOperator::kGreaterOrEqual;
    case NodeKind::kBetween:
      return KeyOperator::kBetween;
    case NodeKind::kBeginsWith:
      return KeyOperator::kBeginsWith;
    default:
      CHECK(false && "an operator on keys");
      return KeyOperator::kNotIndexable;
  }
}

// `:v < k` is `k > :v`.
KeyOperator mirrored(KeyOperator op) {
  switch (op) {
    case KeyOperator::kLess:
      return KeyOperator::kGreater;
    case KeyOperator::kLessOrEqual:
      return KeyOperator::kGreaterOrEqual;
    case KeyOperator::kGreater:
      return KeyOperator::kLess;
    case KeyOperator::kGreaterOrEqual:
      return KeyOperator::kLessOrEqual;
    default:
      return op;
  }
}

bool is_allowed(NodeKind kind) {
  return kind == NodeKind::kBetween || kind == NodeKind::kBeginsWith ||
         (is_comparator(kind) && kind != NodeKind::kNotEqual);
}

// Takes the tests out of a condition, one by one as they are bound.
class TestCollection {
 public:
  explicit TestCollection(const Tree& tree) : tree_(tree) {
    if (tree.root != kNoNode) find_parts(tree.root);
  }

  // `index` and all below it are bound. Errors: it is a part of the condition, and no test on a key.
  Result<void> collect(NodeIndex index) {
    if (std::find(parts_.begin(), parts_.end(), index) == parts_.end()) return {};
    const Node& node = tree_[index];
    if (!is_allowed(node.kind)) {
      return key_condition_error(
          str_cat("Invalid operator used in KeyConditionExpression: ", operator_text(node.kind)));
    }
    return collect_test(node);
  }
  std::vector<KeyTest> take() { return std::move(tests_); }

 private:
  Result<void> collect_test(const Node& test) {
    const Node* path = nullptr;
    int paths = 0;
    KeyTest out;
    for (const Node* operand = tree_.find(test.first); operand;
         operand = tree_.find(operand->next)) {
      if (operand->kind == NodeKind::kPath) {
        path = operand;
        ++paths;
      } else if (operand->kind == NodeKind::kValue) {
        out.values.push_back(operand->value->second);
      } else {
        return key_condition_error("KeyConditionExpressions cannot contain nested operations");
      }
    }
    if (paths > 1) return invalid_condition("Multiple attribute names used in one condition");
    if (paths == 0) return invalid_condition("No key attribute specified");
    const bool path_first = path == &tree_.first(test);
    if (!path_first && !is_comparator(test.kind)) {
      return invalid_condition(str_cat(
          operator_text(test.kind), " operator must have the key attribute as its first operand"));
    }
    if (!tree_.path(*path).is_top_level()) {
      return key_condition_error(
          "KeyConditionExpressions cannot have conditions on nested attributes");
    }
    out.attribute = tree_.path(*path).root();
    out.op = path_first ? key_operator(test.kind) : mirrored(key_operator(test.kind));
    for (const KeyTest& other : tests_) {
      if (other.attribute != out.attribute) continue;
      return key_condition_error("KeyConditionExpressions must only contain one condition per key");
    }
    tests_.push_back(std::move(out));
    return {};
  }

  // What is joined by AND.
  void find_parts(NodeIndex index) {
    if (tree_[index].kind != NodeKind::kAnd) return parts_.push_back(index);
    for (NodeIndex child = tree_[index].first; child != kNoNode; child = tree_[child].next)
      find_parts(child);
  }

  const Tree& tree_;
  std::vector<NodeIndex> parts_;
  std::vector<KeyTest> tests_;
};

constexpr std::string_view kNotSupported = "Query key condition not supported";

ApiError missed_element(std::string_view attribute) {
  return validation_error(str_cat("Query condition missed key schema element: ", attribute));
}

bool is_empty(const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) return text->empty();
  if (const auto* binary = value.as<Binary>()) return binary->bytes.empty();
  return false;
}

Result<void> check_values(const KeyTest& test, const KeyAttribute& attribute) {
  for (const AttributeValue& value : test.values) {
    const bool prefix_of_number =
        test.op == KeyOperator::kBeginsWith && attribute.type == AttributeType::kN;
    if (value.type() != attribute.type || prefix_of_number) {
      return validation_error(
          "One or more parameter values were invalid: Condition parameter type does not match "
          "schema type");
    }
  }
  for (const AttributeValue& value : test.values) {
    if (!is_empty(value)) continue;
    return validation_error(str_cat(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an "
        "empty ",
        value.type() == AttributeType::kB ? "binary" : "string", " value. Key: ", attribute.name));
  }
  return {};
}

const KeyTest* find_test(const KeyCondition& condition, std::string_view attribute) {
  for (const KeyTest& test : condition.tests) {
    if (test.attribute == attribute) return &test;
  }
  return nullptr;
}

// Number and names of the tests, for keys of one hash and at most one range attribute.
Result<void> check_simple(const KeyCondition& condition, const KeySchema& keys) {
  if (condition.tests.empty() || condition.tests.size() > 2)
    return validation_error("Conditions can be of length 1 or 2 only");
  const std::string& hash = keys.hash.front().name;
  if (!find_test(condition, hash)) return missed_element(hash);
  if (condition.tests.size() == 1) return {};
  if (keys.range.empty()) return validation_error(std::string(kNotSupported));
  const std::string& range = keys.range.front().name;
  if (!find_test(condition, range)) return missed_element(range);
  return {};
}

// The same for keys of several attributes. The service's texts are not known; these say what it
// says in its guide.
Result<void> check_composite(const KeyCondition& condition, const KeySchema& keys) {
  for (const KeyAttribute& attribute : keys.hash) {
    const KeyTest* test = find_test(condition, attribute.name);
    if (!test) return missed_element(attribute.name);
    if (test->op != KeyOperator::kEqual) {
      return validation_error(str_cat(kNotSupported,
                                      ": all HASH key attributes must be specified with equality "
                                      "conditions: ",
                                      attribute.name));
    }
  }
  bool open = true;  // Range attributes so far all have equality.
  for (std::size_t i = 0; i < keys.range.size(); ++i) {
    const KeyTest* test = find_test(condition, keys.range[i].name);
    if (test && !open) {
      return validation_error(
          str_cat(kNotSupported,
                  ": RANGE key attributes must be specified from the left without "
                  "gaps, with equality conditions on all but the last: ",
                  keys.range[i].name));
    }
    open = open && test && test->op == KeyOperator::kEqual;
  }
  for (const KeyTest& test : condition.tests) {
    if (!keys.contains(test.attribute))
      return validation_error(str_cat(kNotSupported, ": ", test.attribute));
  }
  return {};
}

}  // namespace

std::optional<KeyTest> key_test(const Tree& tree, const Node& node) {
  if (!is_allowed(node.kind)) return std::nullopt;
  const Node& first = tree.first(node);
  const bool mirror = first.kind == NodeKind::kValue && is_comparator(node.kind);
  const Node& path = mirror ? tree.next(first) : first;
  if (path.kind != NodeKind::kPath || !tree.path(path).is_top_level()) return std::nullopt;
  KeyTest test{.attribute = tree.path(path).root(), .op = key_operator(node.kind), .values = {}};
  if (mirror) test.op = mirrored(test.op);
  for (const Node* operand = &first; operand; operand = tree.find(operand->next)) {
    if (operand == &path) continue;
    if (operand->kind != NodeKind::kValue) return std::nullopt;
    test.values.push_back(operand->value->second);
  }
  return test;
}

Result<KeyCondition> KeyCondition::parse(std::string_view text, Placeholders& placeholders) {
  TRY(Tree tree, parse_condition(text, kKind));
  tree.values = placeholders.values();
  TestCollection tests(tree);
  // Problems are told of in the order in which they are written. (behaviour/validation 7.2)
  for (NodeIndex index = 0; index < tree.nodes.size(); ++index) {
    TRY_VOID(bind_node(kKind, text, tree, tree[index], placeholders));
    TRY_VOID(tests.collect(index));
  }
  return KeyCondition{.tests = tests.take()};
}

Result<KeyBinding> bind_key_condition(const KeyCondition& condition, const KeySchema& keys) {
  const std::size_t attributes = keys.hash.size() + keys.range.size();
  if (condition.tests.size() > attributes && !condition.legacy) {
    return validation_error(str_cat("The number of query conditions (", condition.tests.size(),
                                    ") exceeds the number of key attributes defined in the schema (",
                                    attributes, ")"));
  }
  const bool composite = keys.hash.size() > 1 || keys.range.size() > 1;
  TRY_VOID(composite ? check_composite(condition, keys) : check_simple(condition, keys));
  for (const KeyTest& test : condition.tests) {
    if (test.op != KeyOperator::kNotIndexable) continue;
    return validation_error("Attempted conditional constraint is not an indexable operation");
  }

  KeyBinding binding;
  for (const KeyAttribute& attribute : keys.hash) {
    const KeyTest* test = find_test(condition, attribute.name);
    if (test->op != KeyOperator::kEqual) return validation_error(std::string(kNotSupported));
    TRY_VOID(check_values(*test, attribute));
    binding.hash.push_back(test->values.front());
  }
  for (const KeyAttribute& attribute : keys.range) {
    const KeyTest* test = find_test(condition, attribute.name);
    if (!test) break;
    TRY_VOID(check_values(*test, attribute));
    if (test->op == KeyOperator::kEqual) {
      binding.range_equal.push_back(test->values.front());
    } else {
      binding.range_test = *test;
    }
  }
  return binding;
}

}  // namespace tailrace::expression
