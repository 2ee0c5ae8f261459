#include "storage/value/key_encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "storage/base/engine_error.h"

namespace tailrace {
namespace {

Number number(std::string_view text) {
  return *Number::parse(text);
}

Buffer number_key(const Number& value) {
  Buffer key;
  append_key_number(key, value);
  return key;
}

Buffer binary_key(Bytes bytes) {
  Buffer key;
  append_key_binary(key, bytes);
  return key;
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back("0123456789abcdef"[byte >> 4]);
    text.push_back("0123456789abcdef"[byte & 15]);
  }
  return text;
}

TEST(KeyEncoding, WritesNumbersInBase100) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"0", "80"},          {"1", "c08102"},     {"10", "c08114"},
      {"100", "c08202"},    {"99", "c081c6"},    {"123.45", "c08203 2f5a"},
      {"0.5", "c08064"},    {"-1", "407efd"},    {"-123.45", "407dfcd0a5"},
      {"1E-130", "c04002"}, {"1E125", "c0bf14"}, {"-1E125", "4040eb"},
  };
  for (const auto& [text, expected] : kCases) {
    std::string compact(expected);
    std::erase(compact, ' ');
    EXPECT_EQ(hex(number_key(number(text))), compact) << text;
  }
}

TEST(KeyEncoding, WritesTextsWithAnEndMark) {
  EXPECT_EQ(hex(binary_key("")), "0001");
  EXPECT_EQ(hex(binary_key("ab")), "61620001");
  EXPECT_EQ(hex(binary_key(Bytes("\0a\0", 3))), "00ff6100ff0001");
  EXPECT_EQ(hex(binary_key("\xff\x01")), "ff010001");
  Buffer prefix;
  append_key_prefix(prefix, Bytes("a\0", 2));
  EXPECT_EQ(hex(prefix), "6100ff");
}

// A decimal as fixed-point text that needs no Number: magnitude in 126 places before and 168 after
// the point.
struct Decimal {
  bool negative = false;
  std::string digits;  // The first is not zero, unless the decimal is zero.
  int exponent = 0;    // value = 0.digits x 10^exponent

  std::string text() const {
    return std::string(negative ? "-0." : "0.") + digits + "e" + std::to_string(exponent);
  }

  bool is_zero() const { return digits.find_first_not_of('0') == std::string::npos; }

  std::array<char, 126 + 168> places() const {
    std::array<char, 126 + 168> result;
    result.fill('0');
    if (!is_zero()) std::copy(digits.begin(), digits.end(), result.begin() + 126 - exponent);
    return result;
  }
};

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const int sign_a = a.is_zero() ? 0 : a.negative ? -1 : 1;
  const int sign_b = b.is_zero() ? 0 : b.negative ? -1 : 1;
  if (sign_a != sign_b) return sign_a <=> sign_b;
  return sign_a < 0 ? b.places() <=> a.places() : a.places() <=> b.places();
}

class RandomDecimals {
 public:
  explicit RandomDecimals(unsigned seed) : random_(seed) {}

  Decimal next() {
    Decimal decimal;
    decimal.negative = below(2) == 0;
    // Small exponents often, so that magnitudes meet; the whole range sometimes.
    decimal.exponent =
        below(4) == 0 ? static_cast<int>(below(256)) - 129 : static_cast<int>(below(6)) - 2;
    const std::size_t count = 1 + (below(2) == 0 ? below(4) : below(38));
    for (std::size_t i = 0; i < count; ++i) decimal.digits.push_back(digit());
    if (decimal.digits[0] == '0') decimal.digits[0] = '1';
    if (below(100) == 0) decimal.digits = "0";
    return decimal;
  }

