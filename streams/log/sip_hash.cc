#include "streams/log/sip_hash.h"

#include <bit>
#include <cstddef>

namespace tailrace {
namespace {

struct Lanes {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

// Up to eight bytes as a little-endian number, on every platform.
std::uint64_t load_little(Bytes bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    word = (word << 8) | static_cast<std::uint8_t>(bytes[i]);
  }
  return word;
}

}  // namespace

std::uint64_t sip_hash(const std::array<std::uint64_t, 2>& key, Bytes bytes) {
  Lanes lanes{.v0 = key[0] ^ 0x736f6d6570736575U,
              .v1 = key[1] ^ 0x646f72616e646f6dU,
              .v2 = key[0] ^ 0x6c7967656e657261U,
              .v3 = key[1] ^ 0x7465646279746573U};
  const std::uint64_t length = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) lanes.absorb(load_little(bytes.substr(0, 8)));
  lanes.absorb(length | load_little(bytes));
  lanes.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) lanes.round();
  return lanes.v0 ^ lanes.v1 ^ lanes.v2 ^ lanes.v3;
}

}  // namespace tailrace
