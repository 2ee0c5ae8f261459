#include "server/protocol/crc32.h"

#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace tailrace::protocol {
namespace {

std::uint32_t zlib_crc32(std::uint32_t crc, std::string_view text) {
  return static_cast<std::uint32_t>(
      ::crc32_z(crc, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

#ifdef __x86_64__

constexpr std::size_t kLane = 16;
constexpr std::size_t kStride = 4 * kLane;

#define TAILRACE_CLMUL __attribute__((target("pclmul,sse4.1")))

TAILRACE_CLMUL inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// Moves `lane` forward by the distance of which `keys` are the powers of x, onto `next`.
TAILRACE_CLMUL inline __m128i fold(__m128i lane, __m128i keys, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, keys, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, keys, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// Of a text whose size is a multiple of 16 and at least 64. `crc` and the result are without the
// final inversion. (Intel, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction"; bit-reflected constants of the polynomial 0x04C11DB7.)
TAILRACE_CLMUL std::uint32_t clmul_crc32(std::uint32_t crc, std::string_view text) {
  const __m128i by_64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const __m128i by_8 = _mm_set_epi64x(0, 0x0163cd6124);
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);

  const char* at = text.data();
  std::size_t left = text.size() - kStride;
  __m128i a = _mm_xor_si128(load(at), _mm_cvtsi32_si128(static_cast<int>(crc)));
  __m128i b = load(at + kLane);
  __m128i c = load(at + 2 * kLane);
  __m128i d = load(at + 3 * kLane);
  for (at += kStride; left >= kStride; at += kStride, left -= kStride) {
    a = fold(a, by_64, load(at));
    b = fold(b, by_64, load(at + kLane));
    c = fold(c, by_64, load(at + 2 * kLane));
    d = fold(d, by_64, load(at + 3 * kLane));
  }
  a = fold(fold(fold(a, by_16, b), by_16, c), by_16, d);
  for (; left >= kLane; at += kLane, left -= kLane) a = fold(a, by_16, load(at));

  // 128 bits to 64, then Barrett's reduction to 32.
  a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by_16, 0x10));
  const __m128i rest = _mm_srli_si128(a, 4);
  a = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low_words), by_8, 0x00), rest);
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(a, quotient), 1));
}

#undef TAILRACE_CLMUL
#endif

}  // namespace

std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0;
#ifdef __x86_64__
  if (text.size() >= kStride && __builtin_cpu_supports("pclmul") &&
      __builtin_cpu_supports("sse4.1")) {
    const std::size_t whole = text.size() / kLane * kLane;
    crc = ~clmul_crc32(~crc, text.substr(0, whole));
    text.remove_prefix(whole);
  }
#endif
  return zlib_crc32(crc, text);
}

}  // namespace tailrace::protocol
