// SipHash-2-4: a small keyed hash with good mixing. It signs iterators with a secret key, and with a fixed key
// spreads partition keys over shards. (Aumasson and Bernstein, "SipHash: a fast short-input PRF")
#pragma once

#include <array>
#include <cstdint>

#include "storage/base/bytes.h"

namespace tailrace {

std::uint64_t sip_hash(const std::array<std::uint64_t, 2>& key, Bytes bytes);

}  // namespace tailrace
