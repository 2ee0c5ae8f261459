// StreamMaintenance: rolls aged shards over and trims what is past retention, by a timer. The work is cut into
// slices, each a job of its own that submits the next, so that writers never wait for more than one.
// (spec streams 13.4, 13.7)
#pragma once

#include <memory>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "streams/log/stream_log.h"

namespace tailrace {

class StreamMaintenance {
 public:
  // Begins at once; home thread. All must outlive this object, and jobs that still wait when it is destroyed
  // do nothing.
  StreamMaintenance(EngineQueue& queue, Scheduler& scheduler, const Clock& clock, StreamLog& log);
  ~StreamMaintenance();
  StreamMaintenance(const StreamMaintenance&) = delete;
  StreamMaintenance& operator=(const StreamMaintenance&) = delete;

  // Does now what the timer would do. Home thread.
  void sweep();
  // Any thread. False: slices are under way.
  bool idle() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tailrace
