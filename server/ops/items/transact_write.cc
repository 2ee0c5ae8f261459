#include <set>
#include <utility>

#include "server/ops/items/cancellation.h"
#include "server/ops/items/collection_metrics.h"
#include "server/ops/items/key_rules.h"
#include "server/ops/items/transactions.h"
#include "server/ops/items/write_decode.h"
#include "storage/schema/key_layout.h"
#include "storage/table/catalog.h"
#include "storage/table/item_reader.h"

namespace tailrace::ops {
namespace {

constexpr std::string_view kOperationName = "TransactWriteItems";

// --- Decoding.

// The checks by shape have seen to it that there is exactly one.
Result<WriteAction> decode_action(const CallContext& context, const json::Value& element) {
  if (const json::Value* put = json::find(element, "Put"))
    return decode_put(context, *put, WriteForm::kTransaction);
  if (const json::Value* erase = json::find(element, "Delete"))
    return decode_delete(context, *erase, WriteForm::kTransaction);
  if (const json::Value* update = json::find(element, "Update"))
    return decode_update(context, *update, WriteForm::kTransaction);
  return decode_check(context, *json::find(element, "ConditionCheck"));
}

// --- Checks of the whole request, top-level errors.

Result<void> check_distinct_items(const Catalog& catalog, const TransactWriteInput& in) {
  std::set<Buffer> items;
  for (const WriteAction& action : in.actions) {
    const TablePtr table = catalog.find(action.table);
    if (table == nullptr) continue;
    const AttributeMap key = action.primary_key(*table);
    if (!check_item_keys(*table, key)) continue;
    if (!items.insert(keys::item(*table, key)).second) return several_operations_on_one_item();
  }
  return {};
}

Result<void> check_sizes(const TransactWriteInput& in) {
  std::size_t bytes = 0;
  for (const WriteAction& action : in.actions) {
    if (const auto* put = std::get_if<PutAction>(&action.what)) {
      TRY_VOID(check_put_size(put->item.size()));
      bytes += put->item.size();
    } else {
      bytes += item_size(action.key_attributes());
    }
  }
  return check_transaction_size(bytes);
}

Result<std::vector<TablePtr>> find_tables(const Catalog& catalog, const TransactWriteInput& in) {
  std::vector<TablePtr> tables;
  for (const WriteAction& action : in.actions) {
    TRY(TablePtr table, catalog.require(action.table));
    tables.push_back(std::move(table));
  }
  for (std::size_t i = 0; i < tables.size(); ++i)
    TRY_VOID(check_no_empty_keys(*tables[i], in.actions[i].key_attributes()));
  return tables;
}

// --- Actions against their items.

struct Target {
  Buffer item_key;
  std::optional<ItemRow> old;
  std::optional<EncodedItem> updated;
  std::optional<ApiError> data_error;  // Of an update; it counts if all conditions hold.
};

// Keys, and values and the size of what an update makes.
Result<Target> meet(Txn& txn, const TableSchema& table, const WriteAction& action) {
  TRY(Buffer item_key, check_keys(table, action));
  auto old = find_item(txn, item_key);
  Target target{.item_key = std::move(item_key),
                .old = std::move(old),
                .updated = std::nullopt,
                .data_error = std::nullopt};
  const auto* update = std::get_if<UpdateAction>(&action.what);
  if (update == nullptr) return target;
  auto updated = updated_item(table, *update, target.old);
  if (!updated) {
    target.data_error = std::move(updated).error();
    return target;
  }
  target.updated = *std::move(updated);
  if (target.updated) TRY_VOID(check_updated(*update, *target.updated));
  return target;
}

// Every action whose item another transaction holds is a reason to cancel.
Result<void> check_conflicts(const World& world, const std::vector<Target>& targets) {
  Cancellation cancellation(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (auto free = check_no_transaction(world, targets[i].item_key); !free)
      cancellation.fail(i, free.error());
  if (cancellation.failed()) return cancellation.error();
  return {};
}

Result<std::vector<Target>> meet_all(Txn& txn,
                                     const std::vector<TablePtr>& tables,
                                     const TransactWriteInput& in) {
  Cancellation cancellation(in.actions.size());
  std::vector<Target> targets;
  for (std::size_t i = 0; i < in.actions.size(); ++i) {
    auto target = meet(txn, *tables[i], in.actions[i]);
    if (!target) {
      cancellation.fail(i, target.error());
      return cancellation.error();
    }
    targets.push_back(*std::move(target));
  }
  for (std::size_t i = 0; i < in.actions.size(); ++i)
    if (auto held = check_condition(in.actions[i], targets[i].old); !held)
      cancellation.fail(i, held.error());
  for (std::size_t i = 0; i < in.actions.size() && !cancellation.failed(); ++i)
    if (targets[i].data_error) cancellation.fail(i, *targets[i].data_error);
  if (cancellation.failed()) return cancellation.error();
  return targets;
}

// What a replay of these actions will report.
std::vector<ReplayUnits> replay_units(const TransactWriteInput& in,
                                      const std::vector<std::size_t>& image_bytes) {
  std::vector<ReplayUnits> replay;
  for (std::size_t i = 0; i < in.actions.size(); ++i) {
    const auto units = static_cast<std::int64_t>(kTransactionFactor *
                                                 read_units(image_bytes[i], Consistency::kStrong));
    const std::string& table = in.actions[i].table_as_sent;
    const auto found = std::find_if(replay.begin(), replay.end(), [&](const ReplayUnits& entry) {
      return entry.table_as_sent == table;
    });
    if (found != replay.end())
      found->units += units;
    else
      replay.push_back({.table_as_sent = table, .units = units});
  }
  return replay;
}

}  // namespace

Result<TransactWriteInput> decode_transact_write(const CallContext& context,
                                                 const json::Value& body) {
  TransactWriteInput in{.actions = {},
                        .token = std::nullopt,
                        .return_capacity = return_capacity_of(body),
                        .return_metrics = return_metrics_of(body)};
  const json::Value& elements = *json::find(body, "TransactItems");
  for (const json::Value& element : elements.GetArray()) {
    TRY(WriteAction action, decode_action(context, element));
    in.actions.push_back(std::move(action));
  }
  if (const auto token = json::optional_string(body, "ClientRequestToken"))
    in.token = make_request_token(kOperationName, *token, json::canonical_text(elements));
  return in;
}

Result<TransactWriteOutput> execute_transact_write(const CallContext& context,
                                                   Txn& txn,
                                                   const TransactWriteInput& in) {
  if (in.token) {
    TRY(const auto replay, find_replay(txn, context.caller, *in.token, context.world.clock.now()));
    if (replay) return replayed(*replay);
  }
  return write_transaction(context, txn, in);
}

Result<TransactWriteOutput> write_transaction(const CallContext& context,
                                              Txn& txn,
                                              const TransactWriteInput& in) {
  World& world = context.world;
  TRY_VOID(check_distinct_items(world.catalog, in));
  TRY_VOID(check_sizes(in));
  TransactWriteOutput out;
  TRY(out.tables, find_tables(world.catalog, in));
  TRY(std::vector<Target> targets, meet_all(txn, out.tables, in));
  TRY_VOID(check_conflicts(world, targets));
  std::vector<std::size_t> image_bytes;
  for (std::size_t i = 0; i < in.actions.size(); ++i) {
    hold_item(world, txn, targets[i].item_key, HoldKind::kTransaction);
    const WriteAction& action = in.actions[i];
    const Written written = write(context, txn, *out.tables[i], action, targets[i].item_key,
                                  targets[i].old, std::move(targets[i].updated));
    Consumed& consumed = out.units.of(action.table_as_sent, out.tables[i]);
    consumed.table += kTransactionFactor * write_units(written.image_bytes);
    consumed.add_index_writes(written.effect);
    image_bytes.push_back(written.image_bytes);
  }
  if (in.token)
    remember(txn, context.caller, *in.token, replay_units(in, image_bytes), world.clock.now());
  return out;
}

TransactWriteOutput replayed(const std::vector<ReplayUnits>& replay) {
  TransactWriteOutput out;
  out.capacity_kind = CapacityKind::kTransactionRead;
  for (const ReplayUnits& entry : replay)
    out.units.of(entry.table_as_sent, nullptr).table = static_cast<double>(entry.units);
  return out;
}

void encode_transact_write(const CallContext&,
                           const TransactWriteInput& in,
                           const TransactWriteOutput& out,
                           JsonWriter& json) {
  json.begin_object();
  out.units.append(json, in.return_capacity, out.capacity_kind);
  if (in.return_metrics == ReturnMetrics::kSize && !out.tables.empty()) {
    CollectionMetrics metrics;
    for (std::size_t i = 0; i < in.actions.size(); ++i)
      if (!std::holds_alternative<CheckAction>(in.actions[i].what))
        metrics.add(in.actions[i].table_as_sent, *out.tables[i], in.actions[i].key_attributes());
    metrics.append(json);
  }
  json.end_object();
}

}  // namespace tailrace::ops
