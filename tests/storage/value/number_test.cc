#include "storage/value/number.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

constexpr std::string_view kNotANumber = "The parameter cannot be converted to a numeric value";
constexpr std::string_view kTooPrecise =
    "Attempting to store more than 38 significant digits in a Number";
constexpr std::string_view kOverflow =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
constexpr std::string_view kUnderflow =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";

const std::string k38Nines(38, '9');

std::string zeros(std::size_t count) {
  return std::string(count, '0');
}

Number number(std::string_view text) {
  auto result = Number::parse(text);
  EXPECT_TRUE(result.has_value()) << text;
  return *result;
}

// Canonical text, or the message of the refusal.
std::string outcome(const Result<Number>& result) {
  return result ? result->text() : result.error().message;
}

struct Case {
  std::string text;
  std::string expected;
};

const Case kNormalForms[] = {
    {"0", "0"},
    {"-0", "0"},
    {"+0", "0"},
    {"0.000", "0"},
    {"-0.0e-5", "0"},
    {"0e125", "0"},
    {"0.0e126", "0"},
    {"0e-130", "0"},
    {"1", "1"},
    {"+5", "5"},
    {"-5", "-5"},
    {"5.", "5"},
    {".5", "0.5"},
    {"-.5e1", "-5"},
    {"00042", "42"},
    {"1.5E2", "150"},
    {"1.5e+2", "150"},
    {"15e-1", "1.5"},
    {"3.1400", "3.14"},
    {"19.90", "19.9"},
    {"100", "100"},
    {"0.001", "0.001"},
    {"0.0010", "0.001"},
    {"123.456e-2", "1.23456"},
    {"12345e-5", "0.12345"},
    {"12345e-7", "0.0012345"},
    {"0.1e126", "1" + zeros(125)},
    {"1E125", "1" + zeros(125)},
    {"1E-130", "0." + zeros(129) + "1"},
    {"-1E-130", "-0." + zeros(129) + "1"},
    {"10E-131", "0." + zeros(129) + "1"},
    {k38Nines, k38Nines},
    {k38Nines + "e88", k38Nines + zeros(88)},
    {k38Nines + "0", k38Nines + "0"},
    {"000" + k38Nines, k38Nines},
    {"0." + k38Nines, "0." + k38Nines},
    {"0." + zeros(129) + "1000", "0." + zeros(129) + "1"},
    {"1" + zeros(125), "1" + zeros(125)},
    {"1" + zeros(1000) + "e-1000", "1"},
    {"0." + zeros(1000) + "1e1001", "1"},
};

TEST(Number, NormalisesItsText) {
  for (const Case& each : kNormalForms)
    EXPECT_EQ(outcome(Number::parse(each.text)), each.expected) << each.text;
}

TEST(Number, ReadsItsOwnTextBack) {
  for (const Case& each : kNormalForms) {
    const Number value = number(each.text);
    EXPECT_TRUE(number(value.text()) == value) << each.text;
  }
}

TEST(Number, QuotesWhatIsNotANumber) {
  EXPECT_EQ(outcome(Number::parse("")), kNotANumber);
  for (const std::string_view text :
       {"1e",   "1e+",   "1e-",   ".",        "-",    "+",   "-.",   "++5",   "+-5", "--5",
        "1_0",  "1,0",   "NaN",   "Infinity", "-inf", " 5",  "5 ",   "5\n",   "1 0", "abc",
        "0x10", "1e5.0", "1e5e5", "1.2.3",    "e5",   ".e5", "1e 5", "1E+-5", "1f",  "١",
        "1e9223372036854775808", "0e-99999999999999999999"}) {
    EXPECT_EQ(outcome(Number::parse(text)), str_cat(kNotANumber, ": ", text));
  }
  EXPECT_EQ(outcome(Number::parse(std::string_view("1\0", 2))),
            std::string(kNotANumber) + ": 1" + '\0');
}

TEST(Number, RefusesMoreThan38SignificantDigits) {
  for (const std::string& text :
       {k38Nines + "9", k38Nines + ".9", "0." + k38Nines + "9", "1" + zeros(37) + "1",
        "1." + zeros(37) + "1", "-" + k38Nines + "9e10"}) {
    EXPECT_EQ(outcome(Number::parse(text)), kTooPrecise) << text;
  }
}

