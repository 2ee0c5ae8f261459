#include "storage/engine/slices.h"

#include <memory>
#include <utility>

namespace tailrace {
namespace {

struct Work : std::enable_shared_from_this<Work> {
  Work(EngineQueue& q, AfterPause after, Slice work, SlicesDone end)
      : queue(q),
        after_pause(std::move(after)),
        slice(std::move(work)),
        done(std::move(end)) {}

  void submit() {
    const auto self = shared_from_this();
    queue.submit([self](Txn& txn) { self->more = self->slice(txn); },
                 [self](const EngineError* error) { self->after_slice(error); });
  }

  void after_slice(const EngineError* error) {
    if (error != nullptr || !more) return done(error);
    after_pause([self = shared_from_this()] { self->submit(); });
  }

  EngineQueue& queue;
  const AfterPause after_pause;
  const Slice slice;
  const SlicesDone done;
  bool more = false;  // Of the last slice; the queue keeps job and what follows it in order.
};

}  // namespace

void run_in_slices(EngineQueue& queue, AfterPause after_pause, Slice slice, SlicesDone done) {
  std::make_shared<Work>(queue, std::move(after_pause), std::move(slice), std::move(done))
      ->submit();
}

}  // namespace tailrace
