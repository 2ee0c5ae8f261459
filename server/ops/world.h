// World: one store and all that lives in it. Built by server/app; there are no globals.
#pragma once

#include "server/ops/item_holds.h"
#include "server/ops/transitions.h"
#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/table/catalog.h"
#include "storage/table/item_writer.h"
#include "streams/log/stream_log.h"

namespace tailrace::ops {

// What users may set of the operations' behaviour.
struct WorldOptions {
  Millis transaction_conflict_window{0};  // --transaction-conflicts; 0: requests are serialized.
  double eventual_chance = 0;             // --eventual-consistency; 0: every read is strong.
  Millis eventual_lag{0};
  std::uint64_t eventual_seed = 0;
  Millis ttl_interval = std::chrono::seconds(1);
  Millis transition_delay{0};  // --transition-delay; 0: changes are done before the next request.
};

struct World {
  WorldOptions options;
  const Clock& clock;
  Scheduler& scheduler;
  EngineQueue& queue;
  Catalog& catalog;
  StreamLog& stream_log;
  ItemWriter& writer;
  ItemHolds& item_holds;
  Transitions& transitions;
};

}  // namespace tailrace::ops
