#include "server/expression/search_condition.h"

#include <algorithm>
#include <utility>

#include "server/expression/bind.h"
#include "server/expression/condition_parser.h"
#include "server/expression/token_stream.h"
#include "storage/base/str_cat.h"

namespace tailrace::expression {
namespace {

constexpr auto kKind = ExpressionKind::kSearchCondition;

ApiError invalid_comparator() {
  return expression_error(kKind, "Invalid comparator used in SearchConditionExpression");
}
ApiError invalid_operator() {
  return expression_error(kKind, "Invalid operator used in SearchConditionExpression");
}

bool is_comparison(NodeKind kind) {
  return is_comparator(kind) || kind == NodeKind::kBetween || kind == NodeKind::kIn;
}

bool is_empty(const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) return text->empty();
  if (const auto* binary = value.as<Binary>()) return binary->bytes.empty();
  return false;
}

}  // namespace

class SearchCondition::Collection {
 public:
  explicit Collection(const Tree& tree) : tree_(tree) {}

  Result<void> collect(const Node& node, bool conjunct) {
    if (node.kind == NodeKind::kAnd || node.kind == NodeKind::kOr || node.kind == NodeKind::kNot) {
      const bool inner = conjunct && node.kind == NodeKind::kAnd;
      for (const Node* part = tree_.find(node.first); part; part = tree_.find(part->next))
        TRY_VOID(collect(*part, inner));
      return {};
    }
    // What attributes are compared with is equality alone, although the model documents more.
    // (behaviour/dynamodb 4.13)
    if (is_comparison(node.kind) && node.kind != NodeKind::kEqual) return invalid_comparator();
    if (node.kind != NodeKind::kEqual) return invalid_operator();
    return collect_test(node, conjunct);
  }
  std::vector<Test> take() { return std::move(tests_); }

 private:
  Result<void> collect_test(const Node& node, bool conjunct) {
    Test test{.attribute = {}, .values = {}, .conjunct = conjunct};
    int paths = 0;
    for (const Node* operand = tree_.find(node.first); operand;
         operand = tree_.find(operand->next)) {
      if (operand->kind == NodeKind::kValue) {
        test.values.push_back(operand->value->second);
        continue;
      }
      if (operand->kind != NodeKind::kPath) return invalid_operator();
      if (!tree_.path(*operand).is_top_level()) {
        return expression_error(
            kKind, "SearchConditionExpressions cannot have conditions on nested attributes");
      }
      test.attribute = tree_.path(*operand).root();
      ++paths;
    }
    if (paths != 1) {
      return expression_error(
          kKind, str_cat("Invalid condition in SearchConditionExpression: ",
                         paths == 0 ? "No attribute specified"
                                    : "Multiple attribute names used in one condition"));
    }
    tests_.push_back(std::move(test));
    return {};
  }

  const Tree& tree_;
  std::vector<Test> tests_;
};

Result<SearchCondition> SearchCondition::parse(std::string_view text, Placeholders& placeholders) {
  TRY(Tree tree, parse_condition(text, kKind));
  TRY_VOID(bind_condition(kKind, text, tree, placeholders));
  Collection tests(tree);
  TRY_VOID(tests.collect(tree[tree.root], true));
  return SearchCondition(tests.take(), Condition(std::move(tree)));
}

ApiError SearchCondition::missing() {
  return validation_error(
      "SearchConditionExpression must be provided when SearchSchema has a HASH key");
}

Result<void> SearchCondition::check_test(const Test& test, const SearchElement& element) {
  const bool hash = element.role == SearchRole::kHash;
  if (hash && !test.conjunct) return invalid_operator();
  const bool typed = std::all_of(
      test.values.begin(), test.values.end(),
      [&](const AttributeValue& value) { return value.type() == element.attribute.type; });
  if (!typed) {
    return validation_error(
        "One or more parameter values were invalid: Condition parameter type does not match "
        "schema type");
  }
  if (!hash || !is_empty(test.values.front())) return {};
  return validation_error(
      str_cat("One or more parameter values are not valid. The AttributeValue for a key attribute "
              "cannot contain an empty ",
              element.attribute.type == AttributeType::kB ? "binary" : "string",
              " value. Key: ", element.attribute.name));
}

Result<std::optional<AttributeValue>> SearchCondition::bind(const VectorSchema& vector) const {
  std::optional<AttributeValue> hash;
  for (const Test& test : tests_) {
    const SearchElement* element = vector.find(test.attribute);
    if (element == nullptr) {
      return validation_error(
          str_cat("SearchConditionExpression must not contain any attributes that is not in "
                  "SearchSchema. Invalid attribute: ",
                  test.attribute));
    }
    TRY_VOID(check_test(test, *element));
    if (element->role != SearchRole::kHash) continue;
    if (hash) {
      return expression_error(
          kKind, "SearchConditionExpressions must only contain one condition per HASH key");
    }
    hash = test.values.front();
  }
  const bool needs_hash =
      std::any_of(vector.search_schema.begin(), vector.search_schema.end(),
                  [](const SearchElement& each) { return each.role == SearchRole::kHash; });
  if (needs_hash && !hash) return missing();
  return hash;
}

}  // namespace tailrace::expression
