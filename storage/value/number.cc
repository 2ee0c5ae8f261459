#include "storage/value/number.h"

#include <algorithm>
#include <charconv>

#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

// value = 0.d1d2d3… x 10^exponent, so 1E-130 has exponent -129 and 9.99…E+125 has 126.
constexpr std::int64_t kExponentMin = -129;
constexpr std::int64_t kExponentMax = 126;

// Any exponent beyond this is out of range however many digits a body of 16 MiB holds.
constexpr std::int64_t kExponentClamp = 1'000'000'000;

// Texts of behaviour/dynamodb 2.3.
ApiError not_a_number(std::string_view text) {
  constexpr std::string_view kText = "The parameter cannot be converted to a numeric value";
  return validation_error(text.empty() ? std::string(kText) : str_cat(kText, ": ", text));
}
ApiError too_precise() {
  return validation_error("Attempting to store more than 38 significant digits in a Number");
}
ApiError too_large() {
  return validation_error(
      "Number overflow. Attempting to store a number with magnitude larger than supported range");
}
ApiError too_small() {
  return validation_error(
      "Number underflow. Attempting to store a number with magnitude smaller than supported range");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What a text says before anybody asks whether it fits: sign, significant digits and magnitude.
struct Scan {
  bool negative = false;
  std::int64_t digits_seen = 0;  // From the first digit that is not zero.
  std::int64_t significant = 0;  // Of these, up to the last that is not zero.
  std::int64_t exponent = 0;     // As Number's.
  std::array<std::uint8_t, Number::kDigitsMax> digits{};
};

void take_digit(Scan& scan, char c) {
  const auto digit = static_cast<std::uint8_t>(c - '0');
  if (scan.digits_seen < Number::kDigitsMax)
    scan.digits[static_cast<std::size_t>(scan.digits_seen)] = digit;
  ++scan.digits_seen;
  if (digit != 0) scan.significant = scan.digits_seen;
}

// Digits with at most one point, at least one digit. Returns where they end, nullptr if there are
// none.
const char* scan_mantissa(const char* p, const char* end, Scan& scan) {
  bool any = false, after_point = false;
  for (; p != end; ++p) {
    if (*p == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(*p)) break;
    any = true;
    if (*p == '0' && scan.digits_seen == 0) {  // A leading zero.
      if (after_point) --scan.exponent;
      continue;
    }
    take_digit(scan, *p);
    if (!after_point) ++scan.exponent;
  }
  return any ? p : nullptr;
}

// `e`, optional sign, digits, up to the end of the text. False: anything else, and an exponent of
// more than 64 bits.
bool scan_exponent(const char* p, const char* end, Scan& scan) {
  if (*p != 'e' && *p != 'E') return false;
  ++p;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  if (p == end) return false;
  std::int64_t written = 0;
  for (; p != end; ++p) {
    if (!is_digit(*p) || __builtin_mul_overflow(written, 10, &written) ||
        __builtin_add_overflow(written, *p - '0', &written))
      return false;
  }
  const std::int64_t exponent = std::min(written, kExponentClamp);
  scan.exponent += negative ? -exponent : exponent;
  return true;
}

bool scan_text(std::string_view text, Scan& scan) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p != end && (*p == '-' || *p == '+')) scan.negative = *p++ == '-';
  p = scan_mantissa(p, end, scan);
  return p != nullptr && (p == end || scan_exponent(p, end, scan));
}

}  // namespace

Result<Number> Number::from_digits(bool negative,
                                   const std::uint8_t* digits,
                                   std::int64_t digit_count,
                                   std::int64_t exponent) {
  if (digit_count == 0) return Number();
  if (exponent > kExponentMax) return too_large();
  if (exponent < kExponentMin) return too_small();
  if (digit_count > kDigitsMax) return too_precise();
  Number number;
  number.negative_ = negative;
  number.exponent_ = static_cast<std::int16_t>(exponent);
  number.digit_count_ = static_cast<std::uint8_t>(digit_count);
  std::copy_n(digits, digit_count, number.digits_.begin());
  return number;
}

Number::Number(std::int64_t value) {
  negative_ = value < 0;
  // Negated as unsigned: the least value has no positive counterpart.
  auto magnitude = static_cast<std::uint64_t>(value);
  if (negative_) magnitude = 0 - magnitude;
  char text[20];
  const char* const end = std::to_chars(text, text + sizeof text, magnitude).ptr;
  if (magnitude == 0) return;
  exponent_ = static_cast<std::int16_t>(end - text);
  std::size_t count = static_cast<std::size_t>(end - text);
  while (text[count - 1] == '0') --count;
  digit_count_ = static_cast<std::uint8_t>(count);
  for (std::size_t i = 0; i < count; ++i) digits_[i] = static_cast<std::uint8_t>(text[i] - '0');
}

