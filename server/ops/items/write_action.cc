#include "server/ops/items/write_action.h"

#include <algorithm>
#include <utility>

#include "server/api/decode_value.h"
#include "server/ops/items/item_vectors.h"
#include "server/ops/items/key_rules.h"
#include "storage/base/str_cat.h"
#include "storage/schema/key_layout.h"

namespace tailrace::ops {
namespace {

const StoredItem* stored(const std::optional<ItemRow>& row) {
  return row ? row->get() : nullptr;
}

std::size_t stored_size(const TableSchema& table, const std::optional<ItemRow>& row) {
  if (!row) return 0;
  const std::size_t size = (*row)->size();
  return has_vectors(table) ? billed_size(table, (*row)->parse(), size) : size;
}

std::size_t written_size(const TableSchema& table, const EncodedItem& item) {
  return has_vectors(table) ? billed_size(table, item.attributes(), item.size()) : item.size();
}

Result<void> check_action_keys(const TableSchema& table,
                               const AttributeMap& key,
                               const PutAction& put,
                               ItemKeyTexts texts) {
  TRY_VOID(check_item_keys(table, key, texts));
  if (table.indexes.empty()) return {};
  return check_index_keys(table, put.item.attributes());
}

Result<void> check_action_keys(const TableSchema& table,
                               const AttributeMap& key,
                               const UpdateAction& update,
                               ItemKeyTexts) {
  TRY_VOID(check_key(table, key));
  if (!update.update) return {};
  TRY_VOID(update.update->check_against(table));
  return expression::check_key_paths(update.update->operand_paths(), table);
}

// Of a delete or a check.
template <class Action>
Result<void> check_action_keys(const TableSchema& table,
                               const AttributeMap& key,
                               const Action&,
                               ItemKeyTexts) {
  return check_key(table, key);
}

// An update can nest a value deeper than any that it was given. (behaviour/dynamodb 2.3)
Result<void> check_nesting(const expression::Update& update, const AttributeMap& item) {
  for (const expression::Path& path : update.paths()) {
    const AttributeValue* value = item.find(path.root());
    if (value != nullptr && nesting_depth(*value) > kNestingLevelsMax)
      return api::nested_too_deep();
  }
  return {};
}

ApiError update_too_large() {
  return validation_error("Item size to update has exceeded the maximum allowed size");
}

}  // namespace

const AttributeMap& WriteAction::key_attributes() const {
  return std::visit(
      [](const auto& action) -> const AttributeMap& {
        if constexpr (std::is_same_v<std::decay_t<decltype(action)>, PutAction>)
          return action.item.attributes();
        else
          return action.key;
      },
      what);
}

Result<void> check_put_size(std::size_t size) {
  if (size <= kItemBytesMax) return {};
  return validation_error("Item size has exceeded the maximum allowed size");
}

AttributeMap WriteAction::primary_key(const TableSchema& schema) const {
  const auto* put = std::get_if<PutAction>(&what);
  if (put == nullptr) return key_attributes();
  const StoredItem item = put->item.stored();
  AttributeMap key;
  for (const auto* part : {&schema.keys.hash, &schema.keys.range})
    for (const KeyAttribute& attribute : *part)
      if (auto value = item.find(attribute.name)) key.set(attribute.name, *std::move(value));
  return key;
}

Result<Buffer> check_keys(const TableSchema& table, const WriteAction& action, ItemKeyTexts texts) {
  const AttributeMap key = action.primary_key(table);
  TRY_VOID(std::visit([&](const auto& what) { return check_action_keys(table, key, what, texts); },
                      action.what));
  if (action.condition) TRY_VOID(expression::check_key_paths(action.condition->paths(), table));
  return keys::item(table, key);
}

Result<void> check_condition(const WriteAction& action, const std::optional<ItemRow>& old) {
  const auto* put = std::get_if<PutAction>(&action.what);
  if (put != nullptr && put->existing == PutAction::Existing::kRefused && old)
    return ApiError{
        ErrorCode::kDuplicateItemException, "Duplicate primary key exists in table", {}};
  if (!action.condition) return {};
  bool holds = false;
  if (old) {
    StoredItemSource source(**old);
    holds = action.condition->evaluate(source);
  } else {
    ItemSource source(nullptr);
    holds = action.condition->evaluate(source);
  }
  if (holds) return {};
  ApiError error{ErrorCode::kConditionalCheckFailedException, "The conditional request failed", {}};
  if (old && action.on_failure == ReturnOnFailure::kAllOld)
    str_append(error.extra_members, "\"Item\":", (*old)->json());
  return error;
}

// With indexes the old item is needed beside the new one; without, it is changed in place.
Result<std::optional<EncodedItem>> updated_item(const TableSchema& table,
                                                const UpdateAction& action,
                                                const std::optional<ItemRow>& old) {
  if (!action.update) return std::optional<EncodedItem>(old ? (*old)->parse() : action.key);
  if (old && table.indexes.empty()) {
    TRY(AttributeMap item, action.update->apply((*old)->parse()));
    return std::optional<EncodedItem>(std::move(item));
  }
  std::optional<AttributeMap> before;
  if (old) before = (*old)->parse();
  const AttributeMap* before_item = before ? &*before : nullptr;
  TRY(std::optional<AttributeMap> item, action.update->apply(before_item, action.key));
  if (!item) return std::optional<EncodedItem>();
  TRY_VOID(action.update->check_index_keys(table, before_item, *item));
  TRY_VOID(check_changed_index_key_sizes(table, before_item, *item));
  TRY_VOID(check_updated_vectors(table, before_item, *item));
  return std::optional<EncodedItem>(*std::move(item));
}

Result<void> check_updated(const UpdateAction& action, const EncodedItem& item) {
  if (action.update) TRY_VOID(check_nesting(*action.update, item.attributes()));
  if (item.size() <= kItemBytesMax) return {};
  return update_too_large();
}

Result<void> check_statement_size(const expression::Update& update) {
  if (update.statement_size() <= kItemBytesMax) return {};
  return update_too_large();
}

Written write(const CallContext& context,
              Txn& txn,
              const TableSchema& table,
              const WriteAction& action,
              Bytes item_key,
              const std::optional<ItemRow>& old,
              std::optional<EncodedItem> updated) {
  ItemWriter& writer = context.world.writer;
  Written written{
      .updated = std::move(updated), .effect = {}, .image_bytes = stored_size(table, old)};
  if (const auto* put = std::get_if<PutAction>(&action.what)) {
    written.effect = writer.put(txn, table, item_key, put->item, stored(old));
    written.image_bytes = std::max(written.image_bytes, written_size(table, put->item));
  } else if (std::holds_alternative<UpdateAction>(action.what)) {
    if (!written.updated) return written;
    written.effect = writer.put(txn, table, item_key, *written.updated, stored(old));
    written.image_bytes = std::max(written.image_bytes, written_size(table, *written.updated));
  } else if (std::holds_alternative<DeleteAction>(action.what)) {
    written.effect = writer.erase(txn, table, item_key, stored(old));
  }
  return written;
}

Result<void> check_no_transaction(const World& world, Bytes item_key) {
  if (!world.item_holds.enabled()) return {};
  return world.item_holds.check(HoldKind::kTransaction, item_key);
}

void hold_item(World& world, Txn& txn, Bytes item_key, HoldKind kind) {
  if (world.item_holds.enabled()) world.item_holds.hold(txn, kind, item_key);
}

Result<ItemWrite> write_item(const CallContext& context,
                             Txn& txn,
                             const TableSchema& table,
                             const WriteAction& action) {
  TRY(const Buffer item_key, check_keys(table, action));
  TRY_VOID(check_no_transaction(context.world, item_key));
  std::optional<ItemRow> old = find_item(txn, item_key);
  TRY_VOID(check_condition(action, old));
  std::optional<EncodedItem> updated;
  if (const auto* update = std::get_if<UpdateAction>(&action.what)) {
    TRY(updated, updated_item(table, *update, old));
    if (updated) TRY_VOID(check_updated(*update, *updated));
  }
  Written written = write(context, txn, table, action, item_key, old, std::move(updated));
  hold_item(context.world, txn, item_key, HoldKind::kWrite);
  return ItemWrite{.old = std::move(old), .written = std::move(written)};
}

}  // namespace tailrace::ops
