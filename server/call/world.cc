#include "server/call/world.h"

namespace tailrace::ops {

World::World(const WorldOptions& world_options, Store& store)
    : options(world_options),
      clock(store.clock),
      scheduler(store.scheduler),
      queue(store.queue),
      catalog(store.catalog),
      stream_log(store.stream_log),
      writer(store.writer),
      item_holds(options.transaction_conflict_window, clock),
      transitions(options.transition_delay, queue, catalog, stream_log, clock, scheduler) {}

}  // namespace tailrace::ops
