#include "streams/triggers/trigger_context.h"

#include "storage/base/engine_error.h"

namespace tailrace::triggers {

void TriggerContext::submit(EngineQueue::Run run, std::function<void(bool committed)> done) const {
  Scheduler& home = scheduler;
  queue.submit(std::move(run), [&home, done = std::move(done)](const EngineError* error) mutable {
    if (error) log_store_failure("triggers cannot use the store", *error);
    home.post([done = std::move(done), committed = error == nullptr] { done(committed); });
  });
}

}  // namespace tailrace::triggers
