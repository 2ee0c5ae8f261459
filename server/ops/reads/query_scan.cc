// Query and Scan, the family. (behaviour/dynamodb 5)
#include "server/ops/reads/operations.h"
#include "server/ops/reads/query.h"
#include "server/ops/reads/scan.h"

namespace tailrace::ops {
namespace {

constexpr Operation kQueryScanOperations[] = {
    operation<decode_query, execute_query, encode_query>(kDynamoDb, "Query"),
    operation<decode_scan, execute_scan, encode_scan>(kDynamoDb, "Scan"),
};

}  // namespace

std::span<const Operation> query_scan_operations() {
  return kQueryScanOperations;
}

}  // namespace tailrace::ops
