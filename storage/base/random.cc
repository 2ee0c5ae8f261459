#include "storage/base/random.h"

#include <random>
#include <string_view>

namespace tailrace {
namespace {

// `count` characters, each chosen by as many random bits as the alphabet (a power of two) asks for.
std::string random_text(std::size_t count, std::string_view alphabet, unsigned bits_per_character) {
  std::string out;
  out.reserve(count);
  std::uint64_t bits = 0;
  unsigned bits_left = 0;
  while (out.size() < count) {
    if (bits_left < bits_per_character) {
      bits = random_u64();
      bits_left = 64;
    }
    out.push_back(alphabet[bits & (alphabet.size() - 1)]);
    bits >>= bits_per_character;
    bits_left -= bits_per_character;
  }
  return out;
}

// A generator per thread needs no lock; each is seeded from the operating system.
std::mt19937_64& this_threads_generator() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(),
                       device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator;
}

}  // namespace

std::uint64_t random_u64() {
  return this_threads_generator()();
}

void seed_random(std::uint64_t seed) {
  this_threads_generator().seed(seed);
}

double random_fraction() {
  return static_cast<double>(random_u64() >> 11) * 0x1.0p-53;
}

std::string random_hex(std::size_t digits) {
  return random_text(digits, "0123456789abcdef", 4);
}

std::string random_uuid() {
  // Version 4, variant 1 (RFC 4122).
  const std::uint64_t bits = random_u64();
  std::string uuid = random_hex(36);
  uuid[8] = uuid[13] = uuid[18] = uuid[23] = '-';
  uuid[14] = '4';
  uuid[19] = "89ab"[bits & 3];
  return uuid;
}

std::string random_request_id() {
  return random_text(52, "0123456789ABCDEFGHIJKLMNOPQRSTUV", 5);
}

}  // namespace tailrace
