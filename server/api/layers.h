// AWS moves DynamoDB's operations one by one to a newer layer of request validation. Which layer
// answers an operation is a row of one table here, so that the next move is one edit.
// (behaviour/validation 1, 2)
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/base/result.h"

namespace tailrace::api {

enum class Layer : std::uint8_t { kOlder, kNewer };

// Where a fault of a value in ExpressionAttributeValues is told with the value's key:
// `ExpressionAttributeValues contains invalid value: <text> for key <:v>`.
struct KeyNaming {
  bool older = false;  // All faults but those below, on the older layer.
  bool empty = false;  // A value without a type.
  bool several_types = false;
  bool deep = false;  // Too deep, on the older layer.
};

struct OperationLayer {
  std::string_view operation;
  Layer layer = Layer::kOlder;
  // Faults of values and expressions are counted as validation errors too, and begin with
  // `1 validation error detected: `. On the newer layer alone.
  bool counts_all = false;
  KeyNaming naming = {};
};
// What is not in the table has its own row: the older layer.
const OperationLayer& layer_of(std::string_view operation);

// How one request is read. A request that shows one of the signs below is read whole by the older
// layer, whatever its operation is on.
struct Reading {
  Layer layer = Layer::kOlder;
  bool counts_all = false;
  KeyNaming naming = {};
};
Reading reading_of(const OperationLayer& operation, bool shows_older_sign);

// What the older layer alone can read, as check_types finds it.
struct Signs {
  bool text_for_boolean = false;
  bool several_types = false;  // An AttributeValue with more than one type.
  bool deep = false;           // A value inside 63 others or more.

  bool any() const { return text_for_boolean || several_types || deep; }
};

// `1 validation error detected: <text>`
std::string counted(std::string_view text);

// The error as the request's layer words it, where the fault is one of those that may be counted.
template <class T>
Result<T> counted(const Reading& reading, Result<T> result) {
  if (result || !reading.counts_all || result.error().code != ErrorCode::kValidationException)
    return result;
  ApiError error = std::move(result).error();
  error.message = counted(error.message);
  return error;
}

}  // namespace tailrace::api
