// CallRates: counts calls that AWS limits to so many a second. (behaviour/streams 11)
#pragma once

#include <cstdint>
#include <map>

#include "streams/log/stream_log.h"

namespace tailrace {

class CallRates {
 public:
  // What has a limit of its own.
  struct Caller {
    Owner owner;
    MeteredCall call = MeteredCall::kListStreams;
    std::uint64_t shard_number = 0;  // 0: the call is for no shard.
    auto operator<=>(const Caller&) const = default;
  };

  // Counts a call; false: the second is full.
  bool take(const Caller& caller, Instant now);

 private:
  std::int64_t second_ = 0;
  std::map<Caller, int> calls_;  // In second_.
};

}  // namespace tailrace
