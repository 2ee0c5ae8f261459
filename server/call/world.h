// World: one store, and what operations on it share beside it. There are no globals.
#pragma once

#include "server/call/item_holds.h"
#include "server/call/transitions.h"
#include "storage/base/clock.h"
#include "streams/log/store.h"

namespace tailrace::ops {

// What users may set of the operations' behaviour.
struct WorldOptions {
  Millis transaction_conflict_window{0};  // --transaction-conflicts; 0: requests are serialized.
  double eventual_chance = 0;             // --eventual-consistency; 0: every read is strong.
  Millis eventual_lag{0};
  std::uint64_t eventual_seed = 0;
  Millis ttl_interval = std::chrono::seconds(1);
  Millis ttl_update_interval{0};  // --ttl-update-interval; 0: Time to Live changes as often as asked.
  Millis transition_delay{0};  // --transition-delay; 0: changes are done before the next request.
};

struct World {
  // `store` must outlive the world.
  World(const WorldOptions& world_options, Store& store);

  const WorldOptions options;
  // Of the store.
  const Clock& clock;
  Scheduler& scheduler;
  EngineQueue& queue;
  Catalog& catalog;
  StreamLog& stream_log;
  ItemWriter& writer;
  // Its own.
  ItemHolds item_holds;
  Transitions transitions;
};

}  // namespace tailrace::ops
