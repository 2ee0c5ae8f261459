#include "streams/triggers/filter_matcher.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "streams/triggers/case_folding.h"

namespace tailrace::triggers {

namespace {

using Json = rapidjson::Value;
using Compiled = std::optional<Matcher>;

std::string_view text_of(const Json& string) {
  return {string.GetString(), string.GetStringLength()};
}

// EventBridge refuses wildcards that could be matched in too many ways ("try using fewer wildcards
// characters or fewer repeated character sequences after wildcard characters"). Its measure is not
// published; this many stars followed by the same character are refused, which agrees with the
// recorded `*:*:*:*:*:x/*`.
constexpr int kRepeatsAfterStarMax = 4;

// `*` any characters, `\*` and `\\` themselves. nullopt: `**`, a stray backslash, or too complex.
std::optional<std::vector<std::string>> wildcard_pieces(std::string_view pattern) {
  std::vector<std::string> pieces(1);
  std::map<char, int> after_star;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '*') {
      if (i + 1 < pattern.size()) {
        if (pattern[i + 1] == '*') return std::nullopt;
        if (++after_star[pattern[i + 1]] > kRepeatsAfterStarMax) return std::nullopt;
      }
      pieces.emplace_back();
      continue;
    }
    if (c == '\\') {
      if (i + 1 >= pattern.size()) return std::nullopt;
      c = pattern[++i];
      if (c != '*' && c != '\\') return std::nullopt;
    }
    pieces.back().push_back(c);
  }
  return pieces;
}

bool wildcard_matches(const std::vector<std::string>& pieces, std::string_view value) {
  const std::string& first = pieces.front();
  if (pieces.size() == 1) return value == first;
  const std::string& last = pieces.back();
  if (value.size() < first.size() + last.size()) return false;
  if (!value.starts_with(first) || !value.ends_with(last)) return false;
  value.remove_prefix(first.size());
  value.remove_suffix(last.size());
  for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::size_t at = value.find(pieces[i]);
    if (at == std::string_view::npos) return false;
    value.remove_prefix(at + pieces[i].size());
  }
  return true;
}

std::optional<TextMatch> compile_wildcard(std::string_view text) {
  auto pieces = wildcard_pieces(text);
  if (!pieces) return std::nullopt;
  return TextMatch{.kind = TextMatch::Kind::kWildcard, .text = {}, .pieces = *std::move(pieces)};
}

TextMatch plain_text(TextMatch::Kind kind, std::string_view text) {
  return {.kind = kind, .text = std::string(text), .pieces = {}};
}
TextMatch folded_text(TextMatch::Kind kind, std::string_view text) {
  return {.kind = kind, .text = fold_case(text), .pieces = {}};
}

// The argument of prefix and suffix: "x" or {"equals-ignore-case":"x"}.
Compiled compile_affix(const Json& argument, TextMatch::Kind exact, TextMatch::Kind ignoring_case) {
  if (argument.IsString()) return plain_text(exact, text_of(argument));
  if (!argument.IsObject() || argument.MemberCount() != 1) return std::nullopt;
  const auto& member = *argument.MemberBegin();
  if (text_of(member.name) != "equals-ignore-case" || !member.value.IsString()) return std::nullopt;
  return folded_text(ignoring_case, text_of(member.value));
}

Compiled compile_prefix(const Json& argument) {
  return compile_affix(argument, TextMatch::Kind::kPrefix, TextMatch::Kind::kPrefixIgnoreCase);
}
Compiled compile_suffix(const Json& argument) {
  return compile_affix(argument, TextMatch::Kind::kSuffix, TextMatch::Kind::kSuffixIgnoreCase);
}
Compiled compile_exactly(const Json& argument) {
  if (!argument.IsString()) return std::nullopt;
  return plain_text(TextMatch::Kind::kEquals, text_of(argument));
}
Compiled compile_equals_ignore_case(const Json& argument) {
  if (!argument.IsString()) return std::nullopt;
  return folded_text(TextMatch::Kind::kEqualsIgnoreCase, text_of(argument));
}
Compiled compile_wildcard_match(const Json& argument) {
  if (!argument.IsString()) return std::nullopt;
  auto match = compile_wildcard(text_of(argument));
  if (!match) return std::nullopt;
  return *std::move(match);
}

// Whether it is a number that comparisons take: event-ruler refuses what a double cannot tell from
// its neighbours. (Of numbers with a fraction the text is not known here, so they all pass.)
bool is_comparable(const Json& value) {
  if (!value.IsNumber()) return false;
  if (value.IsDouble()) return true;
  char shortest[32];
  const auto written = std::to_chars(std::begin(shortest), std::end(shortest), value.GetDouble(),
                                     std::chars_format::scientific);
  // The digits before the exponent, without the point, and zeros that the integer ends with.
  std::string digits;
  for (const char* c = shortest; c != written.ptr && *c != 'e'; ++c)
    if (*c != '.' && *c != '-') digits.push_back(*c);
  std::string integer =
      value.IsUint64() ? std::to_string(value.GetUint64())
                       : std::to_string(value.GetInt64()).substr(1);  // Without its sign.
  const auto strip = [](std::string& text) {
    while (text.size() > 1 && text.back() == '0') text.pop_back();
  };
  strip(digits);
  strip(integer);
  return digits == integer;
}

