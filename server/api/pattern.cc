#include "server/api/pattern.h"

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <string>

namespace tailrace::api {
namespace {

constexpr std::string_view kNamePattern = "[a-zA-Z0-9_.-]+";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

// std::regex backtracks recursively; beyond this length only the length limits decide.
constexpr std::size_t kTextMax = 10000;

// Java's notation where ECMAScript's differs.
struct Spelling {
  std::string_view java;
  std::string_view ecma_script;
};
constexpr Spelling kSpellings[] = {
    {R"(([\p{L}\p{Z}\p{N}_.:/=+\-@]*))", R"([^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~]*)"},
    {R"(\p{Print}+)", R"([ -~]+)"},
    {R"([0-9A-Za-z\.\-_]*(?<!\.))", R"(([0-9A-Za-z.\-_]*[0-9A-Za-z\-_])?)"},
    {R"((^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*))", R"((?!system\.)[_a-zA-Z0-9][^$]*)"},
    // Any text that XML could carry; bodies are JSON, which has been checked already.
    {R"([\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*)",
     R"([^\x00-\x08\x0b\x0c\x0e-\x1f]*)"},
};

// To make one takes 60 µs, far longer than to use it; the models have some dozens.
const std::regex& compiled(std::string_view pattern) {
  thread_local std::map<std::string, std::regex, std::less<>> known;
  if (const auto found = known.find(pattern); found != known.end()) return found->second;
  const auto* spelling = std::ranges::find(kSpellings, pattern, &Spelling::java);
  const std::string_view source =
      spelling == std::end(kSpellings) ? pattern : spelling->ecma_script;
  return known.emplace(pattern, std::regex(source.begin(), source.end())).first->second;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern == kNamePattern) return !text.empty() && std::ranges::all_of(text, is_name_character);
  if (text.size() > kTextMax) return true;
  return std::regex_match(text.begin(), text.end(), compiled(pattern));
}

}  // namespace tailrace::api
