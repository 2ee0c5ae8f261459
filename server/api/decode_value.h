// Attribute values of a request: JSON to AttributeValue, with the service's checks and texts (spec dynamodb 2.3).
#pragma once

#include "server/api/json.h"
#include "storage/base/result.h"
#include "storage/value/attribute_value.h"

namespace tailrace::api {

// After check_types. Errors: ValidationException with the bare texts of the spec's table.
Result<AttributeValue> decode_value(const json::Value& value);
// A map of attribute names to values (Item, Key, ExpressionAttributeValues).
Result<AttributeMap> decode_item(const json::Value& object);

}  // namespace tailrace::api
