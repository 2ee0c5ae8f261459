#include "server/protocol/text.h"

#include <algorithm>

namespace tailrace::protocol {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string parameter_decoded(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  return percent_decoded(blanks);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

Target split_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    break;
  }
  Target parts;
  parts.path = take_until(target, '?');
  parts.query = target;
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

std::vector<std::string> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty())
    if (const std::string_view segment = take_until(path, '/'); !segment.empty())
      segments.push_back(percent_decoded(segment));
  return segments;
}

QueryParameters query_parameters(std::string_view query) {
  QueryParameters parameters;
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    if (value.empty()) continue;
    const std::string_view name = take_until(value, '=');
    parameters.emplace_back(parameter_decoded(name), parameter_decoded(value));
  }
  return parameters;
}

const std::string* find_parameter(const QueryParameters& parameters, std::string_view name) {
  for (const auto& [its_name, value] : parameters)
    if (its_name == name) return &value;
  return nullptr;
}

}  // namespace tailrace::protocol
