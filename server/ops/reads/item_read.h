// What Query and Scan have in common: members, Select, and the rules about indexes.
// (behaviour/dynamodb 5)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/call/operation.h"
#include "server/call/request_members.h"
#include "server/expression/expression.h"

namespace tailrace::ops {

enum class Select : std::uint8_t { kAllAttributes, kAllProjected, kSpecific, kCount };

struct ItemRead {
  TableName table;
  std::string table_as_sent;
  std::optional<std::string> index_name;
  Consistency consistency = Consistency::kEventual;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;
  std::optional<std::int64_t> limit;
  Select select = Select::kAllAttributes;
  std::optional<expression::Condition> filter;
  std::optional<expression::Projection> projection;
  std::optional<AttributeMap> start_key;
};

// Table, index, consistency, capacity, limit.
Result<ItemRead> begin_read(const CallContext& context, const json::Value& body);

enum class ReadKind : std::uint8_t { kQuery, kScan };
// Select, against the projections of the request. Absent: by index or table.
// (behaviour/validation 10)
Result<Select> decode_select(const json::Value& body);
// `Invalid FilterExpression: The expression can not be empty;`
Result<void> check_expressions_not_empty(const json::Value& body);

// What is read: a table, or one of its indexes.
struct ReadSource {
  TablePtr table;
  const IndexSchema* index = nullptr;

  const KeySchema& keys() const { return index != nullptr ? index->keys : table->keys; }
};
// Table and index exist and can be read with the consistency that is asked.
Result<ReadSource> find_source(const CallContext& context, const ItemRead& read);
Result<void> check_index_is_filled(const IndexSchema& index);
// The index has the attribute. `source` is an index.
bool projects(const ReadSource& source, std::string_view attribute);
// ALL_ATTRIBUTES needs a global index that has them.
Result<void> check_select_of_index(const ReadSource& source, Select select);

// A global index has what is asked of it: by projections, and by filters of a Query. (Developer
// Guide, "Global secondary indexes": queries can only ask for projected attributes)
Result<void> check_projected(const ReadSource& source, const ItemRead& read, ReadKind kind);

// Local indexes give what they do not hold from the table, at a price.
enum class TableFetch : std::uint8_t { kNone, kEachItem };
TableFetch table_fetch(const ReadSource& source, const ItemRead& read);

}  // namespace tailrace::ops
