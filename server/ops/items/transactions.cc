#include "server/ops/items/transactions.h"
#include "server/ops/items/operations.h"

#include <algorithm>
#include <utility>

namespace tailrace::ops {
namespace {

constexpr Operation kTransactionOperations[] = {
    operation<decode_transact_write, execute_transact_write, encode_transact_write>(
        kDynamoDb, "TransactWriteItems"),
    operation<decode_transact_get, execute_transact_get, encode_transact_get>(kDynamoDb,
                                                                              "TransactGetItems"),
};

}  // namespace

std::span<const Operation> transaction_operations() {
  return kTransactionOperations;
}

Consumed& TableUnits::of(const std::string& table_as_sent, const TablePtr& table) {
  for (Entry& entry : entries_)
    if (entry.table_as_sent == table_as_sent) return entry.consumed;
  return entries_.emplace_back(Entry{table_as_sent, table, {}}).consumed;
}

void TableUnits::append(JsonWriter& json, ReturnCapacity detail, CapacityKind kind) const {
  if (detail == ReturnCapacity::kNone) return;
  json.key("ConsumedCapacity").begin_array();
  for (const Entry& entry : entries_)
    append_consumed(json, entry.table_as_sent, entry.consumed, detail, kind);
  json.end_array();
}

ApiError several_operations_on_one_item() {
  return validation_error("Transaction request cannot include multiple operations on one item");
}

Result<void> check_transaction_size(std::size_t bytes) {
  if (bytes <= kTransactionBytesMax) return {};
  return validation_error("Aggregated transaction size cannot exceed 4194304 bytes");
}

}  // namespace tailrace::ops