TEST(Number, RefusesMagnitudesOutOfRange) {
  for (const std::string& text :
       {std::string("1E126"), std::string("-1E126"), std::string("0.1e127"), k38Nines + "e89",
        "1" + zeros(126), std::string("1e999999999999999999"), std::string("-9e2147483648"),
        std::string("0e126"), std::string("0.0e127")}) {
    EXPECT_EQ(outcome(Number::parse(text)), kOverflow) << text;
  }
  for (const std::string& text :
       {std::string("1E-131"), std::string("-1E-131"), std::string("0.9E-130"),
        "0." + zeros(130) + "1", std::string("1e-999999999999999999"),
        std::string("0e-131"), "0." + zeros(131)}) {
    EXPECT_EQ(outcome(Number::parse(text)), kUnderflow) << text;
  }
}

TEST(Number, ReadsMegabytesOfZeros) {
  const std::string million = zeros(1'000'000);
  EXPECT_EQ(outcome(Number::parse(million)), "0");
  EXPECT_EQ(outcome(Number::parse("7" + million + "e-1000000")), "7");
  EXPECT_EQ(outcome(Number::parse("7" + million)), kOverflow);
  EXPECT_EQ(outcome(Number::parse("." + million + "7")), kUnderflow);
}

TEST(Number, TakesIntegersOf64Bits) {
  const std::pair<std::int64_t, std::string_view> kCases[] = {
      {0, "0"},
      {7, "7"},
      {-7, "-7"},
      {100, "100"},
      {-1'000'000, "-1000000"},
      {std::numeric_limits<std::int64_t>::max(), "9223372036854775807"},
      {std::numeric_limits<std::int64_t>::min(), "-9223372036854775808"},
  };
  for (const auto& [value, text] : kCases) {
    EXPECT_EQ(Number(value).text(), text);
    EXPECT_TRUE(Number(value) == number(text)) << text;
  }
}

TEST(Number, CountsBytesAsDynamoDbDoes) {
  const std::pair<std::string, std::size_t> kCases[] = {
      {"0", 1},
      {"1", 2},
      {"42", 2},
      {"-42", 3},
      {"100", 2},
      {"123", 3},
      {"1.5", 3},
      {"0.001", 2},
      {"19.9", 3},
      {"3.14159", 5},
      {"1700000000", 2},
      {"10.5", 3},
      {"100.5", 4},
      {"1.005", 4},
      {"-0.5", 3},
      {"1E125", 2},
      {"1E-130", 2},
      {k38Nines, 20},
      {"-" + k38Nines, 21},
      {"0." + k38Nines, 20},
      {k38Nines + "e-1", 21},
  };
  for (const auto& [text, size] : kCases) EXPECT_EQ(number(text).size(), size) << text;
}

TEST(Number, OrdersByValue) {
  const std::vector<std::string> kAscending = {"-" + k38Nines + "e88",
                                               "-1E125",
                                               "-100",
                                               "-99.5",
                                               "-99",
                                               "-10",
                                               "-9",
                                               "-1.1",
                                               "-1",
                                               "-0.11",
                                               "-0.1",
                                               "-0.01",
                                               "-1E-130",
                                               "0",
                                               "1E-130",
                                               "0.01",
                                               "0.1",
                                               "0.11",
                                               "1",
                                               "1.1",
                                               "9",
                                               "10",
                                               "99",
                                               "99.5",
                                               "100",
                                               "1E125",
                                               k38Nines + "e88"};
  for (std::size_t i = 0; i < kAscending.size(); ++i) {
    for (std::size_t k = 0; k < kAscending.size(); ++k) {
      EXPECT_EQ(number(kAscending[i]) <=> number(kAscending[k]), i <=> k)
          << kAscending[i] << " and " << kAscending[k];
      EXPECT_EQ(number(kAscending[i]) == number(kAscending[k]), i == k);
    }
  }
}

