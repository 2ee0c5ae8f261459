// Small cuts of protocol texts, and URIs' encoding.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace::protocol {

inline std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The part before `end`; both are taken off `text`. All of it, if `end` does not occur.
inline std::string_view take_until(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(part.size() == text.size() ? part.size() : part.size() + 1);
  return part;
}

// What follows a '%' that no two hexadecimal digits follow stays as it is.
std::string percent_decoded(std::string_view text);

// The parts of a request's target; the scheme and host of an absolute form (proxies) are left out.
struct Target {
  std::string_view path;   // At least "/".
  std::string_view query;  // Without '?'.
};
Target split_target(std::string_view target);

// Decoded segments without empty ones, so that a trailing slash does not matter.
std::vector<std::string> path_segments(std::string_view path);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;
QueryParameters query_parameters(std::string_view query);  // Decoded, '+' being a blank; in order.
const std::string* find_parameter(const QueryParameters& parameters, std::string_view name);

}  // namespace tailrace::protocol
