// Store: one engine and all that keeps tables and streams in it. Made in one step, and loaded, so
// that nobody sees a part of it; server/app, and tests, build what they need on top.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/engine/slices.h"
#include "storage/table/background.h"
#include "storage/table/catalog.h"
#include "storage/table/item_writer.h"
#include "storage/table/replicator.h"
#include "streams/log/stream_log.h"
#include "streams/log/stream_maintenance.h"

namespace tailrace {

struct StoreOptions {
  EngineQueue::Options queue = {};
  StreamOptions streams = {};
  BackgroundWork::Options background = {};
};

enum class Settled : std::uint8_t {
  kNotYet,  // Something goes on by itself.
  kDone,
};

class Store {
 public:
  // Loads what the engine holds; throws EngineError. `clock` and `scheduler` must outlive the
  // store, and the scheduler must not run what the store has posted after its end.
  Store(std::unique_ptr<StorageEngine> engine,
        const Clock& clock,
        Scheduler& scheduler,
        const StoreOptions& options = {});
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Work in the background begins: what requests leave for later, trimming, roll-over by age. Home
  // thread, once, before the first write.
  void start(AfterPause after_pause);
  // Calls `done`, from a task of its own, when what timers have put into the queue is done. Home
  // thread.
  void settle(std::function<void(Settled)> done);

  const Clock& clock;
  Scheduler& scheduler;
  // In order of need: each works with those before it.
  EngineQueue queue;
  Catalog catalog;
  StreamLog stream_log;
  ItemWriter writer;
  BackgroundWork background;

 private:
  EngineQueue::Options with_descriptions(EngineQueue::Options queue_options) const;

  Replicator replicator_;
  std::optional<StreamMaintenance> maintenance_;  // Begins with start().
};

}  // namespace tailrace
