// DescribeLimits, DescribeEndpoints (behaviour/dynamodb 4.12): answers that need no table.
#include "server/ops/tables/operations.h"

namespace tailrace::ops {
namespace {

struct Nothing {};

Result<Nothing> decode_nothing(const CallContext&, const json::Value&) {
  return Nothing{};
}
Result<Nothing> execute_nothing(const CallContext&, Txn&, const Nothing&) {
  return Nothing{};
}

void encode_limits(const CallContext&, const Nothing&, const Nothing&, JsonWriter& json) {
  json.begin_object();
  json.number("AccountMaxReadCapacityUnits", 80000);
  json.number("AccountMaxWriteCapacityUnits", 80000);
  json.number("TableMaxReadCapacityUnits", 40000);
  json.number("TableMaxWriteCapacityUnits", 40000);
  json.end_object();
}

void encode_endpoints(const CallContext& context,
                      const Nothing&,
                      const Nothing&,
                      JsonWriter& json) {
  json.begin_object().key("Endpoints").begin_array().begin_object();
  json.string("Address", context.host);
  json.number("CachePeriodInMinutes", 1440);
  json.end_object().end_array().end_object();
}

constexpr Operation kOperations[] = {
    operation<decode_nothing, execute_nothing, encode_limits>(kDynamoDb, "DescribeLimits"),
    operation<decode_nothing, execute_nothing, encode_endpoints>(kDynamoDb, "DescribeEndpoints"),
};

}  // namespace

std::span<const Operation> account_operations() {
  return kOperations;
}

}  // namespace tailrace::ops