// --- anything-but

std::optional<TextMatch> compile_negated_text(std::string_view op, std::string_view text) {
  if (op == "equals-ignore-case") return folded_text(TextMatch::Kind::kEqualsIgnoreCase, text);
  if (op == "wildcard") return compile_wildcard(text);
  if (text.empty()) return std::nullopt;  // "" is a prefix of everything: nothing could pass.
  if (op == "prefix") return plain_text(TextMatch::Kind::kPrefix, text);
  if (op == "suffix") return plain_text(TextMatch::Kind::kSuffix, text);
  return std::nullopt;
}

Compiled compile_anything_but_operator(const Json& argument) {
  if (argument.MemberCount() != 1) return std::nullopt;
  const auto& member = *argument.MemberBegin();
  AnythingBut out;
  const auto add = [&](const Json& value) {
    if (!value.IsString()) return false;
    auto match = compile_negated_text(text_of(member.name), text_of(value));
    if (match) out.texts.push_back(*std::move(match));
    return match.has_value();
  };
  if (!member.value.IsArray()) return add(member.value) ? Compiled(std::move(out)) : std::nullopt;
  if (member.value.Empty()) return std::nullopt;
  for (const Json& value : member.value.GetArray()) {
    if (!add(value)) return std::nullopt;
  }
  return out;
}

Compiled compile_anything_but(const Json& argument) {
  if (argument.IsObject()) return compile_anything_but_operator(argument);
  AnythingBut out;
  const auto add = [&](const Json& value) {
    if (value.IsString()) {
      out.texts.push_back(plain_text(TextMatch::Kind::kEquals, text_of(value)));
    } else if (is_comparable(value)) {
      out.numbers.push_back(value.GetDouble());
    } else {
      return false;
    }
    return out.texts.empty() || out.numbers.empty();  // All strings or all numbers.
  };
  if (!argument.IsArray()) return add(argument) ? Compiled(std::move(out)) : std::nullopt;
  if (argument.Empty()) return std::nullopt;
  for (const Json& value : argument.GetArray()) {
    if (!add(value)) return std::nullopt;
  }
  return out;
}

// --- numeric, exists, cidr

Compiled compile_numeric(const Json& argument) {
  if (!argument.IsArray()) return std::nullopt;
  const auto parts = argument.GetArray();
  if (parts.Size() != 2 && parts.Size() != 4) return std::nullopt;
  for (rapidjson::SizeType i = 0; i < parts.Size(); i += 2) {
    if (!parts[i].IsString() || !is_comparable(parts[i + 1])) return std::nullopt;
  }
  NumericRange range{.low = -std::numeric_limits<double>::infinity(),
                     .high = std::numeric_limits<double>::infinity(),
                     .low_open = false,
                     .high_open = false};
  const auto take_low = [&](std::string_view op, double number) {
    if (op != ">" && op != ">=") return false;
    range.low = number;
    range.low_open = op == ">";
    return true;
  };
  const auto take_high = [&](std::string_view op, double number) {
    if (op != "<" && op != "<=") return false;
    range.high = number;
    range.high_open = op == "<";
    return true;
  };
  const std::string_view first = text_of(parts[0]);
  const double number = parts[1].GetDouble();
  if (parts.Size() == 2) {
    if (first == "=") {
      range.low = range.high = number;
    } else if (!take_low(first, number) && !take_high(first, number)) {
      return std::nullopt;
    }
    return range;
  }
  if (!take_low(first, number) || !take_high(text_of(parts[2]), parts[3].GetDouble()))
    return std::nullopt;
  if (range.low >= range.high) return std::nullopt;  // Also of [">=",1,"<=",1].
  return range;
}

Compiled compile_exists(const Json& argument) {
  if (!argument.IsBool()) return std::nullopt;
  if (argument.GetBool()) return LeafPresent{};
  return LeafAbsent{};
}

// a.b.c.d, where Java, unlike inet_pton, takes leading zeros.
bool parse_ipv4(std::string_view text, std::array<std::uint8_t, 16>& address) {
  constexpr std::size_t kLengthMax = 15;
  if (text.size() > kLengthMax) return false;
  const char* next = text.data();
  const char* const end = next + text.size();
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0 && (next == end || *next++ != '.')) return false;
    const auto [behind, error] = std::from_chars(next, end, address[i]);
    if (error != std::errc()) return false;
    next = behind;
  }
  return next == end;
}

