// Integers of requests as the service reads them: without their fraction, and beyond the range of
// the member's type as the nearest that it holds. (behaviour/validation 17)
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "server/api/json.h"
#include "server/api/shape.h"

namespace tailrace::api {

inline std::int64_t integer_of(const Shape& shape, const json::Value& value) {
  const std::int64_t number = json::to_int(value).value_or(0);
  if (shape.kind != Kind::kInteger) return number;
  return std::clamp<std::int64_t>(number, std::numeric_limits<std::int32_t>::min(),
                                  std::numeric_limits<std::int32_t>::max());
}

// The member is an integer that was not sent so.
inline bool is_lossy(const Shape& shape, const json::Value& value) {
  if (shape.kind != Kind::kInteger) return false;
  return !value.IsInt64() || value.GetInt64() != integer_of(shape, value);
}

}  // namespace tailrace::api
