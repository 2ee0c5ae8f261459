// Matcher: one element of a list in a filter pattern, `"open"` or `{"prefix":"EU#"}`, compiled.
// Internal to filter_pattern. (behaviour/triggers 4.2, table of matches)
#pragma once

#include <rapidjson/document.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tailrace::triggers {

// A test of a text alone: the part that `anything-but` can negate.
struct TextMatch {
  enum class Kind : std::uint8_t {
    kEquals,
    kEqualsIgnoreCase,
    kPrefix,
    kPrefixIgnoreCase,
    kSuffix,
    kSuffixIgnoreCase,
    kWildcard,
  };
  Kind kind = Kind::kEquals;
  std::string text;                 // Folded for the kinds that ignore case.
  std::vector<std::string> pieces;  // Wildcard: the texts between the stars, unescaped.
  bool matches(std::string_view value) const;
};

struct NumberMatch {
  double number = 0;
};
struct LiteralMatch {
  rapidjson::Type type = rapidjson::kNullType;  // null, true or false.
};
struct NumericRange {
  double low = 0;
  double high = 0;
  bool low_open = false;  // The bound itself does not match.
  bool high_open = false;
};
struct AnythingBut {
  std::vector<TextMatch> texts;
  std::vector<double> numbers;
};
struct CidrMatch {
  std::array<std::uint8_t, 16> address{};
  std::size_t bytes = 4;  // 4 or 16.
  int bits = 0;
};
struct LeafPresent {};
struct LeafAbsent {
};  // Decided by the pattern, which sees the whole record: no leaf ever matches it.

using Matcher = std::variant<TextMatch,
                             NumberMatch,
                             LiteralMatch,
                             NumericRange,
                             AnythingBut,
                             CidrMatch,
                             LeafPresent,
                             LeafAbsent>;

// nullopt: not a valid match.
std::optional<Matcher> compile_matcher(const rapidjson::Value& match);

// `leaf` is neither object nor list.
bool leaf_matches(const Matcher& matcher, const rapidjson::Value& leaf);

}  // namespace tailrace::triggers
