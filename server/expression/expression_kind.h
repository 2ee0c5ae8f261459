// Which parameter an expression came in: it decides the grammar and the prefix of errors. Parts of
// PartiQL statements have their own grammar and no prefix.
#pragma once

#include <cstdint>

namespace tailrace::expression {

enum class ExpressionKind : std::uint8_t {
  kUpdate,
  kCondition,
  kKeyCondition,
  kFilter,
  kSearchCondition,
  kProjection,
  kStatement
};

}  // namespace tailrace::expression
