// BackgroundWork: carries out what requests leave to be done later: sweeping deleted tables and
// dropped indexes, filling new indexes and replicas, expiring items, counting items after a start.
// One bounded slice at a time is a job in the queue, and the next one is submitted only from the
// home thread, so that neither writers nor a connection's thread wait for more than one slice. What
// is to be done stands in the store: it goes on after a restart.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/table/catalog.h"
#include "storage/table/item_writer.h"

namespace tailrace {

class BackgroundWork {
 public:
  struct Options {
    Millis ttl_interval = std::chrono::seconds(
        1);  // An expired item is deleted no earlier than this after its write.
    std::size_t slice_rows = 32;  // About half a millisecond.
  };

  // Does nothing before start(). All must outlive this object.
  BackgroundWork(EngineQueue& queue,
                 Catalog& catalog,
                 ItemWriter& writer,
                 const Clock& clock,
                 Scheduler& scheduler,
                 Options options);
  // Waits for the slice that runs. Home thread, or after it has ended.
  ~BackgroundWork();
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;

  // Goes on with what an earlier run left, and listens to catalog and writer from now on. Home
  // thread, once, after Catalog::load() and before the first write.
  void start();
  // Looks for work. Any thread. Catalog calls it after every commit that leaves some.
  void wake();
  // Deletes what is due now, without waiting for the interval; then calls `done` with the number of
  // items deleted by this pass. Home thread.
  void expire_now(std::function<void(std::size_t expired)> done);
  // Calls `done` once nothing is left to do, at once if so already. Items that expire later are not
  // waited for. Home thread.
  void when_idle(Task done);
  bool idle() const;  // Any thread.
  // Nothing goes on by itself: idle(), or the store has failed and will be asked again after a
  // while. Any thread.
  bool settled() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tailrace
