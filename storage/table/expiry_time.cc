#include "storage/table/expiry_time.h"

#include <cstdint>

namespace tailrace {
namespace {

// Milliseconds of 15 digits reach the year 33,658.
constexpr int kDigitsMax = 15;

std::optional<Instant> instant_of(const Number& seconds) {
  if (seconds.is_negative()) return std::nullopt;
  if (seconds.is_zero()) return from_millis(0);
  const int digits = seconds.exponent() + 3;  // Of whole milliseconds.
  if (digits > kDigitsMax) return std::nullopt;
  std::int64_t millis = 0;
  for (int i = 0; i < digits; ++i)
    millis = millis * 10 + (i < seconds.digit_count() ? seconds.digit(i) : 0);
  if (seconds.digit_count() > digits) ++millis;  // A fraction of a millisecond is left.
  return from_millis(millis);
}

}  // namespace

std::optional<Instant> expiry_time(const TableSchema& table, const AttributeMap& item) {
  if (!table.ttl_attribute) return std::nullopt;
  const AttributeValue* value = item.find(*table.ttl_attribute);
  const Number* seconds = value ? value->as<Number>() : nullptr;
  return seconds ? instant_of(*seconds) : std::nullopt;
}

std::optional<Instant> expiry_time(const TableSchema& table, const StoredItem& item) {
  if (!table.ttl_attribute) return std::nullopt;
  const std::optional<AttributeValue> value = item.find(*table.ttl_attribute);
  const Number* seconds = value ? value->as<Number>() : nullptr;
  return seconds ? instant_of(*seconds) : std::nullopt;
}

}  // namespace tailrace
