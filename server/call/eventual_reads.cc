#include "server/call/eventual_reads.h"

#include <algorithm>
#include <vector>

#include "storage/base/check.h"

namespace tailrace::ops {
namespace {

constexpr std::size_t kBytesMax =
    64 * 1024 * 1024;  // Beyond, the oldest states are forgotten early.

}  // namespace

// Remembers what a row was before it is written.
class EventualReads::RecordingTxn final : public Txn {
 public:
  RecordingTxn(EventualReads& owner, Txn& txn) : owner_(owner), txn_(txn) {}
  bool get(Bytes key, Buffer& value) override { return txn_.get(key, value); }
  void put(Bytes key, Bytes value) override {
    owner_.remember(txn_, key);
    txn_.put(key, value);
  }
  void erase(Bytes key) override {
    owner_.remember(txn_, key);
    txn_.erase(key);
  }
  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    return txn_.scan(begin, end, order);
  }
  void require_room() override { txn_.require_room(); }
  void on_commit(std::function<void()> action) override { txn_.on_commit(std::move(action)); }
  void on_rollback(std::function<void()> action) override { txn_.on_rollback(std::move(action)); }

 private:
  EventualReads& owner_;
  Txn& txn_;
};

// Rows as they are, but for those that have changed since.
class EventualReads::PastCursor final : public Cursor {
 public:
  using Row = std::pair<Bytes, const Version*>;
  // `changed`: in the cursor's order.
  PastCursor(std::unique_ptr<Cursor> present, std::vector<Row> changed, Order order)
      : present_(std::move(present)), changed_(std::move(changed)), order_(order) {
    settle();
  }
  bool valid() const override { return from_past() || present_->valid(); }
  Bytes key() const override { return from_past() ? changed_[at_].first : present_->key(); }
  Bytes value() const override {
    return from_past() ? Bytes(*changed_[at_].second->before) : present_->value();
  }
  void next() override {
    if (from_past()) {
      ++at_;
    } else {
      present_->next();
    }
    settle();
  }

 private:
  bool comes_first(Bytes a, Bytes b) const { return order_ == Order::kAscending ? a < b : b < a; }
  // The changed row is next. After settle() it then exists, and is not a row of the present.
  bool from_past() const {
    return at_ < changed_.size() &&
           (!present_->valid() || comes_first(changed_[at_].first, present_->key()));
  }

  // Passes present rows that were other ones then, and changed rows that were not there.
  void settle() {
    while (at_ < changed_.size()) {
      if (present_->valid() && present_->key() == changed_[at_].first) {
        present_->next();
      } else if (from_past() && !changed_[at_].second->before) {
        ++at_;
      } else {
        return;
      }
    }
  }

  std::unique_ptr<Cursor> present_;
  std::vector<Row> changed_;
  const Order order_;
  std::size_t at_ = 0;
};

class EventualReads::PastTxn final : public Txn {
 public:
  PastTxn(const History& history, Instant then, Txn& txn)
      : history_(history), then_(then), txn_(txn) {}

  bool get(Bytes key, Buffer& value) override {
    const auto found = history_.find(key);
    const Version* version = found == history_.end() ? nullptr : version_at(found->second, then_);
    if (version == nullptr) return txn_.get(key, value);
    if (version->before) value = *version->before;
    return version->before.has_value();
  }
  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    std::vector<PastCursor::Row> changed;
    for (auto it = history_.lower_bound(begin);
         it != history_.end() && (end.empty() || it->first < end); ++it)
      if (const Version* version = version_at(it->second, then_))
        changed.emplace_back(it->first, version);
    if (order == Order::kDescending) std::reverse(changed.begin(), changed.end());
    return std::make_unique<PastCursor>(txn_.scan(begin, end, order), std::move(changed), order);
  }
  void put(Bytes, Bytes) override { CHECK(false); }  // Only reads are run in the past.
  void erase(Bytes) override { CHECK(false); }
  void require_room() override { txn_.require_room(); }
  void on_commit(std::function<void()> action) override { txn_.on_commit(std::move(action)); }
  void on_rollback(std::function<void()> action) override { txn_.on_rollback(std::move(action)); }

 private:
  const History& history_;
  const Instant then_;
  Txn& txn_;
};

EventualReads::EventualReads(double chance, Millis lag, std::uint64_t seed, const Clock& clock)
    : chance_(chance), lag_(lag), clock_(clock), random_(seed) {}

void EventualReads::run(Txn& txn, ReadMode mode, const EngineQueue::Run& job) {
  if (chance_ <= 0) return job(txn);
  const Instant now = clock_.now();
  forget_old(now);
  const bool stale =
      mode == ReadMode::kEventual && std::uniform_real_distribution<double>()(random_) < chance_;
  if (stale) {
    PastTxn past(history_, now - lag_, txn);
    return job(past);
  }
  RecordingTxn recording(*this, txn);
  job(recording);
}

void EventualReads::remember(Txn& txn, Bytes key) {
  Version version{.written = clock_.now(), .before = std::nullopt};
  if (Buffer value; txn.get(key, value)) version.before = std::move(value);
  bytes_ += key.size() + (version.before ? version.before->size() : 0);
  in_order_.emplace_back(version.written, key);
  history_[Buffer(key)].push_back(std::move(version));
  // A change that did not happen is no history. Its entry in in_order_ meets nothing, or an older
  // version of the row.
  txn.on_rollback([this, row = Buffer(key)] {
    const auto found = history_.find(row);
    if (found == history_.end()) return;
    found->second.pop_back();
    if (found->second.empty()) history_.erase(found);
  });
  while (bytes_ > kBytesMax) forget_first();
}

void EventualReads::forget_old(Instant now) {
  while (!in_order_.empty() && in_order_.front().first <= now - lag_) forget_first();
}

void EventualReads::forget_first() {
  const auto found = history_.find(in_order_.front().second);
  bytes_ -= std::min(bytes_, in_order_.front().second.size());
  in_order_.pop_front();
  if (found == history_.end()) return;
  const Version& first = found->second.front();
  bytes_ -= std::min(bytes_, first.before ? first.before->size() : 0);
  found->second.pop_front();
  if (found->second.empty()) history_.erase(found);
}

const EventualReads::Version* EventualReads::version_at(const std::deque<Version>& versions,
                                                        Instant then) {
  const auto found = std::find_if(versions.begin(), versions.end(),
                                  [&](const Version& version) { return version.written > then; });
  return found == versions.end() ? nullptr : &*found;
}

}  // namespace tailrace::ops
