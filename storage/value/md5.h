// MD5 (RFC 1321), for the order of a Scan alone: nothing here is a matter of security.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "storage/base/bytes.h"

namespace tailrace {

class Md5 {
 public:
  using Digest = std::array<std::uint8_t, 16>;

  void update(Bytes bytes);
  Digest finish();  // Once, as the last call.

 private:
  void add_block(const char* block);

  static constexpr std::size_t kBlockBytes = 64;

  std::array<std::uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<char, kBlockBytes>
      pending_;  // The first size_ % kBlockBytes bytes wait for the rest of a block.
  std::uint64_t size_ = 0;
};

}  // namespace tailrace
