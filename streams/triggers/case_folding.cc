#include "streams/triggers/case_folding.h"

#include <cstdint>

namespace tailrace::triggers {

namespace {

struct FoldRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;    // 1: every letter; 2: capitals alternate with small letters.
  std::uint32_t offset;  // From the capital to the small letter.
};

// Letters of two UTF-8 bytes (U+0080 to U+07FF); capital and small letter are equally long.
constexpr FoldRange kRanges[] = {
    {0x00C0, 0x00D6, 1, 32}, {0x00D8, 0x00DE, 1, 32}, {0x0100, 0x012E, 2, 1},
    {0x0132, 0x0136, 2, 1},  {0x0139, 0x0147, 2, 1},  {0x014A, 0x0176, 2, 1},
    {0x0179, 0x017D, 2, 1},  {0x0391, 0x03A1, 1, 32}, {0x03A3, 0x03AB, 1, 32},
    {0x0400, 0x040F, 1, 80}, {0x0410, 0x042F, 1, 32}, {0x0460, 0x0480, 2, 1},
};

std::uint32_t fold(std::uint32_t code) {
  for (const FoldRange& range : kRanges) {
    if (code < range.first || code > range.last) continue;
    return (code - range.first) % range.step == 0 ? code + range.offset : code;
  }
  return code;
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 'A' && byte <= 'Z') {
      out.push_back(static_cast<char>(byte + 32));
    } else if (byte >= 0xC2 && byte <= 0xDF && i + 1 < text.size()) {
      const auto second = static_cast<unsigned char>(text[++i]);
      const std::uint32_t code = fold((byte & 0x1Fu) << 6 | (second & 0x3Fu));
      out.push_back(static_cast<char>(0xC0u | code >> 6));
      out.push_back(static_cast<char>(0x80u | (code & 0x3Fu)));
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

}  // namespace tailrace::triggers
