#include "storage/value/md5.h"

#include <algorithm>
#include <bit>

namespace tailrace {
namespace {

// floor(2^32 * |sin(i + 1)|)
constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

std::uint32_t load_little_endian(const char* bytes) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < 4; ++i)
    word |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

using Word = std::uint32_t;

// 16 of the 64 steps. Step i takes word m[(stride * i + offset) % 16] of the block.
struct Round {
  std::size_t first;
  std::size_t stride;
  std::size_t offset;
};

template <Round kRound, class Function>
void do_round(std::array<Word, 4>& state, const std::array<Word, 16>& m, Function f) {
  auto [a, b, c, d] = state;
  const auto step = [&](std::size_t i, Word& to, Word x, Word y, Word z) {
    const Word sum = to + f(x, y, z) + kSines[i] + m[(kRound.stride * i + kRound.offset) % 16];
    to = x + std::rotl(sum, kShifts[kRound.first / 16][i % 4]);
  };
  for (std::size_t i = kRound.first; i < kRound.first + 16; i += 4) {
    step(i, a, b, c, d);
    step(i + 1, d, a, b, c);
    step(i + 2, c, d, a, b);
    step(i + 3, b, c, d, a);
  }
  state = {a, b, c, d};
}

}  // namespace

void Md5::add_block(const char* block) {
  std::array<Word, 16> m;
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = load_little_endian(block + 4 * i);
  auto s = state_;
  do_round<Round{.first = 0, .stride = 1, .offset = 0}>(
      s, m, [](Word b, Word c, Word d) { return d ^ (b & (c ^ d)); });
  do_round<Round{.first = 16, .stride = 5, .offset = 1}>(
      s, m, [](Word b, Word c, Word d) { return c ^ (d & (b ^ c)); });
  do_round<Round{.first = 32, .stride = 3, .offset = 5}>(
      s, m, [](Word b, Word c, Word d) { return b ^ c ^ d; });
  do_round<Round{.first = 48, .stride = 7, .offset = 0}>(
      s, m, [](Word b, Word c, Word d) { return c ^ (b | ~d); });
  for (std::size_t k = 0; k < 4; ++k) state_[k] += s[k];
}

void Md5::update(Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t used = size_ % kBlockBytes;
    const std::size_t taken = std::min(kBlockBytes - used, bytes.size());
    if (taken == kBlockBytes) {  // A whole block need not be copied.
      add_block(bytes.data());
    } else {
      std::copy_n(bytes.data(), taken, pending_.data() + used);
      if (used + taken == kBlockBytes) add_block(pending_.data());
    }
    size_ += taken;
    bytes.remove_prefix(taken);
  }
}

Md5::Digest Md5::finish() {
  const std::uint64_t bits = size_ * 8;
  // One bit, then zeros up to eight bytes before the end of a block; at most 64 bytes.
  static constexpr std::array<char, kBlockBytes> kPadding{'\x80'};
  const std::size_t used = size_ % kBlockBytes;
  const std::size_t padding = (used < kBlockBytes - 8 ? kBlockBytes : 2 * kBlockBytes) - 8 - used;
  update(Bytes(kPadding.data(), padding));
  char length[8];
  for (unsigned i = 0; i < 8; ++i) length[i] = static_cast<char>(bits >> (8 * i));
  update(Bytes(length, sizeof length));
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (8 * (i % 4)));
  return digest;
}

}  // namespace tailrace
