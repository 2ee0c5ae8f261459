// KeyConditionExpression and the legacy KeyConditions: which part of a table or index a Query
// walks. (behaviour/dynamodb 3.3)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/expression/placeholders.h"
#include "server/expression/tree.h"
#include "storage/base/result.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"

namespace tailrace::expression {

// One test on one key attribute.
enum class KeyOperator : std::uint8_t {
  kEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,
  kBeginsWith,
  kNotIndexable,  // Legacy operators that no key takes: NE, NULL, NOT_NULL, IN, CONTAINS,
                  // NOT_CONTAINS.
};
struct KeyTest {
  std::string attribute;
  KeyOperator op = KeyOperator::kEqual;
  std::vector<AttributeValue> values;  // One, or two for BETWEEN.
};

// What a node of a bound condition is as a test on a key: one top-level attribute against literals;
// nullopt: anything else.
std::optional<KeyTest> key_test(const Tree& tree, const Node& node);

// Tests in the order written, at most one per attribute; bind_key_condition checks them against a
// key schema.
struct KeyCondition {
  std::vector<KeyTest> tests;
  bool legacy = false;  // Of KeyConditions, whose number has a text of its own.
  static Result<KeyCondition> parse(std::string_view text, Placeholders& placeholders);
};

// What a Query walks: equality on every hash attribute, then tests on range attributes from the
// left.
struct KeyBinding {
  std::vector<AttributeValue> hash;         // One per hash attribute, in schema order.
  std::vector<AttributeValue> range_equal;  // Leading range attributes with equality.
  std::optional<KeyTest> range_test;        // On the range attribute after those; absent: all.
};
// Errors: ValidationException, "Against the schema" of behaviour/dynamodb 3.3.
Result<KeyBinding> bind_key_condition(const KeyCondition& condition, const KeySchema& keys);

}  // namespace tailrace::expression
