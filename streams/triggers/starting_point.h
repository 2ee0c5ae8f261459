// Where a mapping begins to read each shard, and how it is moved later. All within jobs.
// (behaviour/triggers 3.2)
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "streams/triggers/mapping_store.h"

namespace tailrace {
class StreamLog;
struct Stream;
}  // namespace tailrace

namespace tailrace::triggers {

// Writes the mapping's checkpoints for every shard that exists now. Shards that appear later are
// read from their beginning.
void write_starting_point(Txn& txn,
                          const StreamLog& log,
                          const Mapping& mapping,
                          const Stream& stream,
                          StartingPosition position);

// Everything from `sequence` on will be delivered again, in one shard or in all. False: no such
// shard.
bool rewind_to(Txn& txn,
               const StreamLog& log,
               const Mapping& mapping,
               const Stream& stream,
               std::uint64_t sequence,
               const std::optional<std::string>& shard_id);

}  // namespace tailrace::triggers
