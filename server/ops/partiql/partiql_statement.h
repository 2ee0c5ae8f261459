// One PartiQL statement of a request, and the action that it becomes when it meets its table.
// (behaviour/dynamodb 4.4)
#pragma once

#include <string>

#include "server/call/operation.h"
#include "server/call/request_members.h"
#include "server/ops/items/write_action.h"
#include "server/partiql/bind.h"
#include "server/partiql/key_plan.h"

namespace tailrace::ops {

struct StatementRequest {
  partiql::BoundStatement bound;
  TableName table;
  std::string table_as_sent;
  Consistency consistency = Consistency::kEventual;
  ReturnOnFailure on_failure = ReturnOnFailure::kNone;

  bool is_read() const { return partiql::is_read(bound); }
};

// Reads Statement, Parameters, ConsistentRead and ReturnValuesOnConditionCheckFailure. Errors: what
// needs no table.
Result<StatementRequest> decode_statement(const CallContext& context, const json::Value& members);

// Whether a key of the wrong type is told of here, in PartiQL's words, or left to the transaction.
enum class KeyTypes : std::uint8_t { kChecked, kLeft };
// A statement that writes, or EXISTS. Errors: `Where clause does not contain a mandatory equality
// on all key attributes`, and other faults of its key.
Result<WriteAction> write_action_of(const StatementRequest& statement,
                                    const TableSchema& table,
                                    KeyTypes key_types = KeyTypes::kChecked);
// Errors: as partiql::check_key_type, of each key attribute.
Result<void> check_key_types(const TableSchema& table, const AttributeMap& key);
// Item of RETURNING, as JSON; empty: there is none.
std::string returned_item(const StatementRequest& statement,
                          const WriteAction& action,
                          const ItemWrite& done);

// What a SELECT of one item gives of it, as JSON; empty: nothing.
std::string selected_item(const partiql::BoundSelect& select,
                          const partiql::ItemPlan& plan,
                          const std::optional<ItemRow>& row);

}  // namespace tailrace::ops
