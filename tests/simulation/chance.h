// Chance: all that is random in a simulation, from one seed.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "storage/base/check.h"

namespace tailrace::simulation {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : generator_(seed) {}

  std::uint64_t bits() { return generator_(); }
  // 0 to below `count`.
  std::size_t below(std::size_t count) {
    CHECK(count > 0);
    return static_cast<std::size_t>(generator_() % count);
  }
  // Both inclusive.
  int from(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1));
  }
  bool percent(int likelihood) { return from(0, 99) < likelihood; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace tailrace::simulation
