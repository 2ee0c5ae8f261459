// Long work in bounded slices: each is a job of its own, and the next one comes a moment later from
// the home thread, so that neither writers nor a connection's thread wait for more than one.
#pragma once

#include <functional>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"

namespace tailrace {

using Slice = std::function<bool(Txn&)>;                     // True: there is more to do.
using SlicesDone = std::function<void(const EngineError*)>;  // nullptr: all is done.

// Runs a task on the home thread after a pause, which is the writers' share. Any thread.
using AfterPause = std::function<void(Task)>;

// Submits `slice` again and again until it has nothing more to do or the engine fails; then calls
// `done`, once, on the thread of the last commit. Any thread.
void run_in_slices(EngineQueue& queue, AfterPause after_pause, Slice slice, SlicesDone done);

}  // namespace tailrace
