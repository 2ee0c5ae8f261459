// TransactWriteItems and TransactGetItems. (behaviour/dynamodb 4.3)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/ops/items/capacity.h"
#include "server/call/operation.h"
#include "server/ops/items/request_tokens.h"
#include "server/ops/items/write_action.h"

namespace tailrace::ops {

inline constexpr std::size_t kTransactionBytesMax = 4 * 1024 * 1024;

// What a transaction consumed of each table, in order of first mention.
class TableUnits {
 public:
  // Remembers the schema as long as the units.
  Consumed& of(const std::string& table_as_sent, const TablePtr& table);
  // The member ConsumedCapacity, if it is asked.
  void append(JsonWriter& json, ReturnCapacity detail, CapacityKind kind) const;

 private:
  struct Entry {
    std::string table_as_sent;
    TablePtr table;
    Consumed consumed;
  };
  std::vector<Entry> entries_;
};

// --- TransactWriteItems.

struct TransactWriteInput {
  std::vector<WriteAction> actions;
  std::optional<RequestToken> token;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;
  ReturnMetrics return_metrics = ReturnMetrics::kNone;
};
struct TransactWriteOutput {
  std::vector<TablePtr> tables;  // Of the actions; none in a replay.
  TableUnits units;
  CapacityKind capacity_kind = CapacityKind::kTransactionWrite;
};

Result<TransactWriteInput> decode_transact_write(const CallContext& context,
                                                 const json::Value& body);
Result<TransactWriteOutput> execute_transact_write(const CallContext& context,
                                                   Txn& txn,
                                                   const TransactWriteInput& in);
// The same without asking whether the token was seen before.
Result<TransactWriteOutput> write_transaction(const CallContext& context,
                                              Txn& txn,
                                              const TransactWriteInput& in);
TransactWriteOutput replayed(const std::vector<ReplayUnits>& replay);
void encode_transact_write(const CallContext& context,
                           const TransactWriteInput& in,
                           const TransactWriteOutput& out,
                           JsonWriter& json);

// --- TransactGetItems.

struct TransactGet {
  TableName table;
  std::string table_as_sent;
  AttributeMap key;
  std::optional<expression::Projection> projection;
};
struct TransactGetInput {
  std::vector<TransactGet> gets;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;
};
struct TransactGetOutput {
  std::vector<std::optional<ItemRow>> rows;
  TableUnits units;
};

Result<TransactGetInput> decode_transact_get(const CallContext& context, const json::Value& body);
Result<TransactGetOutput> execute_transact_get(const CallContext& context,
                                               Txn& txn,
                                               const TransactGetInput& in);
Result<std::string> encode_transact_get(const CallContext& context,
                                        const TransactGetInput& in,
                                        TransactGetOutput& out);

// `Transaction request cannot include multiple operations on one item`
ApiError several_operations_on_one_item();
// ValidationException for more than 4 MB.
Result<void> check_transaction_size(std::size_t bytes);

}  // namespace tailrace::ops
