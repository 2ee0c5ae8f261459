// Attribute values of a request: JSON to AttributeValue, with the service's checks and texts
// (behaviour/dynamodb 2.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "server/api/json.h"
#include "storage/base/result.h"
#include "storage/value/attribute_value.h"
#include "storage/value/stored_item.h"

namespace tailrace::api {

// After check_types. Errors: ValidationException with the bare texts of the table of
// behaviour/dynamodb 2.3.
Result<AttributeValue> decode_value(const json::Value& value);
// A map of attribute names to values (Item, Key).
Result<AttributeMap> decode_item(const json::Value& object);
// The same item in its stored form, which does without the map; errors are the same.
Result<EncodedItem> encode_item(const json::Value& object);
// A name of an attribute: not empty, not over 65,535 bytes. (behaviour/dynamodb 2.2)
Result<void> check_attribute_name(std::string_view name);

// kLimited: 32 levels, as of everything that is stored. kAny: 64, which nothing stored reaches.
enum class Nesting : std::uint8_t { kLimited, kAny };
// ExpressionAttributeValues: most errors read `ExpressionAttributeValues contains invalid value:
// <text> for key <:k>`.
Result<AttributeMap> decode_expression_values(const json::Value& object,
                                              Nesting nesting = Nesting::kLimited);
// What a value of more than 32 levels is refused with.
ApiError nested_too_deep();
// ExclusiveStartKey: most errors read `The provided starting key is invalid: <text>`.
Result<AttributeMap> decode_start_key(const json::Value& object);

}  // namespace tailrace::api
