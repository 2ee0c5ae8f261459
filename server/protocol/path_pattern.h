// PathPattern: the path of a REST route, "functions/*/code", matched against a request's segments.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::protocol {

class PathPattern {
 public:
  // A segment `*` takes any text.
  explicit PathPattern(std::string_view pattern);

  // What stands for each `*`, in order; nullopt: the path is another one.
  std::optional<std::vector<std::string>> match(std::span<const std::string> path) const;

 private:
  std::vector<std::string> segments_;
};

}  // namespace tailrace::protocol
