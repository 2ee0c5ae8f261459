// What all fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/str_cat.h"
#include "storage/value/stored_item.h"

namespace tailrace::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The text up to `separator`, which goes, and the rest.
inline std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

// Of DynamoDB JSON that is right.
inline AttributeMap item(std::string_view json) {
  return std::move(*parse_value_json(str_cat("{\"M\":", json, "}")).as<AttributeMap>());
}

}  // namespace tailrace::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
