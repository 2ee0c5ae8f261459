#include "server/call/item_holds.h"

namespace tailrace::ops {

Result<void> ItemHolds::check(HoldKind kind, Bytes item_key) const {
  if (!enabled()) return {};
  const auto found = until_.find(Key(kind, item_key));
  if (found == until_.end() || found->second <= clock_.now()) return {};
  return ApiError{.code = ErrorCode::kTransactionConflictException,
                  .message = "Transaction is ongoing for the item"};
}

void ItemHolds::hold(Txn& txn, HoldKind kind, Bytes item_key) {
  if (!enabled()) return;
  const Instant now = clock_.now();
  forget_old(now);
  const Key key(kind, item_key);
  const Instant until = now + window_;
  until_[key] = until;
  in_order_.emplace_back(until, key);
  txn.on_rollback([this, key] { until_.erase(key); });
}

void ItemHolds::forget_old(Instant now) {
  while (!in_order_.empty() && in_order_.front().first <= now) {
    const auto found = until_.find(in_order_.front().second);
    if (found != until_.end() && found->second <= now) until_.erase(found);
    in_order_.pop_front();
  }
}

}  // namespace tailrace::ops
