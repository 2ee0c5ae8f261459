// BatchExecuteStatement: up to 25 statements, each on its own. (behaviour/dynamodb 4.4, 5.7)
#include <algorithm>
#include <set>
#include <utility>

#include "server/ops/items/cancellation.h"
#include "server/ops/items/capacity.h"
#include "server/ops/items/key_rules.h"
#include "server/ops/partiql/partiql.h"
#include "server/partiql/expression_parser.h"
#include "storage/schema/key_layout.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using partiql::BoundSelect;
using partiql::ItemPlan;

// A statement that has met its table.
struct Member {
  TablePtr table;
  std::variant<ItemPlan, WriteAction> what;

  const AttributeMap& key_attributes() const {
    const auto* plan = std::get_if<ItemPlan>(&what);
    return plan != nullptr ? plan->key : std::get<WriteAction>(what).key_attributes();
  }
};

Result<ItemPlan> plan_select(const BoundSelect& select, const TableSchema& table) {
  std::optional<ItemPlan> plan;
  if (!select.from.index) {
    TRY(plan, partiql::plan_item(select.where, table.keys, partiql::Presence::kAny));
  }
  if (!plan || plan->condition)
    return validation_error(
        "Select statements within BatchExecuteStatement must specify the primary key in the where "
        "clause.");
  TRY_VOID(check_key_types(table, plan->key));
  TRY_VOID(check_key(table, plan->key));
  if (select.projection) TRY_VOID(expression::check_key_paths(select.projection->paths(), table));
  return *std::move(plan);
}

Result<Member> meet_table(const CallContext& context, const StatementRequest& statement) {
  Member member;
  TRY(member.table, context.world.catalog.require(statement.table));
  if (const auto* select = std::get_if<BoundSelect>(&statement.bound)) {
    TRY(member.what, plan_select(*select, *member.table));
  } else {
    TRY(WriteAction action, write_action_of(statement, *member.table));
    TRY_VOID(check_keys(*member.table, action));
    member.what = std::move(action);
  }
  return member;
}

void run_read(Txn& txn,
              const StatementRequest& statement,
              const Member& member,
              BatchStatementResult& result,
              Consumed& consumed) {
  const auto& plan = std::get<ItemPlan>(member.what);
  const auto row = find_item(txn, *member.table, plan.key);
  consumed.table += read_units(row ? (*row)->size() : 0, statement.consistency);
  result.item = selected_item(std::get<BoundSelect>(statement.bound), plan, row);
}

void run_write(const CallContext& context,
               Txn& txn,
               const StatementRequest& statement,
               const Member& member,
               BatchStatementResult& result,
               Consumed& consumed) {
  const auto& action = std::get<WriteAction>(member.what);
  auto done = write_item(context, txn, *member.table, action);
  if (!done) {
    // What failed has looked at the item, and is charged for that.
    const auto row = find_item(txn, *member.table, action.key_attributes());
    consumed.table += write_units(row ? (*row)->size() : 0);
    result.error = std::move(done).error();
    return;
  }
  consumed.table += write_units(done->written.image_bytes);
  consumed.add_index_writes(done->written.effect);
  result.item = returned_item(statement, action, *done);
}

Result<void> check_distinct_items(const std::vector<Result<Member>>& members) {
  std::set<Buffer> items;
  for (const Result<Member>& member : members) {
    if (!member) continue;
    if (!items.insert(keys::item(*member->table, member->key_attributes())).second)
      return validation_error("Provided list of item keys contains duplicates");
  }
  return {};
}

void append_error(JsonWriter& json, const ApiError& error) {
  json.key("Error").begin_object();
  json.string("Code", short_code(error)).string("Message", error.message);
  if (const std::string_view item = failed_item(error); !item.empty()) json.raw("Item", item);
  json.end_object();
}

}  // namespace

ReadMode BatchStatementInput::read_mode() const {
  for (const Result<StatementRequest>& statement : statements)
    if (statement && (!statement->is_read() || statement->consistency == Consistency::kStrong))
      return ReadMode::kStrong;
  return ReadMode::kEventual;
}

Result<BatchStatementInput> decode_batch_statement(const CallContext& context,
                                                   const json::Value& body) {
  BatchStatementInput in{.statements = {}, .return_capacity = return_capacity_of(body)};
  bool reads = false;
  bool writes = false;
  for (const json::Value& element : json::find(body, "Statements")->GetArray()) {
    auto statement = decode_statement(context, element);
    if (statement) {
      (statement->is_read() ? reads : writes) = true;
      if (std::holds_alternative<partiql::BoundExists>(statement->bound))
        statement = partiql::exists_elsewhere();
    }
    in.statements.push_back(std::move(statement));
  }
  if (reads && writes)
    return validation_error("Read and write requests together in the same batch is not supported.");
  return in;
}

Result<BatchStatementOutput> execute_batch_statement(const CallContext& context,
                                                     Txn& txn,
                                                     const BatchStatementInput& in) {
  std::vector<Result<Member>> members;
  for (const Result<StatementRequest>& statement : in.statements) {
    if (statement)
      members.push_back(meet_table(context, *statement));
    else
      members.emplace_back(statement.error());
  }
  TRY_VOID(check_distinct_items(members));
  BatchStatementOutput out;
  for (std::size_t i = 0; i < members.size(); ++i) {
    BatchStatementResult& result = out.results.emplace_back();
    if (!members[i]) {
      result.error = members[i].error();
      continue;
    }
    const StatementRequest& statement = *in.statements[i];
    Consumed& consumed = out.units.of(statement.table_as_sent, members[i]->table);
    result.ran = true;
    if (statement.is_read())
      run_read(txn, statement, *members[i], result, consumed);
    else
      run_write(context, txn, statement, *members[i], result, consumed);
  }
  return out;
}

void encode_batch_statement(const CallContext&,
                            const BatchStatementInput& in,
                            const BatchStatementOutput& out,
                            JsonWriter& json) {
  json.begin_object().key("Responses").begin_array();
  for (std::size_t i = 0; i < out.results.size(); ++i) {
    const BatchStatementResult& result = out.results[i];
    json.begin_object();
    if (result.error) append_error(json, *result.error);
    if (result.ran) json.string("TableName", in.statements[i]->table_as_sent);
    if (!result.item.empty()) json.raw("Item", result.item);
    json.end_object();
  }
  json.end_array();
  const bool any = std::any_of(out.results.begin(), out.results.end(),
                               [](const BatchStatementResult& result) { return !result.error; });
  if (any) out.units.append(json, in.return_capacity, CapacityKind::kPlain);
  json.end_object();
}

}  // namespace tailrace::ops
