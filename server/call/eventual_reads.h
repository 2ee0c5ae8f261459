// EventualReads: with --eventual-consistency, reads that do not ask for consistency may see the
// store as it was a moment ago, so that a client's assumptions can be tested. Items and index
// entries are rows alike; the state before each recent write of a row is remembered for as long as
// the lag. (Developer Guide, "DynamoDB read consistency")
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "storage/base/clock.h"
#include "storage/engine/engine_queue.h"

namespace tailrace::ops {

enum class ReadMode : std::uint8_t { kStrong, kEventual };

class EventualReads {
 public:
  // `chance` from 0 (never stale; nothing is remembered) to 1; `seed` makes a run repeatable.
  EventualReads(double chance, Millis lag, std::uint64_t seed, const Clock& clock);

  // Runs a job: what it writes is remembered; what it reads may be stale if `mode` allows. Within
  // the queue's jobs.
  void run(Txn& txn, ReadMode mode, const EngineQueue::Run& job);

 private:
  class RecordingTxn;
  class PastTxn;
  class PastCursor;
  struct Version {
    Instant written{};
    std::optional<Buffer> before;  // Absent: there was no row.
  };
  using History = std::map<Buffer, std::deque<Version>, std::less<>>;

  void remember(Txn& txn, Bytes key);
  void forget_old(Instant now);
  void forget_first();
  // State of a row that has changed since; nullptr: it has not.
  static const Version* version_at(const std::deque<Version>& versions, Instant then);

  const double chance_;
  const Millis lag_;
  const Clock& clock_;
  std::mt19937_64 random_;
  History history_;
  std::deque<std::pair<Instant, Buffer>> in_order_;
  std::size_t bytes_ = 0;
};

}  // namespace tailrace::ops
