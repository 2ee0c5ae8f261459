// WriteAction: put, update, delete or check of one item, decoded from a request, and the steps by
// which it meets its table. PutItem, UpdateItem and DeleteItem consist of one, TransactWriteItems
// of many, BatchWriteItem of unconditional ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/call/operation.h"
#include "server/call/request_members.h"
#include "server/expression/expression.h"
#include "server/ops/items/key_rules.h"
#include "storage/base/result.h"
#include "storage/table/item_reader.h"
#include "storage/table/item_writer.h"

namespace tailrace::ops {

inline constexpr int kNestingLevelsMax = 32;

struct PutAction {
  EncodedItem item;
  // PartiQL inserts: no item may be there. (DuplicateItemException)
  enum class Existing : std::uint8_t { kReplaced, kRefused } existing = Existing::kReplaced;
};
struct UpdateAction {
  AttributeMap key;
  std::optional<expression::Update> update;  // Absent: creates the key-only item if there is none.
};
struct DeleteAction {
  AttributeMap key;
};
struct CheckAction {
  AttributeMap key;
};

struct WriteAction {
  TableName table;
  std::string table_as_sent;  // Name or ARN.
  std::variant<CheckAction, PutAction, UpdateAction, DeleteAction> what;
  std::optional<expression::Condition> condition;
  ReturnOnFailure on_failure = ReturnOnFailure::kNone;

  // Where the key attributes are: the item of a put, else the key.
  const AttributeMap& key_attributes() const;
  // Those of the primary key that are there, and nothing else if it is a put.
  AttributeMap primary_key(const TableSchema& schema) const;
};

// `Item size has exceeded the maximum allowed size`.
Result<void> check_put_size(std::size_t size);

// --- Rules that need the table, in this order.
// Key schema, types and values of keys and index keys; key attributes are protected; paths into
// keys. Gives keys::item of the action's item.
Result<Buffer> check_keys(const TableSchema& table,
                          const WriteAction& action,
                          ItemKeyTexts texts = ItemKeyTexts::kPutItem);
// Errors: ConditionalCheckFailedException, with the item where asked; DuplicateItemException.
Result<void> check_condition(const WriteAction& action, const std::optional<ItemRow>& old);

// The item that an update makes of the old one; nullopt: the update creates nothing.
// Errors: from data and index keys.
Result<std::optional<EncodedItem>> updated_item(const TableSchema& table,
                                                const UpdateAction& action,
                                                const std::optional<ItemRow>& old);
// What an update made: `Item size to update has exceeded the maximum allowed size`, and nesting
// beyond what its values had. (behaviour/validation 6.3)
Result<void> check_updated(const UpdateAction& action, const EncodedItem& item);
// The same text for UpdateItem's statement alone, whatever the table holds.
// (behaviour/validation 7.1)
Result<void> check_statement_size(const expression::Update& update);

// --- Overlapping requests, if --transaction-conflicts asks for them.
// Errors: TransactionConflictException.
Result<void> check_no_transaction(const World& world, Bytes item_key);
void hold_item(World& world, Txn& txn, Bytes item_key, HoldKind kind);

// An action's effect on its item.
struct Written {
  std::optional<EncodedItem> updated;  // Of an update that left an item.
  WriteEffect effect;
  std::size_t image_bytes = 0;  // The larger one of the old and the new item.
};
// Writes what the action says to where keys::item says; `updated` comes from updated_item, and is
// nothing for other actions.
Written write(const CallContext& context,
              Txn& txn,
              const TableSchema& table,
              const WriteAction& action,
              Bytes item_key,
              const std::optional<ItemRow>& old,
              std::optional<EncodedItem> updated);

// The whole way of an action that stands alone, from its keys to its effect.
struct ItemWrite {
  std::optional<ItemRow> old;
  Written written;
};
Result<ItemWrite> write_item(const CallContext& context,
                             Txn& txn,
                             const TableSchema& table,
                             const WriteAction& action);

}  // namespace tailrace::ops
