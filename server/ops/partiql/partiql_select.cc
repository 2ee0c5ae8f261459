// SELECT: a Query of one or several partitions where WHERE names their keys, else a Scan.
// (behaviour/dynamodb 4.4)
#include <algorithm>
#include <utility>

#include "server/ops/items/key_rules.h"
#include "server/ops/partiql/partiql.h"
#include "server/ops/reads/query.h"
#include "server/ops/reads/scan.h"
#include "storage/base/str_cat.h"
#include "storage/table/catalog.h"

namespace tailrace::ops {
namespace {

using partiql::BoundSelect;
using partiql::ReadPlan;
using partiql::RowOrder;

// Of a list of partitions one page reads so many. (Developer Guide, "PartiQL … operators": IN)
constexpr std::size_t kPartitionsPerPage = 10;

Result<ReadSource> find_source(const CallContext& context, const StatementRequest& statement) {
  ReadSource source;
  TRY(source.table, context.world.catalog.require(statement.table));
  const auto& index_name = partiql::table_of(statement.bound).index;
  if (!index_name) return source;
  source.index = source.table->find_index(*index_name);
  if (source.index == nullptr || source.index->status == IndexStatus::kDeleting)
    return validation_error("The table does not have the specified index");
  // (Developer Guide, "Requirements and limitations" of vector indexes)
  if (source.index->vector)
    return validation_error("Query operation not supported on this index type.");
  // (The service's words are not known.)
  if (source.index->keys.hash.size() > 1 || source.index->keys.range.size() > 1) {
    return validation_error(
        "PartiQL statements are not supported on an index with several HASH or RANGE key "
        "attributes");
  }
  if (source.index->kind == IndexKind::kGlobal && statement.consistency == Consistency::kStrong)
    return validation_error(
        "Strongly consistent read is not supported on Global Secondary Indexes");
  TRY_VOID(check_index_is_filled(*source.index));
  return source;
}

ItemRead begin_read(const ExecuteStatementInput& in, const BoundSelect& select) {
  ItemRead read{.table = in.statement.table,
                .table_as_sent = in.statement.table_as_sent,
                .index_name = select.from.index,
                .consistency = in.statement.consistency,
                .return_capacity = in.return_capacity,
                .limit = in.limit,
                .select = Select::kAllAttributes,
                .filter = std::nullopt,
                .projection = select.projection,
                .start_key = std::nullopt};
  if (select.projection)
    read.select = Select::kSpecific;
  else if (select.from.index)
    read.select = Select::kAllProjected;
  return read;
}

std::vector<Walk> walks_of(const ReadSource& source, const ReadPlan& plan, RowOrder order) {
  const Order rows = order == RowOrder::kAscending ? Order::kAscending : Order::kDescending;
  if (plan.partitions.empty())
    return {Walk{.range = range_of(source, std::nullopt), .order = rows}};
  std::vector<Walk> walks;
  for (const expression::KeyBinding& partition : plan.partitions)
    walks.push_back({.range = range_of(source, partition), .order = rows});
  return walks;
}

// What the one partition of a plan has for its keys.
AttributeMap partition_attributes(const ReadSource& source, const ReadPlan& plan) {
  const KeySchema& keys = source.keys();
  const expression::KeyBinding& partition = plan.partitions.front();
  AttributeMap attributes;
  for (std::size_t i = 0; i < partition.hash.size(); ++i)
    attributes.set(keys.hash[i].name, partition.hash[i]);
  for (std::size_t i = 0; i < partition.range_equal.size(); ++i)
    attributes.set(keys.range[i].name, partition.range_equal[i]);
  return attributes;
}

std::uint32_t index_id(const ReadSource& source) {
  return source.index == nullptr ? 0 : source.index->id;
}

}  // namespace

Result<SelectOutput> execute_select(const CallContext& context,
                                    Txn& txn,
                                    const ExecuteStatementInput& in) {
  const auto& select = std::get<BoundSelect>(in.statement.bound);
  TRY(ReadSource source, find_source(context, in.statement));
  if (in.next_token && (in.next_token->table_id != source.table->id ||
                        in.next_token->index_id != index_id(source)))
    return foreign_next_token();
  TRY(ReadPlan plan, partiql::plan_read(select.where, source.keys()));
  if (plan.partitions.size() == 1)
    TRY_VOID(check_key_values(*source.table, partition_attributes(source, plan)));
  TRY(const RowOrder order, partiql::apply_order(select.order_by, source.keys(), plan));
  ItemRead read = begin_read(in, select);
  read.filter = std::move(plan.filter);
  for (const auto* paths : {read.filter ? &read.filter->paths() : nullptr,
                            read.projection ? &read.projection->paths() : nullptr})
    if (paths != nullptr) TRY_VOID(expression::check_key_paths(*paths, *source.table));
  TRY_VOID(check_projected(
      source, read, plan.partitions.empty() ? ReadKind::kScan : ReadKind::kQuery));

  std::vector<Walk> walks = walks_of(source, plan, order);
  const std::size_t first = in.next_token ? in.next_token->partition : 0;
  if (first >= walks.size()) return foreign_next_token();
  if (in.next_token && !in.next_token->position.empty())
    begin_after(walks[first], in.next_token->position);
  const std::size_t count = std::min(kPartitionsPerPage, walks.size() - first);
  NextToken next{.content = in.content,
                 .table_id = source.table->id,
                 .index_id = index_id(source),
                 .partition = static_cast<std::uint32_t>(first + count),
                 .position = {}};
  Page page = read_page(txn, std::move(source), std::span(walks).subspan(first, count), read);
  SelectOutput out{
      .read = std::move(read), .page = std::move(page), .next_token = std::nullopt};
  if (out.page.stop) {
    next.partition = static_cast<std::uint32_t>(first + out.page.stop->walk);
    next.position = out.page.stop->position;
    out.next_token = std::move(next);
  } else if (first + count < walks.size()) {
    out.next_token = std::move(next);
  }
  return out;
}

std::string encode_select(const CallContext& context, SelectOutput& out) {
  complete_items(out.read, out.page);
  std::string body = std::move(out.page.body);
  if (out.page.stop) str_append(body, ",\"LastEvaluatedKey\":", out.page.stop->last_key);
  if (out.next_token)
    str_append(body, ",\"NextToken\":\"",
               encode_next_token(context.world.stream_log.iterator_key(), *out.next_token), "\"");
  append_read_capacity(body, out.read, out.page);
  body.push_back('}');
  return body;
}

}  // namespace tailrace::ops
