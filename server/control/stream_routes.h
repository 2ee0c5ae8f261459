// POST /_tailrace/streams/…: what streams do in hours, at once. (spec streams 13.10)
//
//   rollover          {"StreamArn", "ShardId"?}  rolls one open shard over, or all ->
//   {"Shards":[…]} the children split             {"StreamArn", "ShardId"?}  splits one open shard,
//   or all -> {"Shards":[…]} the children trim              {"StreamArn", "ShardId"?,
//   "ThroughSequenceNumber"?}  regardless of age; default: everything expire-iterators
//   {"StreamArn"?}             of one stream or of all that the caller has
#pragma once

#include "server/control/control_api.h"
#include "server/ops/world.h"

namespace tailrace::control {

// `world` must outlive `api`.
void add_stream_routes(ControlApi& api, ops::World& world);

}  // namespace tailrace::control
