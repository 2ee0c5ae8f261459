// Number: DynamoDB's exact decimal: 38 significant digits, magnitude 1E-130 to 9.99…E+125. Never a double.
// (behaviour/dynamodb 2.4)
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/base/result.h"

namespace tailrace {

class Number {
 public:
  static constexpr int kDigitsMax = 38;

  Number() = default;  // Zero.
  explicit Number(std::int64_t value);

  // Errors: ValidationException with AWS's texts for malformed, too precise, too large, too small.
  static Result<Number> parse(std::string_view text);

  // Canonical: no exponent, no plus, no needless zeros; "-0" is "0"; 1E125 has 126 digits.
  void append_text(std::string& out) const;
  std::string text() const;

  // Bytes that DynamoDB counts for it (behaviour/dynamodb 2.6).
  std::size_t size() const;

  // Exact. Errors: a result out of range or of more than 38 significant digits.
  friend Result<Number> add(const Number& a, const Number& b);
  friend Result<Number> subtract(const Number& a, const Number& b);

  friend std::strong_ordering operator<=>(const Number& a, const Number& b);
  friend bool operator==(const Number& a, const Number& b);

  bool is_zero() const { return digit_count_ == 0; }
  bool is_negative() const { return negative_; }
  // value = 0.d1d2d3… x 10^exponent, d1 and the last digit not zero.
  int exponent() const { return exponent_; }
  int digit_count() const { return digit_count_; }
  std::uint8_t digit(int i) const { return digits_[static_cast<std::size_t>(i)]; }

 private:
  // `digits` start and end with one that is not zero; a count of 0 is zero. Errors: as parse().
  static Result<Number> from_digits(bool negative, const std::uint8_t* digits, std::int64_t digit_count, std::int64_t exponent);
  // a + |b| or a - |b|.
  static Result<Number> add_signed(const Number& a, const Number& b, bool b_negative);
  static std::strong_ordering compare_magnitudes(const Number& a, const Number& b);

  bool negative_ = false;
  std::int16_t exponent_ = 0;
  std::uint8_t digit_count_ = 0;  // 0: the number is zero.
  std::array<std::uint8_t, kDigitsMax> digits_{};
};

}  // namespace tailrace
