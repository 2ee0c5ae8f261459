#include "server/ops/partiql/partiql.h"

#include <utility>

#include "server/ops/items/capacity.h"
#include "server/ops/partiql/operations.h"
#include "server/partiql/expression_parser.h"
#include "storage/table/catalog.h"
#include "storage/value/md5.h"

namespace tailrace::ops {
namespace {

constexpr Operation kPartiqlOperations[] = {
    operation<decode_execute_statement, execute_statement, encode_execute_statement>(
        kDynamoDb, "ExecuteStatement"),
    operation<decode_batch_statement, execute_batch_statement, encode_batch_statement>(
        kDynamoDb, "BatchExecuteStatement"),
    operation<decode_statement_transaction,
              execute_statement_transaction,
              encode_statement_transaction>(kDynamoDb, "ExecuteTransaction"),
};

StatementContent content_of(const json::Value& body) {
  Md5 content;
  content.update(json::string_or(body, "Statement"));
  if (const json::Value* list = json::find(body, "Parameters")) {
    content.update(Bytes("\0", 1));
    content.update(json::canonical_text(*list));
  }
  return content.finish();
}

// The service cannot continue such a statement.
bool has_document_parameter(const json::Value& body) {
  const json::Value* list = json::find(body, "Parameters");
  if (list == nullptr) return false;
  for (const json::Value& parameter : list->GetArray()) {
    if (json::find(parameter, "L") != nullptr || json::find(parameter, "M") != nullptr)
      return true;
  }
  return false;
}

Result<StatementWriteOutput> execute_statement_write(const CallContext& context,
                                                     Txn& txn,
                                                     const StatementRequest& statement) {
  TRY(TablePtr table, context.world.catalog.require(statement.table));
  TRY(WriteAction action, write_action_of(statement, *table));
  TRY(ItemWrite done, write_item(context, txn, *table, action));
  return StatementWriteOutput{
      .table = std::move(table), .action = std::move(action), .done = std::move(done)};
}

std::string encode_write(const ExecuteStatementInput& in, const StatementWriteOutput& out) {
  std::string body = "{\"Items\":[";
  body += returned_item(in.statement, out.action, out.done);
  body.push_back(']');
  if (in.return_capacity != ReturnCapacity::kNone) {
    Consumed consumed{.table = write_units(out.done.written.image_bytes), .indexes = {}};
    consumed.add_index_writes(out.done.written.effect);
    body.append(",\"ConsumedCapacity\":");
    JsonWriter json(body);
    append_consumed(json, in.statement.table_as_sent, consumed, in.return_capacity);
  }
  body.push_back('}');
  return body;
}

}  // namespace

std::span<const Operation> partiql_operations() {
  return kPartiqlOperations;
}

ReadMode ExecuteStatementInput::read_mode() const {
  return statement.is_read() ? read_mode_of(statement.consistency) : ReadMode::kStrong;
}

Result<ExecuteStatementInput> decode_execute_statement(const CallContext& context,
                                                       const json::Value& body) {
  TRY(StatementRequest statement, decode_statement(context, body));
  if (std::holds_alternative<partiql::BoundExists>(statement.bound))
    return partiql::exists_elsewhere();
  ExecuteStatementInput in{.statement = std::move(statement),
                           .return_capacity = return_capacity_of(body),
                           .limit = json::optional_int(body, "Limit"),
                           .content = {},
                           .next_token = std::nullopt};
  if (in.statement.is_read()) in.content = content_of(body);
  if (const json::Value* token = json::find(body, "NextToken")) {
    TRY(in.next_token,
        decode_next_token(context.world.stream_log.iterator_key(), json::view(*token)));
    if (in.next_token->content != in.content || has_document_parameter(body))
      return foreign_next_token();
  }
  return in;
}

Result<ExecuteStatementOutput> execute_statement(const CallContext& context,
                                                 Txn& txn,
                                                 const ExecuteStatementInput& in) {
  if (in.statement.is_read()) {
    TRY(SelectOutput out, execute_select(context, txn, in));
    return ExecuteStatementOutput(std::move(out));
  }
  TRY(StatementWriteOutput out, execute_statement_write(context, txn, in.statement));
  return ExecuteStatementOutput(std::move(out));
}

Result<std::string> encode_execute_statement(const CallContext& context,
                                             const ExecuteStatementInput& in,
                                             ExecuteStatementOutput& out) {
  if (auto* select = std::get_if<SelectOutput>(&out)) return encode_select(context, *select);
  return encode_write(in, std::get<StatementWriteOutput>(out));
}

}  // namespace tailrace::ops
