// SHA-256 and HMAC-SHA-256, for signatures. (FIPS 180-4, RFC 2104)
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::protocol {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view text);
Digest hmac_sha256(std::string_view key, std::string_view text);
std::string to_hex(const Digest& digest);  // Lower case.

inline std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace tailrace::protocol
