#include "streams/log/stream_maintenance.h"

#include <algorithm>
#include <atomic>

#include "storage/base/log.h"

namespace tailrace {
namespace {

// About half a millisecond of work each.
constexpr std::size_t kRecordsPerSlice = 64;
constexpr std::size_t kShardsPerSlice = 16;
constexpr std::size_t kPagesPerSlice = 32;

}  // namespace

struct StreamMaintenance::State : std::enable_shared_from_this<State> {
  State(EngineQueue& engine_queue,
        Scheduler& home,
        AfterPause after,
        const Clock& time,
        StreamLog& stream_log)
      : queue(engine_queue),
        scheduler(home),
        after_pause(std::move(after)),
        clock(time),
        log(stream_log) {}

  void schedule() {
    const Millis interval = sweep_interval(clock, std::max(Millis(1), log.options().trim_interval));
    timer = scheduler.run_at(clock.now() + interval, [self = shared_from_this()] {
      self->schedule();
      self->sweep();
    });
  }

  void sweep() {
    if (sweeping.exchange(true)) return;
    run_in_slices(
        queue, after_pause, [self = shared_from_this()](Txn& txn) { return self->run_slice(txn); },
        [self = shared_from_this()](const EngineError* error) { self->after_sweep(error); });
  }

  void after_sweep(const EngineError* error) {
    const bool told = failing.exchange(error != nullptr);
    if (error != nullptr && !told)
      log_warn("trimming streams failed; will try again", {{"error", error->what()}});
    sweeping = false;
  }

  void finish(Task done) {
    if (!sweeping) return done();
    const auto more = std::make_shared<bool>(false);
    queue.submit(
        [self = shared_from_this(), more](Txn& txn) { *more = self->run_slice(txn); },
        [self = shared_from_this(), more, done = std::move(done)](const EngineError* error) {
          const bool again = error == nullptr && *more;
          self->scheduler.post([self, again, done] {
            if (again) return self->finish(done);
            done();
          });
        });
  }

  bool run_slice(Txn& txn) {
    if (stopped) return false;
    const bool more_shards = log.roll_over_aged(txn, kShardsPerSlice);
    if (log.trim_slice(txn, kRecordsPerSlice) || more_shards) return true;
    return queue.release_space(txn, kPagesPerSlice);
  }

  EngineQueue& queue;
  Scheduler& scheduler;
  const AfterPause after_pause;
  const Clock& clock;
  StreamLog& log;
  TimerId timer = TimerId::kNone;
  std::atomic<bool> sweeping = false;
  std::atomic<bool> failing = false;  // The last sweep did; it was told of.
  std::atomic<bool> stopped = false;
};

StreamMaintenance::StreamMaintenance(EngineQueue& queue,
                                     Scheduler& scheduler,
                                     AfterPause after_pause,
                                     const Clock& clock,
                                     StreamLog& log)
    : state_(std::make_shared<State>(queue, scheduler, std::move(after_pause), clock, log)) {
  state_->schedule();
}

StreamMaintenance::~StreamMaintenance() {
  state_->stopped = true;
  state_->scheduler.cancel(state_->timer);
}

void StreamMaintenance::sweep() {
  state_->sweep();
}

void StreamMaintenance::finish(Task done) {
  state_->finish(std::move(done));
}

}  // namespace tailrace
