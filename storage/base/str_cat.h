// str_cat("a", 1, view): joins texts and integers; g++ 12 has no std::format.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace tailrace {

inline void str_append_one(std::string& out, std::string_view text) { out.append(text); }
inline void str_append_one(std::string& out, char c) { out.push_back(c); }
template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>)
void str_append_one(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

template <class... Parts>
void str_append(std::string& out, const Parts&... parts) {
  (str_append_one(out, parts), ...);
}

template <class... Parts>
[[nodiscard]] std::string str_cat(const Parts&... parts) {
  std::string out;
  str_append(out, parts...);
  return out;
}

}  // namespace tailrace
