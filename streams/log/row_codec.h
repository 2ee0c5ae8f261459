// Stored forms of streams and shards: a version byte, then the fields in order; numbers as 8 bytes big-endian,
// texts behind their length. Their ids are in the rows' keys.
#pragma once

#include "storage/base/bytes.h"
#include "streams/log/stream_log.h"

namespace tailrace {

Buffer encode_stream(const Stream& stream);
Stream decode_stream(std::uint64_t stream_id, Bytes row);

Buffer encode_shard(const Shard& shard);
Shard decode_shard(std::uint64_t stream_id, std::uint64_t number, Bytes row);

}  // namespace tailrace
