// Type checks (SerializationException) and constraint checks ("N validation errors detected: …") of
// a request body against its Shape, in the service's order. (behaviour/dynamodb 1.7, 2.1)
#pragma once

#include "server/api/json.h"
#include "server/api/layers.h"
#include "server/api/shape.h"
#include "storage/base/result.h"

namespace tailrace::api {

// `body` must be an object; anything else is a SerializationException. Sets in `signs` what it
// meets.
Result<void> check_types(const Shape& input, const json::Value& body, Signs& signs);
// Where the layers make no difference.
Result<void> check_types(const Shape& input, const json::Value& body);
// After check_types, as the layer tells it. At most ten failures are reported.
Result<void> check_constraints(const Shape& input,
                               const json::Value& body,
                               std::string_view operation,
                               Layer layer = Layer::kOlder);

}  // namespace tailrace::api
