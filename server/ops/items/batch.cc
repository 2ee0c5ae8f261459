#include "server/ops/items/batch.h"
#include "server/ops/items/operations.h"

namespace tailrace::ops {
namespace {

constexpr Operation kBatchOperations[] = {
    operation<decode_batch_get, execute_batch_get, encode_batch_get>(kDynamoDb, "BatchGetItem"),
    operation<decode_batch_write, execute_batch_write, encode_batch_write>(kDynamoDb,
                                                                           "BatchWriteItem"),
};

}  // namespace

std::span<const Operation> batch_operations() {
  return kBatchOperations;
}

}  // namespace tailrace::ops
