// ExecuteStatement, BatchExecuteStatement and ExecuteTransaction. (behaviour/dynamodb 4.4)
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/ops/reads/item_read.h"
#include "server/ops/partiql/next_token.h"
#include "server/call/operation.h"
#include "server/ops/partiql/partiql_statement.h"
#include "server/ops/reads/read_page.h"
#include "server/ops/items/transactions.h"

namespace tailrace::ops {

// --- ExecuteStatement.

struct ExecuteStatementInput {
  StatementRequest statement;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;
  std::optional<std::int64_t> limit;
  StatementContent content{};  // Of a SELECT; no other statement has pages.
  std::optional<NextToken> next_token;

  ReadMode read_mode() const;
};
struct SelectOutput {
  ItemRead read;
  Page page;
  std::optional<NextToken> next_token;
};
struct StatementWriteOutput {
  TablePtr table;
  WriteAction action;
  ItemWrite done;
};
using ExecuteStatementOutput = std::variant<SelectOutput, StatementWriteOutput>;

Result<ExecuteStatementInput> decode_execute_statement(const CallContext& context,
                                                       const json::Value& body);
Result<ExecuteStatementOutput> execute_statement(const CallContext& context,
                                                 Txn& txn,
                                                 const ExecuteStatementInput& in);
Result<std::string> encode_execute_statement(const CallContext& context,
                                             const ExecuteStatementInput& in,
                                             ExecuteStatementOutput& out);

// The SELECT of an ExecuteStatement (partiql_select.cc).
Result<SelectOutput> execute_select(const CallContext& context,
                                    Txn& txn,
                                    const ExecuteStatementInput& in);
std::string encode_select(const CallContext& context, SelectOutput& out);

// --- BatchExecuteStatement.

struct BatchStatementInput {
  std::vector<Result<StatementRequest>> statements;  // Refused ones are answered one by one.
  ReturnCapacity return_capacity = ReturnCapacity::kNone;

  ReadMode read_mode() const;
};
struct BatchStatementResult {
  std::optional<ApiError> error;
  bool ran = false;  // It got as far as its item.
  std::string item;  // JSON; empty: none.
};
struct BatchStatementOutput {
  std::vector<BatchStatementResult> results;  // As in the input.
  TableUnits units;
};

Result<BatchStatementInput> decode_batch_statement(const CallContext& context,
                                                   const json::Value& body);
Result<BatchStatementOutput> execute_batch_statement(const CallContext& context,
                                                     Txn& txn,
                                                     const BatchStatementInput& in);
void encode_batch_statement(const CallContext& context,
                            const BatchStatementInput& in,
                            const BatchStatementOutput& out,
                            JsonWriter& json);

// --- ExecuteTransaction.

struct StatementTransactionInput {
  std::vector<StatementRequest> statements;
  std::optional<RequestToken> token;
  ReturnCapacity return_capacity = ReturnCapacity::kNone;

  bool reads() const { return statements.front().is_read(); }
};
struct StatementTransactionOutput {
  std::vector<std::string> items;  // Of reads: JSON; empty: none.
  TableUnits units;
  CapacityKind capacity_kind = CapacityKind::kTransactionWrite;
};

Result<StatementTransactionInput> decode_statement_transaction(const CallContext& context,
                                                               const json::Value& body);
Result<StatementTransactionOutput> execute_statement_transaction(
    const CallContext& context, Txn& txn, const StatementTransactionInput& in);
void encode_statement_transaction(const CallContext& context,
                                  const StatementTransactionInput& in,
                                  const StatementTransactionOutput& out,
                                  JsonWriter& json);

}  // namespace tailrace::ops