struct SumCase {
  std::string a, b, expected;
};

const SumCase kSums[] = {
    {"0", "0", "0"},
    {"0", "5", "5"},
    {"-5", "0", "-5"},
    {"1", "2", "3"},
    {"5", "-5", "0"},
    {"-5", "5", "0"},
    {"5", "-7", "-2"},
    {"-5", "7", "2"},
    {"99", "1", "100"},
    {"0.1", "0.2", "0.3"},
    {"1", "-0.01", "0.99"},
    {"1000000", "-0.000001", "999999.999999"},
    {k38Nines, "1", "1" + zeros(38)},
    {"1" + zeros(38), "-1", k38Nines},
    {k38Nines, "0.1", std::string(kTooPrecise)},
    {k38Nines, k38Nines, std::string(kTooPrecise)},
    {"1E125", "1E-130", std::string(kTooPrecise)},
    {"1E125", "-1E-130", std::string(kTooPrecise)},
    {"1E37", "1", "1" + zeros(36) + "1"},
    {"1E38", "1", std::string(kTooPrecise)},
    {"9E125", "1E125", std::string(kOverflow)},
    {"-9E125", "-1E125", std::string(kOverflow)},
    {"9E125", "9E124", "99" + zeros(124)},
    {"1.1E-130", "-1E-130", std::string(kUnderflow)},
};

TEST(Number, AddsExactly) {
  for (const SumCase& each : kSums) {
    EXPECT_EQ(outcome(add(number(each.a), number(each.b))), each.expected)
        << each.a << " + " << each.b;
    EXPECT_EQ(outcome(add(number(each.b), number(each.a))), each.expected)
        << each.b << " + " << each.a;
  }
}

TEST(Number, SubtractsExactly) {
  const SumCase kCases[] = {
      {"0", "0", "0"},
      {"0", "5", "-5"},
      {"0", "-5", "5"},
      {"5", "0", "5"},
      {"5", "5", "0"},
      {"-5", "-5", "0"},
      {"5", "7", "-2"},
      {"-5", "7", "-12"},
      {"0.3", "0.1", "0.2"},
      {"1", "1E-37", "0." + std::string(37, '9')},
      {"1", "1E-38", "0." + std::string(38, '9')},
      {"1", "1E-39", std::string(kTooPrecise)},
      {"-9E125", "1E125", std::string(kOverflow)},
      {"1.1E-130", "1E-130", std::string(kUnderflow)},
  };
  for (const SumCase& each : kCases)
    EXPECT_EQ(outcome(subtract(number(each.a), number(each.b))), each.expected)
        << each.a << " - " << each.b;
}

std::string text_of(__int128 value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string text;
  for (; value != 0; value /= 10)
    text.push_back(static_cast<char>('0' + (negative ? -(value % 10) : value % 10)));
  if (negative) text.push_back('-');
  return {text.rbegin(), text.rend()};
}

TEST(Number, AgreesWithIntegersOf128Bits) {
  constexpr unsigned kSeed = 20260203;
  std::mt19937_64 random(kSeed);
  const auto integer = [&] {
    __int128 value = 0;
    for (std::size_t digits = random() % 37; digits > 0; --digits)
      value = value * 10 + static_cast<int>(random() % 3 == 0 ? 0 : random() % 10);
    return random() % 2 == 0 ? value : -value;
  };
  for (int i = 0; i < 20'000; ++i) {
    const __int128 a = integer(), b = integer();
    // A common exponent shifts both, and with them the sum.
    const std::string shift = "e" + std::to_string(static_cast<int>(random() % 100) - 60);
    const Number na = number(text_of(a) + shift), nb = number(text_of(b) + shift);
    ASSERT_TRUE(*add(na, nb) == number(text_of(a + b) + shift))
        << text_of(a) << " + " << text_of(b);
    ASSERT_TRUE(*subtract(na, nb) == number(text_of(a - b) + shift))
        << text_of(a) << " - " << text_of(b);
    ASSERT_EQ(na <=> nb, a <=> b) << text_of(a) << " <=> " << text_of(b);
  }
}

}  // namespace
}  // namespace tailrace
