// Query: the items of one partition of a table or an index, in order of their sort keys.
// (behaviour/dynamodb 3.3, 5)
#pragma once

#include "server/ops/reads/item_read.h"
#include "server/ops/reads/read_page.h"

namespace tailrace::ops {

struct QueryInput {
  ItemRead read;
  expression::KeyCondition key_condition;
  expression::FilterParameter filter_parameter = expression::FilterParameter::kFilterExpression;
  Order order = Order::kAscending;

  ReadMode read_mode() const { return read_mode_of(read.consistency); }
};

Result<QueryInput> decode_query(const CallContext& context, const json::Value& body);
Result<Page> execute_query(const CallContext& context, Txn& txn, const QueryInput& in);
// Rows of a table or index that key conditions leave.
keys::Range range_of(const ReadSource& source, const expression::KeyBinding& binding);
Result<std::string> encode_query(const CallContext& context, const QueryInput& in, Page& page);

}  // namespace tailrace::ops
