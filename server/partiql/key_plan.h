// WHERE against the keys of a table or an index: which items a statement means, and what is left of
// the condition. (behaviour/dynamodb 4.4)
#pragma once

#include <optional>
#include <vector>

#include "server/expression/condition.h"
#include "server/expression/key_condition.h"
#include "server/partiql/bind.h"
#include "storage/schema/table_schema.h"

namespace tailrace::partiql {

// A partition key may be one of at most so many values. (Developer Guide, "PartiQL … operators")
inline constexpr std::size_t kPartitionsMax = 50;

// What a SELECT walks.
struct ReadPlan {
  // One by one in this order; none: everything.
  std::vector<expression::KeyBinding> partitions;
  std::optional<expression::Condition> filter;
};
// Errors: values that the keys cannot have, too many partitions, alternatives that mean the same
// rows.
Result<ReadPlan> plan_read(const Where& where, const KeySchema& keys);

enum class RowOrder : std::uint8_t { kAscending, kDescending };
// ORDER BY: brings the partitions into its order; the order of the rows within one. Errors: it
// needs a partition key condition, and keys.
Result<RowOrder> apply_order(const std::vector<OrderKey>& order_by,
                             const KeySchema& keys,
                             ReadPlan& plan);

// The one item that WHERE gives the whole key of.
struct ItemPlan {
  AttributeMap key;
  std::optional<expression::Condition> condition;  // The other tests, and what Presence adds.
  bool only_key = false;                           // There are no other tests.
};
// What the condition says of an item that is not there: nothing of its own; that it must be there;
// that then nothing else is asked (DELETE).
enum class Presence : std::uint8_t { kAny, kRequired, kMissingPasses };
// nullopt: WHERE does not have equality on all key attributes. Errors: it has several on one.
Result<std::optional<ItemPlan>> plan_item(const Where& where,
                                          const KeySchema& keys,
                                          Presence presence);
// Errors: a value that no key can have, or another than the schema's type.
Result<void> check_key_type(const KeyAttribute& attribute, const AttributeValue& value);

}  // namespace tailrace::partiql
