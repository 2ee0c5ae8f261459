// Reads the members of a write: of PutItem, UpdateItem and DeleteItem, and of the elements of
// TransactItems, which have the same ones. Each applies its operation's rules in AWS's order (spec
// dynamodb 2.9).
#pragma once

#include "server/ops/write_action.h"

namespace tailrace::ops {

// Whether the request may have legacy parameters and ReturnValues: single operations only.
Result<WriteAction> decode_put(const CallContext& context, const json::Value& body);
Result<WriteAction> decode_update(const CallContext& context, const json::Value& body);
Result<WriteAction> decode_delete(const CallContext& context, const json::Value& body);
// The element ConditionCheck of a transaction.
Result<WriteAction> decode_check(const CallContext& context, const json::Value& body);

}  // namespace tailrace::ops
