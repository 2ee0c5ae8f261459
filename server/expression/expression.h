// Expressions as operations use them: parsed and bound once, evaluated often. (spec dynamodb 2.8, 3)
// Every error is a ValidationException with AWS's text, `Invalid <X>Expression: ` prefix included where AWS has it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/base/result.h"
#include "storage/schema/table_schema.h"
#include "storage/value/attribute_value.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {

enum class ExpressionKind : std::uint8_t { kUpdate, kCondition, kKeyCondition, kFilter, kProjection };

// Names and values of a request, and which of them its expressions used.
class Placeholders {
 public:
  Placeholders() = default;
  Placeholders(std::map<std::string, std::string, std::less<>> names, AttributeMap values);

  const std::string* use_name(std::string_view reference);        // "#n"; nullptr: not defined.
  const AttributeValue* use_value(std::string_view reference);    // ":v"; nullptr: not defined.
  // `Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}`, then Values.
  Result<void> check_all_used() const;

 private:
  std::map<std::string, std::string, std::less<>> names_;
  AttributeMap values_;
  std::set<std::string, std::less<>> used_names_;
  std::set<std::string, std::less<>> used_values_;
};

// a.b[3].c: names and list indexes, the first element a name.
using PathElement = std::variant<std::string, std::size_t>;
struct Path {
  std::vector<PathElement> elements;
  const std::string& root() const { return std::get<std::string>(elements.front()); }
  bool is_top_level() const { return elements.size() == 1; }
  bool operator==(const Path&) const = default;
};
std::string path_text(const Path& path);  // [a, [3], b], as messages print it.
// Value at a path; nullptr: nothing is there.
const AttributeValue* resolve(AttributeSource& item, const Path& path);

// A bound condition or filter.
class Condition {
 public:
  static Result<Condition> parse(std::string_view text, ExpressionKind kind, Placeholders& placeholders);

  Condition(Condition&&) noexcept;
  Condition& operator=(Condition&&) noexcept;
  ~Condition();

  // Nothing is raised because of stored data.
  bool evaluate(AttributeSource& item) const;
  // Every path that it names, for the checks against key attributes.
  const std::vector<Path>& paths() const;
  std::string dump() const;  // S-expression, for tests: (and (= a :v) (not (< b c)))

  struct Node;
  explicit Condition(std::unique_ptr<Node> root, std::vector<Path> paths);

 private:
  std::unique_ptr<Node> root_;
  std::vector<Path> paths_;
};

// A bound projection.
class Projection {
 public:
  static Result<Projection> parse(std::string_view text, Placeholders& placeholders);
  // AttributesToGet: top-level names.
  static Projection of_names(const std::vector<std::string>& names);

  AttributeMap apply(AttributeSource& item) const;
  const std::vector<Path>& paths() const { return paths_; }

 private:
  std::vector<Path> paths_;
};

// A bound update.
struct UpdateResult {
  AttributeMap item;                        // The whole new item.
};

class Update {
 public:
  static Result<Update> parse(std::string_view text, Placeholders& placeholders);

  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;
  ~Update();

  // Rules against the table: key attributes are protected, key attributes take no document paths, index keys keep
  // their types where that is known statically. (spec dynamodb 3.5)
  Result<void> check_against(const TableSchema& table) const;
  // `old`: the item as it was; nullptr: there was none, then `key` is what the new item begins with.
  // All right-hand sides see the old item. Errors come from data (missing operand, wrong type, invalid path).
  // nullopt: the update creates nothing (only REMOVE or DELETE on a missing item).
  Result<std::optional<AttributeMap>> apply(const AttributeMap* old, const AttributeMap& key) const;

  // Paths that the update touches, for UPDATED_OLD and UPDATED_NEW.
  const std::vector<Path>& paths() const;
  // Fragments of `item` at the touched paths (spec dynamodb 4.1); empty: nothing is there.
  AttributeMap touched(const AttributeMap& item) const;
  // Bytes that AWS adds to the item's size before it compares with the limit (spec dynamodb 2.6).
  std::size_t size_cost() const;
  std::string dump() const;

  struct Tree;
  explicit Update(std::unique_ptr<Tree> tree);

 private:
  std::unique_ptr<Tree> tree_;
};

// One test on one key attribute.
enum class KeyOperator : std::uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kBetween, kBeginsWith };
struct KeyTest {
  std::string attribute;
  KeyOperator op = KeyOperator::kEqual;
  std::vector<AttributeValue> values;       // One, or two for BETWEEN.
};

// KeyConditionExpression: tests in the order written; checked against a key schema by KeyCondition::bind.
struct KeyCondition {
  std::vector<KeyTest> tests;
  static Result<KeyCondition> parse(std::string_view text, Placeholders& placeholders);
};
// What a Query walks: equality on every hash attribute, then tests on range attributes from the left.
struct KeyBinding {
  std::vector<AttributeValue> hash;         // One per hash attribute, in schema order.
  std::vector<AttributeValue> range_equal;  // Leading range attributes with equality.
  std::optional<KeyTest> range_test;        // On the range attribute after those; absent: all.
};
// Errors of the table kind (spec dynamodb 3.3, "Against the schema").
Result<KeyBinding> bind_key_condition(const KeyCondition& condition, const KeySchema& keys);

// --- Legacy parameters (spec dynamodb 3.6, 3.7, 3.8), decoded by server/ops into these.
enum class ComparisonOperator : std::uint8_t {
  kEq, kNe, kIn, kLe, kLt, kGe, kGt, kBetween, kNotNull, kNull, kContains, kNotContains, kBeginsWith,
};
std::string_view operator_name(ComparisonOperator op);
std::optional<ComparisonOperator> parse_operator(std::string_view name);

struct LegacyTest {
  std::string attribute;
  ComparisonOperator op = ComparisonOperator::kEq;
  std::vector<AttributeValue> values;
};
enum class ConditionalOperator : std::uint8_t { kAnd, kOr };
// Argument counts and types (spec dynamodb 3.6); QueryFilter, ScanFilter, KeyConditions and Expected.
Result<void> check_legacy_test(const LegacyTest& test);
Condition legacy_condition(std::vector<LegacyTest> tests, ConditionalOperator op);
Result<KeyCondition> legacy_key_condition(const std::vector<LegacyTest>& tests);

enum class UpdateAction : std::uint8_t { kPut, kAdd, kDelete };
struct LegacyUpdate {
  std::string attribute;
  UpdateAction action = UpdateAction::kPut;
  std::optional<AttributeValue> value;
};
Result<Update> legacy_update(std::vector<LegacyUpdate> updates);

}  // namespace tailrace::expression
