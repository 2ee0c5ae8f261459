// CallRates: counts calls that AWS limits to so many a second. (spec streams 11)
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "streams/log/stream_log.h"

namespace tailrace {

class CallRates {
 public:
  // Counts a call; false: the second is full.
  bool take(const Owner& owner, MeteredCall call, Instant now);

 private:
  struct Second {
    std::int64_t number = 0;
    int calls = 0;
  };
  std::map<std::pair<Owner, MeteredCall>, Second> seconds_;
};

}  // namespace tailrace
