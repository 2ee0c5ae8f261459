// BatchGetItem and BatchWriteItem. (behaviour/dynamodb 4.2)
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/expression/expression.h"
#include "server/ops/items/capacity.h"
#include "server/call/operation.h"
#include "server/ops/items/write_action.h"

namespace tailrace::ops {

inline constexpr std::size_t kBatchGetKeysMax = 100;
inline constexpr std::size_t kBatchWriteRequestsMax = 25;
inline constexpr std::size_t kBatchGetBytesMax = 16 * 1024 * 1024;

// --- BatchGetItem.

struct BatchGetTable {
  TableName table;
  std::string table_as_sent;
  std::vector<AttributeMap> keys;
  std::optional<expression::Projection> projection;
  Consistency consistency = Consistency::kEventual;
  std::string options_json;  // Members beside Keys, `"ConsistentRead":true`, for UnprocessedKeys.
};
struct BatchGetInput {
  std::vector<BatchGetTable> tables;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;

  // One table that asks for consistency asks for all.
  ReadMode read_mode() const;
};
struct BatchGetTableResult {
  std::vector<ItemRow> rows;
  std::size_t processed = 0;  // Keys looked up; the rest is unprocessed.
  Consumed consumed;
};
struct BatchGetOutput {
  std::vector<BatchGetTableResult> tables;  // As in the input.
};

Result<BatchGetInput> decode_batch_get(const CallContext& context, const json::Value& body);
Result<BatchGetOutput> execute_batch_get(const CallContext& context,
                                         Txn& txn,
                                         const BatchGetInput& in);
Result<std::string> encode_batch_get(const CallContext& context,
                                     const BatchGetInput& in,
                                     BatchGetOutput& out);

// --- BatchWriteItem.

struct BatchWriteTable {
  TableName table;
  std::string table_as_sent;
  std::vector<WriteAction> actions;  // Puts and deletes without conditions.
};
struct BatchWriteInput {
  std::vector<BatchWriteTable> tables;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;
  ReturnMetrics return_metrics = ReturnMetrics::kNone;
};
struct BatchWriteOutput {
  std::vector<TablePtr> tables;    // As in the input.
  std::vector<Consumed> consumed;  // As in the input.
  // Actions whose items a transaction holds; per table of the input, indexes of its actions.
  std::vector<std::vector<std::size_t>> unprocessed;
};

Result<BatchWriteInput> decode_batch_write(const CallContext& context, const json::Value& body);
Result<BatchWriteOutput> execute_batch_write(const CallContext& context,
                                             Txn& txn,
                                             const BatchWriteInput& in);
void encode_batch_write(const CallContext& context,
                        const BatchWriteInput& in,
                        const BatchWriteOutput& out,
                        JsonWriter& json);

}  // namespace tailrace::ops
