// ExecuteTransaction: up to 100 reads, or up to 100 writes and EXISTS checks, as one.
// (behaviour/dynamodb 4.3, 4.4)
#include <utility>

#include "server/ops/items/cancellation.h"
#include "server/ops/items/capacity.h"
#include "server/ops/partiql/partiql.h"
#include "storage/base/str_cat.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using partiql::BoundSelect;
using partiql::ItemPlan;

constexpr std::string_view kOperationName = "ExecuteTransaction";

ApiError refused(std::size_t position, std::string_view why) {
  return validation_error(
      str_cat("Validation failed in TransactStatements[", position, "]: ", why));
}

Result<void> check_statement(const StatementRequest& statement, std::size_t position) {
  if (partiql::returning_of(statement.bound))
    return refused(position, "RETURNING clause is not supported in ExecuteTransaction.");
  if (partiql::table_of(statement.bound).index)
    return refused(position, "Reads on indices are not supported within transactions.");
  return {};
}

// --- Writes.

// The tables of the statements. Error: a cancellation that tells which are missing.
Result<std::vector<TablePtr>> find_tables(const CallContext& context,
                                          const StatementTransactionInput& in) {
  std::vector<TablePtr> tables;
  Cancellation cancellation(in.statements.size());
  for (std::size_t i = 0; i < in.statements.size(); ++i) {
    auto table = context.world.catalog.require(in.statements[i].table);
    if (!table)
      cancellation.fail(i, table.error());
    else
      tables.push_back(*std::move(table));
  }
  if (cancellation.failed()) return cancellation.error();
  return tables;
}

Result<TransactWriteInput> bind_writes(const CallContext& context,
                                       const StatementTransactionInput& in) {
  TransactWriteInput writes{.actions = {},
                            .token = in.token,
                            .return_capacity = in.return_capacity,
                            .return_metrics = ReturnMetrics::kNone};
  TRY(const std::vector<TablePtr> tables, find_tables(context, in));
  Cancellation cancellation(in.statements.size());
  for (std::size_t i = 0; i < in.statements.size(); ++i) {
    auto action = write_action_of(in.statements[i], *tables[i], KeyTypes::kLeft);
    if (!action) {
      cancellation.fail(i, action.error());
      continue;
    }
    writes.actions.push_back(*std::move(action));
  }
  if (cancellation.failed()) return cancellation.error();
  return writes;
}

Result<StatementTransactionOutput> execute_writes(const CallContext& context,
                                                  Txn& txn,
                                                  const StatementTransactionInput& in) {
  TransactWriteOutput out;
  if (in.token) {
    TRY(const auto replay, find_replay(txn, context.caller, *in.token, context.world.clock.now()));
    if (replay) {
      out = replayed(*replay);
      return StatementTransactionOutput{
          .items = {}, .units = std::move(out.units), .capacity_kind = out.capacity_kind};
    }
  }
  TRY(const TransactWriteInput writes, bind_writes(context, in));
  TRY(out, write_transaction(context, txn, writes));
  return StatementTransactionOutput{
      .items = {}, .units = std::move(out.units), .capacity_kind = out.capacity_kind};
}

// --- Reads.

Result<StatementTransactionOutput> execute_reads(const CallContext& context,
                                                 Txn& txn,
                                                 const StatementTransactionInput& in) {
  TransactGetInput gets{.gets = {}, .return_capacity = in.return_capacity};
  std::vector<ItemPlan> plans;
  TRY(const std::vector<TablePtr> tables, find_tables(context, in));
  Cancellation cancellation(in.statements.size());
  for (std::size_t i = 0; i < in.statements.size(); ++i) {
    const StatementRequest& statement = in.statements[i];
    const auto& select = std::get<BoundSelect>(statement.bound);
    TRY(auto plan, partiql::plan_item(select.where, tables[i]->keys, partiql::Presence::kAny));
    plans.push_back(ItemPlan());
    if (!plan || plan->condition) {
      cancellation.fail(i, validation_error(
                               "Select statements within ExecuteTransaction must specify the "
                               "primary key in the where clause."));
      continue;
    }
    gets.gets.push_back({.table = statement.table,
                         .table_as_sent = statement.table_as_sent,
                         .key = plan->key,
                         .projection = select.projection});
    plans.back() = *std::move(plan);
  }
  if (cancellation.failed()) return cancellation.error();
  TRY(TransactGetOutput got, execute_transact_get(context, txn, gets));
  StatementTransactionOutput out{.items = {},
                                 .units = std::move(got.units),
                                 .capacity_kind = CapacityKind::kTransactionRead};
  for (std::size_t i = 0; i < plans.size(); ++i) {
    std::string item =
        selected_item(std::get<BoundSelect>(in.statements[i].bound), plans[i], got.rows[i]);
    out.items.push_back(item == "{}" ? std::string() : std::move(item));
  }
  return out;
}

}  // namespace

Result<StatementTransactionInput> decode_statement_transaction(const CallContext& context,
                                                               const json::Value& body) {
  StatementTransactionInput in{
      .statements = {}, .token = std::nullopt, .return_capacity = return_capacity_of(body)};
  const json::Value& elements = *json::find(body, "TransactStatements");
  for (const json::Value& element : elements.GetArray()) {
    auto statement = decode_statement(context, element);
    if (!statement) return refused(in.statements.size(), statement.error().message);
    in.statements.push_back(*std::move(statement));
  }
  for (const StatementRequest& statement : in.statements)
    if (statement.is_read() != in.reads())
      return validation_error(
          "ExecuteTransaction API does not support both read and write operations in the same "
          "request.");
  for (std::size_t i = 0; i < in.statements.size(); ++i)
    TRY_VOID(check_statement(in.statements[i], i));
  if (const auto token = json::optional_string(body, "ClientRequestToken"))
    in.token = make_request_token(kOperationName, *token, json::canonical_text(elements));
  return in;
}

Result<StatementTransactionOutput> execute_statement_transaction(
    const CallContext& context, Txn& txn, const StatementTransactionInput& in) {
  return in.reads() ? execute_reads(context, txn, in) : execute_writes(context, txn, in);
}

void encode_statement_transaction(const CallContext&,
                                  const StatementTransactionInput& in,
                                  const StatementTransactionOutput& out,
                                  JsonWriter& json) {
  json.begin_object().key("Responses").begin_array();
  for (const std::string& item : out.items) {
    json.begin_object();
    if (!item.empty()) json.raw("Item", item);
    json.end_object();
  }
  json.end_array();
  out.units.append(json, in.return_capacity, out.capacity_kind);
  json.end_object();
}

}  // namespace tailrace::ops
