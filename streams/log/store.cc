#include "streams/log/store.h"

#include <utility>

#include "storage/schema/key_layout.h"

namespace tailrace {

Store::Store(std::unique_ptr<StorageEngine> engine,
             const Clock& product_clock,
             Scheduler& home,
             const StoreOptions& options)
    : clock(product_clock),
      scheduler(home),
      queue(std::move(engine), with_descriptions(options.queue)),
      stream_log(options.streams, clock),
      writer({&stream_log}),
      background(queue, catalog, writer, clock, scheduler, options.background),
      replicator_(catalog, writer) {
  queue.run([this](Txn& txn) {
    catalog.load(txn);
    stream_log.load(txn);
  });
}

EngineQueue::Options Store::with_descriptions(EngineQueue::Options queue_options) const {
  queue_options.describe_row = [this](Bytes key) {
    const auto holder = keys::counted_holder(key);
    const TablePtr table = holder ? catalog.find(holder->first) : nullptr;
    return keys::describe(key, table.get());
  };
  return queue_options;
}

void Store::start(AfterPause after_pause) {
  background.start();
  maintenance_.emplace(queue, scheduler, std::move(after_pause), clock, stream_log);
}

void Store::settle(std::function<void(Settled)> done) {
  const auto wait_for_queue = [this, done = std::move(done)] {
    queue.submit([](Txn&) {},
                 [this, done](const EngineError*) {
                   scheduler.post([this, done] {
                     done(background.settled() ? Settled::kDone : Settled::kNotYet);
                   });
                 });
  };
  if (!maintenance_) return wait_for_queue();
  maintenance_->finish(wait_for_queue);
}

}  // namespace tailrace
