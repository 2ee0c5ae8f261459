// StreamMaintenance: rolls aged shards over, trims what is past retention and gives disk space back,
// by a timer and in slices. (behaviour/streams 13.4, 13.7)
#pragma once

#include <memory>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "storage/engine/slices.h"
#include "streams/log/stream_log.h"

namespace tailrace {

class StreamMaintenance {
 public:
  // Begins at once; home thread. All must outlive this object, and jobs that still wait when it is
  // destroyed do nothing.
  StreamMaintenance(EngineQueue& queue,
                    Scheduler& scheduler,
                    AfterPause after_pause,
                    const Clock& clock,
                    StreamLog& log);
  ~StreamMaintenance();
  StreamMaintenance(const StreamMaintenance&) = delete;
  StreamMaintenance& operator=(const StreamMaintenance&) = delete;

  // Does now what the timer would do. Home thread.
  void sweep();
  // Does the rest of a sweep that is under way without pauses, then calls `done`: at once if none
  // is. Home thread.
  void finish(Task done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tailrace
