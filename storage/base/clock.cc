#include "storage/base/clock.h"

namespace tailrace {

Instant machine_now() {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

}  // namespace tailrace