  // Differs from `decimal` in one digit, length, sign or exponent, or not at all.
  Decimal neighbour(Decimal decimal) {
    switch (below(5)) {
      case 0:
        decimal.negative = !decimal.negative;
        break;
      case 1:
        decimal.exponent = std::clamp(decimal.exponent + static_cast<int>(below(3)) - 1, -129, 126);
        break;
      case 2:
        decimal.digits[below(decimal.digits.size())] = static_cast<char>('1' + below(9));
        break;
      case 3:
        if (decimal.digits.size() < 38 && !decimal.is_zero()) decimal.digits.push_back(digit());
        break;
      default:
        break;
    }
    return decimal;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  char digit() { return static_cast<char>('0' + (below(3) == 0 ? 0 : below(10))); }

  std::mt19937_64 random_;
};

TEST(KeyEncoding, SortsNumbersAsExactDecimals) {
  constexpr unsigned kSeed = 400'000;
  constexpr int kPairs = 400'000;
  RandomDecimals decimals(kSeed);
  for (int i = 0; i < kPairs; ++i) {
    const Decimal a = decimals.next();
    const Decimal b = i % 2 == 0 ? decimals.next() : decimals.neighbour(a);
    const Number number_a = number(a.text()), number_b = number(b.text());
    const Buffer key_a = number_key(number_a), key_b = number_key(number_b);
    const auto expected = compare(a, b);
    ASSERT_EQ(key_a <=> key_b, expected) << a.text() << " and " << b.text() << ", seed " << kSeed;
    ASSERT_EQ(number_a <=> number_b, expected) << a.text() << " and " << b.text();
    // No encoding is a prefix of another, and all are short.
    ASSERT_TRUE(expected == 0 || !key_b.starts_with(key_a)) << a.text() << " and " << b.text();
    ASSERT_LE(key_a.size(), 22u);
  }
}

TEST(KeyEncoding, RoundTripsNumbers) {
  RandomDecimals decimals(7);
  for (int i = 0; i < 20'000; ++i) {
    const Number value = number(decimals.next().text());
    const Buffer key = number_key(value) + "rest";
    Bytes in = key;
    const AttributeValue decoded = decode_key_value(in, AttributeType::kN);
    ASSERT_TRUE(*decoded.as<Number>() == value) << value.text();
    ASSERT_EQ(in, "rest");
  }
}

// Short texts of few bytes, which are prefixes of one another often.
Buffer random_text(RandomDecimals& random) {
  constexpr char kBytes[] = {'\0', '\x01', '\xfe', '\xff', 'a'};
  Buffer text;
  for (std::size_t length = random.below(5); length > 0; --length)
    text.push_back(kBytes[random.below(std::size(kBytes))]);
  return text;
}

TEST(KeyEncoding, SortsTextsAsTheirBytes) {
  RandomDecimals random(9);
  for (int i = 0; i < 100'000; ++i) {
    const Buffer a = random_text(random), b = random_text(random);
    ASSERT_EQ(binary_key(a) <=> binary_key(b), a <=> b) << hex(a) << " and " << hex(b);
    // Also when something follows that must not matter.
    if (a == b) continue;
    ASSERT_EQ(binary_key(a) + '\xff' < binary_key(b) + '\0', a < b) << hex(a) << hex(b);
  }
}

TEST(KeyEncoding, FindsPrefixesAsARange) {
  RandomDecimals random(11);
  for (int i = 0; i < 100'000; ++i) {
    const Buffer text = random_text(random), prefix = random_text(random);
    Buffer begin;
    append_key_prefix(begin, prefix);
    const Buffer end = after_prefix(begin);
    const Buffer key = binary_key(text);
    const bool inside = key >= begin && (end.empty() || key < end);
    ASSERT_EQ(inside, text.starts_with(prefix)) << hex(text) << " begins with " << hex(prefix);
  }
}

TEST(KeyEncoding, RoundTripsTexts) {
  RandomDecimals random(13);
  for (int i = 0; i < 10'000; ++i) {
    const Buffer text = random_text(random);
    Buffer key;
    append_key_value(key, {Binary{text}});
    append_key_value(key, {text});
    Bytes in = key;
    ASSERT_EQ(decode_key_value(in, AttributeType::kB).as<Binary>()->bytes, text);
    ASSERT_EQ(*decode_key_value(in, AttributeType::kS).as<std::string>(), text);
    ASSERT_TRUE(in.empty());
  }
}

TEST(KeyEncodingDeathTest, RefusesBytesThatItDidNotWrite) {
  const auto decode = [](std::string_view bytes, AttributeType type) {
    Bytes in = bytes;
    return decode_key_value(in, type);
  };
  EXPECT_THROW(decode("abc", AttributeType::kS), DamagedRow);
  EXPECT_THROW(decode(std::string_view("a\0", 2), AttributeType::kS), DamagedRow);
  EXPECT_THROW(decode(std::string_view("a\0\x02", 3), AttributeType::kB), DamagedRow);
  EXPECT_THROW(decode("", AttributeType::kN), DamagedRow);
  EXPECT_THROW(decode("\x01", AttributeType::kN), DamagedRow);
  EXPECT_THROW(decode("\xc0\x81\x03", AttributeType::kN), DamagedRow);
  EXPECT_DEATH(decode("", AttributeType::kM), "CHECK");
}

TEST(KeyEncoding, KeepsTheOrderOfIntegers) {
  const std::uint64_t kAscending[] = {0, 1, 255, 256, 65'535, 1ull << 32, ~0ull};
  Buffer before;
  for (const std::uint64_t value : kAscending) {
    Buffer bytes;
    append_u64(bytes, value);
    EXPECT_LT(before, bytes);
    before = bytes;
    Bytes in = bytes;
    EXPECT_EQ(take_u64(in), value);
    EXPECT_TRUE(in.empty());
  }
}

TEST(KeyEncoding, KnowsWhatFollowsAPrefix) {
  EXPECT_EQ(after_prefix("a"), "b");
  EXPECT_EQ(after_prefix("a\xff"), "b");
  EXPECT_EQ(after_prefix("\x7f"), "\x80");
  EXPECT_EQ(after_prefix("\xff\xff"), "");
  EXPECT_EQ(after_prefix(""), "");
}

// First 16 digits of md5("Outliers" + key bytes), from another implementation.
TEST(ScanHash, IsTheMd5OfOutliersAndTheKey) {
  const std::pair<AttributeValue, std::uint64_t> kCases[] = {
      {{std::string("a")}, 0xf6558e516275dee2},
      {{std::string("order#7")}, 0x23c3a82e76e08cd6},
      {{std::string("\u00e9")}, 0x1062807ac84fe65a},
      {{std::string(100, 'x')}, 0x6f0d4a13202aadca},
      {{Binary{"a"}}, 0xf6558e516275dee2},
      {{Binary{std::string("\0\xff", 2)}}, 0x7c24c3cc726244b2},
      {{number("0")}, 0xce212d751674ab5d},
      {{number("1")}, 0xc3a0310aed78739b},
      {{number("-1")}, 0x0267df4c95559d50},
      {{number("10")}, 0x3c465f5ad8c28afa},
      {{number("100")}, 0x6840bd23a62fcf9a},
      {{number("123.45")}, 0x570d78365b99211c},
      {{number("-123.45")}, 0xac6232e2e973b3d0},
      {{number("0.001")}, 0x3223fe2c2fe7bd22},
      {{number("1E125")}, 0x2f2857f5242da8c0},
      {{number("1E-130")}, 0x727de75fed0d7a87},
      {{number(std::string(38, '9'))}, 0xbe31f610444ad737},
  };
  for (const auto& [value, hash] : kCases) EXPECT_EQ(scan_hash(value), hash) << value_text(value);
}

TEST(ScanHash, OfSeveralAttributesIsOverAllOfThem) {
  const AttributeValue a{std::string("a")}, b{std::string("b")}, one{number("1")};
  const AttributeValue* const ab[] = {&a, &b};
  const AttributeValue* const a_one[] = {&a, &one};
  EXPECT_EQ(scan_hash(ab), 0x8d018bed538791b3);
  EXPECT_EQ(scan_hash(a_one), 0xe9d4bdfb51ea87da);
}

}  // namespace
}  // namespace tailrace
