#include "streams/triggers/trigger_context.h"

#include "storage/base/log.h"

namespace tailrace::triggers {

void TriggerContext::submit(EngineQueue::Run run, std::function<void(bool committed)> done) const {
  Scheduler& home = scheduler;
  queue.submit(std::move(run), [&home, done = std::move(done)](const EngineError* error) mutable {
    if (error) log_error("triggers cannot use the store", {{"error", error->what()}});
    home.post([done = std::move(done), committed = error == nullptr] { done(committed); });
  });
}

}  // namespace tailrace::triggers
