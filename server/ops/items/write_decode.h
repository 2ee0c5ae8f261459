// Reads the members of a write: of PutItem, UpdateItem and DeleteItem, and of the elements of
// TransactItems, which have the same ones. Each applies its operation's rules in AWS's order
// (behaviour/dynamodb 2.9; behaviour/validation 13, 18).
#pragma once

#include <cstdint>

#include "server/ops/items/write_action.h"

namespace tailrace::ops {

// Elements of transactions have no legacy parameters and no ReturnValues, and the size of a put is
// checked later.
enum class WriteForm : std::uint8_t { kSingle, kTransaction };

Result<WriteAction> decode_put(const CallContext& context, const json::Value& body, WriteForm form);
Result<WriteAction> decode_update(const CallContext& context,
                                  const json::Value& body,
                                  WriteForm form);
Result<WriteAction> decode_delete(const CallContext& context,
                                  const json::Value& body,
                                  WriteForm form);
// The element ConditionCheck of a transaction.
Result<WriteAction> decode_check(const CallContext& context, const json::Value& body);

}  // namespace tailrace::ops
