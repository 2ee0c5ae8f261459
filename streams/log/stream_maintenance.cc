#include "streams/log/stream_maintenance.h"

#include <algorithm>
#include <atomic>

#include "storage/base/log.h"

namespace tailrace {
namespace {

// About half a millisecond of work each.
constexpr std::size_t kRecordsPerSlice = 64;
constexpr std::size_t kShardsPerSlice = 16;

}  // namespace

struct StreamMaintenance::State : std::enable_shared_from_this<State> {
  State(EngineQueue& engine_queue, Scheduler& home, const Clock& time, StreamLog& stream_log)
      : queue(engine_queue), scheduler(home), clock(time), log(stream_log) {}

  void schedule() {
    const Millis interval = std::max(Millis(1), log.options().trim_interval);
    timer = scheduler.run_at(clock.now() + interval, [self = shared_from_this()] {
      self->schedule();
      self->sweep();
    });
  }

  void sweep() {
    if (!sweeping.exchange(true)) submit_slice();
  }

  void submit_slice() {
    // Whether there is more is written by the job and read after its commit; the queue keeps them
    // in order.
    auto more = std::make_shared<bool>(false);
    queue.submit(
        [self = shared_from_this(), more](Txn& txn) {
          *more = !self->stopped && self->run_slice(txn);
        },
        [self = shared_from_this(), more](const EngineError* error) {
          if (error)
            log_warn("trimming streams failed; will try again", {{"error", error->what()}});
          if (!error && *more) {
            self->submit_slice();
          } else {
            self->sweeping = false;
          }
        });
  }

  bool run_slice(Txn& txn) {
    const bool more_shards = log.roll_over_aged(txn, kShardsPerSlice);
    return log.trim_slice(txn, kRecordsPerSlice) || more_shards;
  }

  EngineQueue& queue;
  Scheduler& scheduler;
  const Clock& clock;
  StreamLog& log;
  TimerId timer = TimerId::kNone;
  std::atomic<bool> sweeping = false;
  std::atomic<bool> stopped = false;
};

StreamMaintenance::StreamMaintenance(EngineQueue& queue,
                                     Scheduler& scheduler,
                                     const Clock& clock,
                                     StreamLog& log)
    : state_(std::make_shared<State>(queue, scheduler, clock, log)) {
  state_->schedule();
}

StreamMaintenance::~StreamMaintenance() {
  state_->stopped = true;
  state_->scheduler.cancel(state_->timer);
}

void StreamMaintenance::sweep() {
  state_->sweep();
}

bool StreamMaintenance::idle() const {
  return !state_->sweeping;
}

}  // namespace tailrace
