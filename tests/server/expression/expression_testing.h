// Short ways to write items and placeholders in tests of expressions.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "server/expression/expression.h"
#include "storage/base/str_cat.h"
#include "storage/value/attribute_value.h"
#include "storage/value/stored_item.h"

namespace tailrace::expression {

// {"a":{"N":"1"}}, in normal form.
inline AttributeMap item(std::string_view json) {
  return std::move(*parse_value_json(str_cat("{\"M\":", json, "}")).as<AttributeMap>());
}

inline Placeholders placeholders(Placeholders::NameMap names, std::string_view values = "{}") {
  return Placeholders(std::move(names), item(values));
}

// What the call gave: text of the value by `show`, or the error's message.
template <class T, class Show>
std::string outcome(const Result<T>& result, Show show) {
  if (!result) {
    EXPECT_EQ(result.error().code, ErrorCode::kValidationException);
    return result.error().message;
  }
  return show(*result);
}
inline std::string outcome(const Result<void>& result) {
  if (result) return "ok";
  EXPECT_EQ(result.error().code, ErrorCode::kValidationException);
  return result.error().message;
}

}  // namespace tailrace::expression
