// POST /_tailrace/streams/…: what streams do in hours, at once. (behaviour/streams 13.10)
//
//   rollover {"StreamArn", "ShardId"?} -> {"Shards":[…]}
//       rolls one open shard over, or all; answers with the children
//   split {"StreamArn", "ShardId"?} -> {"Shards":[…]}
//       likewise; a stream has at most 256 open shards
//   trim {"StreamArn", "ShardId"?, "ThroughSequenceNumber"?} -> {}
//       regardless of age; by default everything
//   expire-iterators {"StreamArn"?} -> {}
//       of one stream, or of all that the caller has
#pragma once

#include "server/control/control_api.h"
#include "server/call/world.h"
#include "storage/engine/slices.h"

namespace tailrace::control {

// `world` must outlive `api`.
void add_stream_routes(ControlApi& api, ops::World& world, AfterPause after_pause);

}  // namespace tailrace::control
