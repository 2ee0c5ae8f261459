// ItemHolds: items that a request touched a moment ago. With --transaction-conflicts, requests that
// come within the window count as overlapping in time and conflict as AWS has it; without, requests
// are serialized and never conflict. (Developer Guide, "Managing transactions": Transaction
// conflict handling) Within the queue's jobs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include "storage/base/clock.h"
#include "storage/base/result.h"
#include "storage/engine/engine_queue.h"

namespace tailrace::ops {

enum class HoldKind : std::uint8_t { kTransaction, kWrite };

class ItemHolds {
 public:
  ItemHolds(Millis window, const Clock& clock) : window_(window), clock_(clock) {}

  bool enabled() const { return window_.count() > 0; }
  // TransactionConflictException `Transaction is ongoing for the item` if a request of that kind
  // holds the item.
  Result<void> check(HoldKind kind, Bytes item_key) const;
  void hold(Txn& txn, HoldKind kind, Bytes item_key);

 private:
  using Key = std::pair<HoldKind, Buffer>;

  void forget_old(Instant now);

  const Millis window_;
  const Clock& clock_;
  std::map<Key, Instant> until_;
  std::deque<std::pair<Instant, Key>> in_order_;
};

}  // namespace tailrace::ops
