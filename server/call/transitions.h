// Transitions: what --transition-delay stretches. An operation stores a table in its state of
// change, with the time at which that ends; Transitions ends it then, by the product's clock, also
// after a restart.
// (behaviour/dynamodb 4.5; behaviour/streams 2.4, 2.5)
#pragma once

#include <atomic>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/table/catalog.h"
#include "streams/log/stream_log.h"

namespace tailrace::ops {

class Transitions {
 public:
  // `delay` 0: changes are done before the next request, and nothing is ever in transition. All
  // must outlive this object, and it what is scheduled and queued.
  Transitions(Millis delay,
              EngineQueue& queue,
              Catalog& catalog,
              StreamLog& stream_log,
              const Clock& clock,
              Scheduler& scheduler)
      : delay_(delay),
        queue_(queue),
        catalog_(catalog),
        stream_log_(stream_log),
        clock_(clock),
        scheduler_(scheduler) {}
  Transitions(const Transitions&) = delete;
  Transitions& operator=(const Transitions&) = delete;

  // Goes on with what an earlier run left. Home thread, once, after Catalog::load().
  void start();

  bool visible() const { return delay_ > Millis(0); }
  StreamLog::Settled stream_settles() const {
    return visible() ? StreamLog::Settled::kLater : StreamLog::Settled::kAtOnce;
  }
  // When transitions end that begin with the commit of `txn`, in the schema that this stores. Only
  // if visible().
  Instant begin(Txn& txn);

 private:
  void arm(Instant ends);
  void end_due(Txn& txn);
  void end(Txn& txn, const TableSchema& table, Instant now);

  const Millis delay_;
  EngineQueue& queue_;
  Catalog& catalog_;
  StreamLog& stream_log_;
  const Clock& clock_;
  Scheduler& scheduler_;
  std::atomic<bool> failing_ = false;  // The last attempt did; it was told of.
};

}  // namespace tailrace::ops
