// SearchConditionExpression: which entries of a vector index a search compares. (Developer Guide,
// "SearchConditionExpression reference for vector indexes"; behaviour/dynamodb 4.13)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/expression/condition.h"
#include "server/expression/placeholders.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"

namespace tailrace::expression {

class SearchCondition {
 public:
  // Errors: syntax, and every operator but equality, AND, OR and NOT.
  static Result<SearchCondition> parse(std::string_view text, Placeholders& placeholders);

  // Against an index: only attributes of the search schema; the HASH element by equality, once, and
  // joined to the rest by AND. The value of the HASH element; nullopt: there is none.
  Result<std::optional<AttributeValue>> bind(const VectorSchema& vector) const;
  // `SearchConditionExpression must be provided when SearchSchema has a HASH key`
  static ApiError missing();

  bool evaluate(AttributeSource& entry) const { return condition_.evaluate(entry); }

 private:
  // That one attribute equals a value.
  struct Test {
    std::string attribute;
    std::vector<AttributeValue> values;
    bool conjunct = true;  // Holds whenever the whole does.
  };
  class Collection;

  SearchCondition(std::vector<Test> tests, Condition condition)
      : tests_(std::move(tests)), condition_(std::move(condition)) {}

  static Result<void> check_test(const Test& test, const SearchElement& element);

  std::vector<Test> tests_;
  Condition condition_;
};

}  // namespace tailrace::expression
