#include "storage/base/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tailrace {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xff;
constexpr std::uint8_t kNotASextet = 0xc0;

constexpr std::array<std::uint8_t, 256> kSextets = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(kInvalid);
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kAlphabet[i])] = i;
  return table;
}();

std::uint32_t byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

std::uint32_t sextet(char c) {
  return kSextets[static_cast<unsigned char>(c)];
}

char low_byte(std::uint32_t bits) {
  return static_cast<char>(bits & 0xff);
}

// The last group of a text, which may be padded. False: not canonical.
bool append_last_group(Buffer& out, std::string_view group) {
  const std::size_t padding = group[3] != '=' ? 0 : group[2] != '=' ? 1 : 2;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint32_t six = i < 4 - padding ? sextet(group[i]) : 0;
    if (six == kInvalid) return false;
    bits = bits << 6 | six;
  }
  const std::uint32_t unused = padding == 0 ? 0 : padding == 1 ? 0xff : 0xffff;
  if ((bits & unused) != 0) return false;
  out.push_back(low_byte(bits >> 16));
  if (padding < 2) out.push_back(low_byte(bits >> 8));
  if (padding < 1) out.push_back(low_byte(bits));
  return true;
}

}  // namespace

void append_base64(std::string& out, Bytes bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t bits =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    *to++ = kAlphabet[bits >> 18];
    *to++ = kAlphabet[bits >> 12 & 63];
    *to++ = kAlphabet[bits >> 6 & 63];
    *to++ = kAlphabet[bits & 63];
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return;
  const std::uint32_t bits =
      byte_at(bytes, i) << 16 | (rest == 2 ? byte_at(bytes, i + 1) << 8 : 0u);
  *to++ = kAlphabet[bits >> 18];
  *to++ = kAlphabet[bits >> 12 & 63];
  if (rest == 2) *to = kAlphabet[bits >> 6 & 63];
}

std::string to_base64(Bytes bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::optional<Buffer> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return Buffer();
  const std::size_t last_group = text.size() - 4;
  Buffer out(last_group / 4 * 3, '\0');
  char* to = out.data();
  for (std::size_t i = 0; i < last_group; i += 4) {
    const std::uint32_t a = sextet(text[i]), b = sextet(text[i + 1]);
    const std::uint32_t c = sextet(text[i + 2]), d = sextet(text[i + 3]);
    if (((a | b | c | d) & kNotASextet) != 0) return std::nullopt;
    *to++ = low_byte(a << 2 | b >> 4);
    *to++ = low_byte(b << 4 | c >> 2);
    *to++ = low_byte(c << 6 | d);
  }
  if (!append_last_group(out, text.substr(last_group))) return std::nullopt;
  return out;
}

}  // namespace tailrace
