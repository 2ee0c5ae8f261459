// Attribute values of a request: JSON to AttributeValue, with the service's checks and texts
// (behaviour/dynamodb 2.3; behaviour/validation 6).
#pragma once

#include <cstdint>
#include <string_view>

#include "server/api/json.h"
#include "server/api/layers.h"
#include "storage/base/result.h"
#include "storage/value/attribute_value.h"
#include "storage/value/stored_item.h"

namespace tailrace::api {

// `Empty attribute name`
bool is_empty_name(const ApiError& error);

// kLimited: 32 levels, as of everything that is stored. kOneMore: what is only compared.
// (behaviour/validation 6.3)
enum class Nesting : std::uint8_t { kLimited, kOneMore };

// All after check_types. Errors: ValidationException with AWS's texts, as
// `reading` says.
Result<AttributeValue> decode_value(const json::Value& value,
                                    const Reading& reading,
                                    Nesting nesting = Nesting::kLimited);
// A map of attribute names to values (Item, Key).
Result<AttributeMap> decode_item(const json::Value& object, const Reading& reading);
// The same item in its stored form, which does without the map; errors are the same.
Result<EncodedItem> encode_item(const json::Value& object, const Reading& reading);
// A name of an attribute: not empty, not over 65,535 bytes. (behaviour/dynamodb 2.2)
Result<void> check_attribute_name(std::string_view name);
Result<void> check_attribute_name(std::string_view name, const Reading& reading);

// ExpressionAttributeValues. What is wrong with a value is told with its key where the reading
// says.
Result<AttributeMap> decode_expression_values(const json::Value& object,
                                              const Reading& reading,
                                              Nesting nesting = Nesting::kLimited);
// What an item or value is refused with that became too deep by being written.
ApiError nested_too_deep();

// ExclusiveStartKey: some errors read `The provided starting key is invalid: <text>`.
// (behaviour/validation 6.3, 11)
enum class DeepKey : std::uint8_t { kBare, kPrefixed };
Result<AttributeMap> decode_start_key(const json::Value& object,
                                      const Reading& reading,
                                      DeepKey deep);

}  // namespace tailrace::api
