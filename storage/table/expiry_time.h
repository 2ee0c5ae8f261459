// When an item expires. (behaviour/dynamodb 4.7)
#pragma once

#include <optional>

#include "storage/base/clock.h"
#include "storage/schema/table_schema.h"
#include "storage/value/stored_item.h"

namespace tailrace {

// The time in the table's TTL attribute, in seconds since 1970, as the first millisecond at or
// after it. nullopt: the item never expires, because TTL is disabled, the attribute is missing or
// no N, or the time is before 1970 or beyond any clock.
std::optional<Instant> expiry_time(const TableSchema& table, const AttributeMap& item);
std::optional<Instant> expiry_time(const TableSchema& table, const StoredItem& item);

// What lies further back than this does not expire any more: an item whose time is obviously a
// mistake stays.
inline constexpr Millis kExpiryAgeMax = std::chrono::duration_cast<Millis>(std::chrono::years(5));

}  // namespace tailrace