Result<Number> Number::parse(std::string_view text) {
  Scan scan;
  if (!scan_text(text, scan)) return not_a_number(text);
  // The service judges a zero by the place of its last digit: 0e126 is too large, 0.0e126 is not.
  // (behaviour/validation 6.1)
  if (scan.significant == 0) {
    const std::int64_t place = scan.exponent + 1;
    if (place > kExponentMax) return too_large();
    if (place < kExponentMin) return too_small();
  }
  return from_digits(scan.negative, scan.digits.data(), scan.significant, scan.exponent);
}

void Number::append_text(std::string& out) const {
  if (is_zero()) {
    out.push_back('0');
    return;
  }
  char digits[kDigitsMax];
  for (int i = 0; i < digit_count_; ++i) digits[i] = static_cast<char>('0' + digit(i));
  const int before_point = std::clamp<int>(exponent_, 0, digit_count_);
  if (negative_) out.push_back('-');
  if (before_point == 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent_), '0');
  } else {
    out.append(digits, static_cast<std::size_t>(before_point));
    if (exponent_ > digit_count_)
      out.append(static_cast<std::size_t>(exponent_ - digit_count_), '0');
    if (before_point < digit_count_) out.push_back('.');
  }
  out.append(digits + before_point, static_cast<std::size_t>(digit_count_ - before_point));
}

std::string Number::text() const {
  std::string out;
  append_text(out);
  return out;
}

std::size_t Number::size() const {
  const int before_point = std::clamp<int>(exponent_, 0, digit_count_);
  const int after_point = digit_count_ - before_point;
  return static_cast<std::size_t>(1 + (before_point + 1) / 2 + (after_point + 1) / 2 +
                                  (negative_ ? 1 : 0));
}

std::strong_ordering Number::compare_magnitudes(const Number& a, const Number& b) {
  if (a.is_zero() || b.is_zero()) return a.digit_count_ <=> b.digit_count_;
  if (a.exponent_ != b.exponent_) return a.exponent_ <=> b.exponent_;
  // Digits after the last are zero.
  return a.digits_ <=> b.digits_;
}

std::strong_ordering operator<=>(const Number& a, const Number& b) {
  if (a.negative_ != b.negative_)
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.negative_ ? Number::compare_magnitudes(b, a) : Number::compare_magnitudes(a, b);
}

bool operator==(const Number& a, const Number& b) {
  return a.negative_ == b.negative_ && a.exponent_ == b.exponent_ && a.digits_ == b.digits_;
}

// Adds in a window of decimal places from one above the greater number's first digit to the last
// digit of either: at most 1 + 255 + 38 places, so the sum is exact before it is judged.
Result<Number> Number::add_signed(const Number& a, const Number& b, bool b_negative) {
  const bool a_greater = compare_magnitudes(a, b) > 0;
  const Number& greater = a_greater ? a : b;
  const Number& lesser = a_greater ? b : a;
  const bool negative = a_greater ? a.negative_ : b_negative;
  if (lesser.is_zero()) {
    return from_digits(negative, greater.digits_.data(), greater.digit_count_, greater.exponent_);
  }

  const int gap = greater.exponent_ - lesser.exponent_;
  const int places = 1 + std::max<int>(greater.digit_count_, gap + lesser.digit_count_);
  std::array<int, 1 + 255 + kDigitsMax> sum{};
  for (int i = 0; i < greater.digit_count_; ++i)
    sum[static_cast<std::size_t>(1 + i)] = greater.digit(i);
  const int sign = a.negative_ == b_negative ? 1 : -1;
  for (int i = 0; i < lesser.digit_count_; ++i)
    sum[static_cast<std::size_t>(1 + gap + i)] += sign * lesser.digit(i);

  std::array<std::uint8_t, sum.size()> digits{};
  for (int i = places - 1, carry = 0; i >= 0; --i) {
    const int place = sum[static_cast<std::size_t>(i)] + carry + 10;  // 0…29
    digits[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(place % 10);
    carry = place / 10 - 1;
  }
  const auto begin = digits.begin(), end = begin + places;
  const auto first = std::find_if(begin, end, [](std::uint8_t digit) { return digit != 0; });
  auto last = end;
  while (last != first && last[-1] == 0) --last;
  return from_digits(negative, digits.data() + (first - begin), last - first,
                     greater.exponent_ + 1 - (first - begin));
}

Result<Number> add(const Number& a, const Number& b) {
  return Number::add_signed(a, b, b.negative_);
}

Result<Number> subtract(const Number& a, const Number& b) {
  return Number::add_signed(a, b, !b.negative_);
}

}  // namespace tailrace
