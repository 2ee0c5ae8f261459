#include "storage/value/key_encoding.h"

#include <algorithm>
#include <array>

#include "storage/base/check.h"
#include "storage/base/engine_error.h"
#include "storage/value/md5.h"

namespace tailrace {
namespace {

constexpr std::string_view kWhat = "key or number";

constexpr char kZeroByte = '\x00';
constexpr char kZeroFollows = '\xff';  // After 00: a zero byte of the text.
constexpr char kEndFollows = '\x01';   // After 00: the text ends here.

constexpr std::uint8_t kNegative = 0x40;
constexpr std::uint8_t kZero = 0x80;
constexpr std::uint8_t kPositive = 0xc0;
constexpr int kExponentBias = 128;

// A number in base 100: value = 0.D1D2… x 100^exponent, D1 and the last not zero. Not for zero.
struct Base100 {
  explicit Base100(const Number& number) {
    CHECK(!number.is_zero());
    // An odd decimal exponent puts the first decimal digit alone into its pair. Rounded up, also
    // below zero.
    const bool odd = number.exponent() % 2 != 0;
    exponent = (number.exponent() + (odd ? 1 : 0)) / 2;
    const int shift = odd ? 1 : 0;
    count = static_cast<std::size_t>((number.digit_count() + shift + 1) / 2);
    for (int i = 0; i < number.digit_count(); ++i) {
      const int place = i + shift;
      pairs[static_cast<std::size_t>(place / 2)] +=
          static_cast<std::uint8_t>(place % 2 == 0 ? number.digit(i) * 10 : number.digit(i));
    }
  }

  int exponent;
  std::size_t count;
  std::array<std::uint8_t, Number::kDigitsMax / 2 + 1> pairs{};
};

void push(Buffer& out, int byte) {
  out.push_back(static_cast<char>(byte));
}

std::uint8_t take_byte(Bytes& in) {
  require_stored(!in.empty(), kWhat);
  const auto byte = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  return byte;
}

Buffer take_text(Bytes& in) {
  Buffer text;
  for (;;) {
    const std::size_t zero = in.find(kZeroByte);
    require_stored(zero != Bytes::npos && zero + 1 < in.size(), kWhat);
    text.append(in, 0, zero);
    const char mark = in[zero + 1];
    in.remove_prefix(zero + 2);
    if (mark == kEndFollows) return text;
    require_stored(mark == kZeroFollows, kWhat);
    text.push_back(kZeroByte);
  }
}

Number take_number(Bytes& in) {
  const std::uint8_t sign = take_byte(in);
  if (sign == kZero) return Number();
  require_stored(sign == kPositive || sign == kNegative, kWhat);
  const std::uint8_t complement = sign == kNegative ? 0xff : 0;
  const int exponent = (take_byte(in) ^ complement) - kExponentBias;
  // Through text, since only parse() makes numbers; decoding is needed for start keys alone.
  std::string text = sign == kNegative ? "-0." : "0.";
  for (bool last = false; !last;) {
    const int byte = take_byte(in) ^ complement;
    last = byte % 2 == 0;
    text.push_back(static_cast<char>('0' + byte / 20));
    text.push_back(static_cast<char>('0' + byte / 2 % 10));
  }
  text.append("e").append(std::to_string(2 * exponent));
  const auto number = Number::parse(text);
  require_stored(number.has_value(), kWhat);
  return *number;
}

// Oracle's NUMBER, which the hash of a numeric key is taken over.
void hash_number(Md5& md5, const Number& number) {
  constexpr int kOracleExponentBias = 192;
  constexpr int kOracleComplement = 101;
  constexpr int kOracleEndOfNegative = 102;
  if (number.is_zero()) {
    md5.update("\x80");
    return;
  }
  const Base100 base100(number);
  const bool negative = number.is_negative();
  std::string bytes;
  const int exponent = base100.exponent + kOracleExponentBias;
  push(bytes, negative ? 0xff - exponent : exponent);
  for (std::size_t i = 0; i < base100.count; ++i)
    push(bytes, negative ? kOracleComplement - base100.pairs[i] : base100.pairs[i] + 1);
  if (negative) push(bytes, kOracleEndOfNegative);
  md5.update(bytes);
}

void hash_value(Md5& md5, const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) {
    md5.update(*text);
  } else if (const auto* number = value.as<Number>()) {
    hash_number(md5, *number);
  } else {
    const auto* binary = value.as<Binary>();
    CHECK(binary != nullptr);
    md5.update(binary->bytes);
  }
}

}  // namespace

void append_key_prefix(Buffer& out, Bytes prefix) {
  for (;;) {
    const std::size_t zero = prefix.find(kZeroByte);
    out.append(prefix, 0, zero);
    if (zero == Bytes::npos) return;
    out.push_back(kZeroByte);
    out.push_back(kZeroFollows);
    prefix.remove_prefix(zero + 1);
  }
}

void append_key_binary(Buffer& out, Bytes bytes) {
  append_key_prefix(out, bytes);
  out.push_back(kZeroByte);
  out.push_back(kEndFollows);
}

void append_key_string(Buffer& out, std::string_view text) {
  append_key_binary(out, text);
}

void append_key_number(Buffer& out, const Number& number) {
  if (number.is_zero()) {
    push(out, kZero);
    return;
  }
  const Base100 base100(number);
  const int complement = number.is_negative() ? 0xff : 0;
  push(out, number.is_negative() ? kNegative : kPositive);
  push(out, (base100.exponent + kExponentBias) ^ complement);
  for (std::size_t i = 0; i + 1 < base100.count; ++i)
    push(out, (2 * base100.pairs[i] + 1) ^ complement);
  push(out, (2 * base100.pairs[base100.count - 1]) ^ complement);
}

void append_key_value(Buffer& out, const AttributeValue& value) {
  if (const auto* text = value.as<std::string>()) {
    append_key_string(out, *text);
  } else if (const auto* number = value.as<Number>()) {
    append_key_number(out, *number);
  } else {
    const auto* binary = value.as<Binary>();
    CHECK(binary != nullptr);
    append_key_binary(out, binary->bytes);
  }
}

AttributeValue decode_key_value(Bytes& in, AttributeType type) {
  CHECK(type == AttributeType::kS || type == AttributeType::kN || type == AttributeType::kB);
  if (type == AttributeType::kN) return {take_number(in)};
  if (type == AttributeType::kB) return {Binary{take_text(in)}};
  return {take_text(in)};
}

std::uint64_t scan_hash(const AttributeValue& partition_key) {
  const AttributeValue* const values[] = {&partition_key};
  return scan_hash(values);
}

std::uint64_t scan_hash(std::span<const AttributeValue* const> partition_key) {
  Md5 md5;
  md5.update("Outliers");
  for (const AttributeValue* value : partition_key) hash_value(md5, *value);
  const Md5::Digest digest = md5.finish();
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < sizeof hash; ++i) hash = hash << 8 | digest[i];
  return hash;
}

void append_u64(Buffer& out, std::uint64_t value) {
  char bytes[sizeof value];
  for (std::size_t i = sizeof bytes; i-- > 0; value >>= 8)
    bytes[i] = static_cast<char>(value & 0xff);
  out.append(bytes, sizeof bytes);
}

std::uint64_t take_u64(Bytes& in) {
  require_stored(in.size() >= sizeof(std::uint64_t), kWhat);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = value << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(sizeof value);
  return value;
}

Buffer after_prefix(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.remove_suffix(1);
  Buffer next(prefix);
  if (!next.empty()) next.back() = static_cast<char>(next.back() + 1);
  return next;
}

}  // namespace tailrace
