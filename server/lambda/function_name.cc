#include "server/lambda/function_name.h"

#include <algorithm>
#include <vector>

namespace tailrace::lambda {

namespace {

constexpr std::size_t kArnParts = 6;  // arn, partition, lambda, region, account, function

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}
bool is_qualifier(std::string_view text) {
  return text == "$LATEST" || is_name(text);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

}  // namespace

std::optional<FunctionName> parse_function_name(std::string_view text, const Owner& caller) {
  std::vector<std::string_view> parts = split(text);
  FunctionName function{.owner = caller, .name = {}, .qualifier = {}};
  if (parts.front() == "arn") {
    if (parts.size() <= kArnParts || !parts[1].starts_with("aws") || parts[2] != "lambda" ||
        parts[3].empty() || !is_digits(parts[4]) || parts[5] != "function") {
      return std::nullopt;
    }
    function.owner = {.account = std::string(parts[4]), .region = std::string(parts[3])};
    parts.erase(parts.begin(), parts.begin() + kArnParts);
  } else if (parts.size() >= 3 && parts[1] == "function" && is_digits(parts[0])) {
    function.owner.account = parts[0];
    parts.erase(parts.begin(), parts.begin() + 2);
  } else if (parts.size() >= 2 && parts[0] == "function") {
    parts.erase(parts.begin());
  }
  if (parts.empty() || parts.size() > 2 || !is_name(parts[0])) return std::nullopt;
  if (parts.size() == 2 && !is_qualifier(parts[1])) return std::nullopt;
  function.name = parts[0];
  if (parts.size() == 2) function.qualifier = parts[1];
  return function;
}

}  // namespace tailrace::lambda