// Bytes of an address; 0: not one. Of IPv6 only what has no IPv4 within it.
std::size_t parse_address(std::string_view text, std::array<std::uint8_t, 16>& address) {
  if (parse_ipv4(text, address)) return 4;
  if (text.find('.') != text.npos) return 0;
  const std::string terminated(text);
  return inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1 ? 16 : 0;
}

Compiled compile_cidr(const Json& argument) {
  if (!argument.IsString()) return std::nullopt;
  const std::string_view text = text_of(argument);
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  CidrMatch cidr;
  cidr.bytes = parse_address(text.substr(0, slash), cidr.address);
  std::string_view mask = text.substr(slash + 1);
  if (mask.starts_with('+')) mask.remove_prefix(1);
  const auto [end, error] = std::from_chars(mask.data(), mask.data() + mask.size(), cidr.bits);
  const bool number = error == std::errc() && end == mask.data() + mask.size();
  // A mask of all bits is refused.
  if (cidr.bytes == 0 || !number || cidr.bits < 0 || cidr.bits >= static_cast<int>(cidr.bytes) * 8)
    return std::nullopt;
  return cidr;
}

bool cidr_matches(const CidrMatch& cidr, std::string_view value) {
  std::array<std::uint8_t, 16> address{};
  if (parse_address(value, address) != cidr.bytes) return false;
  for (int bit = 0; bit < cidr.bits; bit += 8) {
    const auto i = static_cast<std::size_t>(bit / 8);
    const int rest = std::min(8, cidr.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xFF00 >> rest);
    if (((address[i] ^ cidr.address[i]) & mask) != 0) return false;
  }
  return true;
}

struct Operator {
  std::string_view name;
  Compiled (*compile)(const Json& argument);
};
constexpr Operator kOperators[] = {
    {"exactly", compile_exactly},
    {"prefix", compile_prefix},
    {"suffix", compile_suffix},
    {"equals-ignore-case", compile_equals_ignore_case},
    {"wildcard", compile_wildcard_match},
    {"anything-but", compile_anything_but},
    {"numeric", compile_numeric},
    {"exists", compile_exists},
    {"cidr", compile_cidr},
};

struct LeafTest {
  const Json& leaf;

  bool operator()(const TextMatch& match) const {
    return leaf.IsString() && match.matches(text_of(leaf));
  }
  bool operator()(const NumberMatch& match) const {
    return leaf.IsNumber() && leaf.GetDouble() == match.number;
  }
  bool operator()(const LiteralMatch& match) const { return leaf.GetType() == match.type; }
  bool operator()(const NumericRange& range) const {
    if (!leaf.IsNumber()) return false;
    const double number = leaf.GetDouble();
    return (range.low_open ? number > range.low : number >= range.low) &&
           (range.high_open ? number < range.high : number <= range.high);
  }
  bool operator()(const AnythingBut& match) const {
    if (leaf.IsString()) {
      return std::none_of(match.texts.begin(), match.texts.end(),
                          [&](const TextMatch& text) { return text.matches(text_of(leaf)); });
    }
    if (leaf.IsNumber()) {
      return std::find(match.numbers.begin(), match.numbers.end(), leaf.GetDouble()) ==
             match.numbers.end();
    }
    return true;
  }
  bool operator()(const CidrMatch& match) const {
    return leaf.IsString() && cidr_matches(match, text_of(leaf));
  }
  bool operator()(const LeafPresent&) const { return true; }
  bool operator()(const LeafAbsent&) const { return false; }
};

}  // namespace

bool TextMatch::matches(std::string_view value) const {
  switch (kind) {
    case Kind::kEquals:
      return value == text;
    case Kind::kEqualsIgnoreCase:
      return fold_case(value) == text;
    case Kind::kPrefix:
      return value.starts_with(text);
    case Kind::kPrefixIgnoreCase:
      return fold_case(value).starts_with(text);
    case Kind::kSuffix:
      return value.ends_with(text);
    case Kind::kSuffixIgnoreCase:
      return fold_case(value).ends_with(text);
    case Kind::kWildcard:
      return wildcard_matches(pieces, value);
  }
  return false;
}

std::optional<Matcher> compile_matcher(const Json& match) {
  if (match.IsString()) return plain_text(TextMatch::Kind::kEquals, text_of(match));
  if (match.IsNumber()) return NumberMatch{match.GetDouble()};
  if (match.IsBool() || match.IsNull()) return LiteralMatch{match.GetType()};
  if (!match.IsObject() || match.MemberCount() != 1) return std::nullopt;
  const auto& member = *match.MemberBegin();
  for (const Operator& op : kOperators) {
    if (text_of(member.name) == op.name) return op.compile(member.value);
  }
  return std::nullopt;
}

bool leaf_matches(const Matcher& matcher, const Json& leaf) {
  return std::visit(LeafTest{leaf}, matcher);
}

}  // namespace tailrace::triggers
