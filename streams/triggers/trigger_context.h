// What every part of the triggers works with. Built once by TriggerDispatcher, which outlives all
// that holds it.
#pragma once

#include <cstdint>
#include <functional>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"
#include "streams/handlers/invoke.h"
#include "streams/log/stream_log.h"

namespace tailrace::triggers {

struct TriggerOptions {
  Millis poll_interval{0};  // 0: read on commit; AWS: 250 ms. (--poll-interval)
  Millis first_retry_delay{250};
  Millis largest_retry_delay{60'000};
  Millis transition_delay{0};          // How long Creating, Updating and the like last.
  std::size_t invocations_kept = 100;  // Per mapping.
  std::size_t invocation_bytes_kept = 16 * 1024 * 1024;
  std::size_t filters_max = 5;  // Per mapping; AWS raises it to 10 on request.
};

struct TriggerContext {
  TriggerOptions options;
  const Clock& clock;
  Scheduler& scheduler;
  EngineQueue& queue;
  StreamLog& log;
  Functions& functions;
  MessageDestinations& destinations;

  // Submits a job and calls `done` on the home thread with whether it was committed. `run` may run
  // twice and on any thread: it must hold all it touches.
  void submit(EngineQueue::Run run, std::function<void(bool committed)> done) const;
  // When work that has failed for the store's sake (disk full) is tried again: not for every second
  // that the clock is moved by.
  Instant store_retry_time() const {
    return clock.now() + sweep_interval(clock, std::chrono::seconds(1));
  }
};

// Counted since the start of the program.
struct TriggerCounters {
  std::uint64_t records_read = 0;
  std::uint64_t records_filtered = 0;
  std::uint64_t records_delivered = 0;
  std::uint64_t records_dropped = 0;  // In discarded batches.
  std::uint64_t batches_sent = 0;     // Invocations, retries included.
  std::uint64_t batches_failed = 0;   // Invocations that did not succeed wholly.
  std::uint64_t batches_retried = 0;
  std::uint64_t batches_bisected = 0;
  std::uint64_t batches_dropped = 0;
  std::uint64_t destination_deliveries = 0;
  std::uint64_t destination_failures = 0;
  std::int64_t iterator_age_ms = 0;  // Age of the last record of the batch that was finished last.
};

}  // namespace tailrace::triggers
