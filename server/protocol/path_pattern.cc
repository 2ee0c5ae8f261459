#include "server/protocol/path_pattern.h"

#include <algorithm>

namespace tailrace::protocol {
namespace {

constexpr std::string_view kAnySegment = "*";

}  // namespace

PathPattern::PathPattern(std::string_view pattern) {
  while (!pattern.empty()) {
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    segments_.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
}

std::optional<std::vector<std::string>> PathPattern::match(
    std::span<const std::string> path) const {
  if (path.size() != segments_.size()) return std::nullopt;
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (segments_[i] == kAnySegment) {
      parameters.push_back(path[i]);
    } else if (segments_[i] != path[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace tailrace::protocol
