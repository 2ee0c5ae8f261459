// Text of a request value inside constraint messages, as the service's Java classes print
// themselves.
#pragma once

#include <string>

#include "server/api/json.h"
#include "server/api/shape.h"

namespace tailrace::api {

// `[a, b]`, `{k=v}`, `KeySchemaElement(attributeName=a, keyType=HASH)`; strings as they are, of
// structures all members, absent ones as null. (behaviour/dynamodb 2.1; behaviour/validation
// 12, 14.1)
std::string dump(const Shape& shape, const json::Value& value);
// TableName -> tableName
std::string lower_first(std::string_view name);

}  // namespace tailrace::api
