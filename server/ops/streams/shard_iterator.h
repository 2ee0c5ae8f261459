// ShardIterator: a position in a shard as a signed text that clients carry; nothing is kept here,
// so iterators outlast restarts. (behaviour/streams 8, 13.5)
//
//   <StreamArn>|1|<base64 of: version 1 (1) · nonce (1) · stream (8) · epoch (4) · after (8) ·
//   issued, ms (8)
//                 · shard id · MAC (8)> (big-endian)
//
// The MAC is SipHash-2-4 over the ARN and what precedes it, with the store's secret key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "streams/log/stream_log.h"

namespace tailrace::ops {

struct ShardIterator {
  std::string stream_arn;
  std::uint64_t stream_id = 0;
  std::string shard_id;
  std::uint64_t after = 0;  // Position: before the first record of a greater sequence.
  Instant issued{};
  std::uint32_t epoch = 0;  // Of the stream when it was issued.
};

// Two calls give different texts, also for equal iterators.
std::string encode_shard_iterator(const IteratorKey& key, const ShardIterator& iterator);
// Errors: ValidationException for what this store never issued.
Result<ShardIterator> decode_shard_iterator(const IteratorKey& key, std::string_view text);

}  // namespace tailrace::ops
