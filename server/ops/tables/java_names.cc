#include "server/ops/tables/java_names.h"

#include <algorithm>
#include <bit>
#include <set>
#include <string_view>
#include <cstdint>

#include "storage/base/utf8.h"

namespace tailrace::ops {
namespace {

// String.hashCode, of UTF-16 units, spread as HashMap spreads it.
std::uint32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  const auto add = [&](std::uint32_t unit) { hash = hash * 31 + unit; };
  while (!text.empty()) {
    const char32_t character = take_character(text);
    if (character >= 0x10000) {
      add(0xD800 + ((character - 0x10000) >> 10));
      add(0xDC00 + ((character - 0x10000) & 0x3FF));
    } else {
      add(character);
    }
  }
  return hash ^ (hash >> 16);
}

}  // namespace

std::vector<std::string> java_hash_order(const std::vector<std::string>& names,
                                         std::size_t capacity) {
  std::vector<std::string> ordered;
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (seen.insert(name).second) ordered.push_back(name);
  }
  std::size_t buckets = std::bit_ceil(std::max<std::size_t>(capacity, 1));
  while (ordered.size() > buckets * 3 / 4) buckets *= 2;
  std::ranges::stable_sort(ordered, {}, [&](const std::string& name) {
    return java_hash(name) & (buckets - 1);
  });
  return ordered;
}

}  // namespace tailrace::ops
