#include "server/http/product_clock.h"

#include <algorithm>
#include <utility>

namespace tailrace::http {

Instant ProductClock::now() const {
  const std::int64_t frozen_at = frozen_at_.load(std::memory_order_acquire);
  if (frozen_at != kRunning) return from_millis(frozen_at);
  return machine_.now() + Millis(ahead_.load(std::memory_order_relaxed));
}

Instant ProductClock::heading_for() const {
  return std::max(now(), from_millis(heading_for_.load(std::memory_order_relaxed)));
}

void ProductClock::resume() {
  const std::int64_t frozen_at = frozen_at_.load(std::memory_order_relaxed);
  if (frozen_at == kRunning) return;
  ahead_.store(frozen_at - to_millis(machine_.now()), std::memory_order_relaxed);
  frozen_at_.store(kRunning, std::memory_order_release);
}

void ProductClock::set(Instant when) {
  if (frozen())
    frozen_at_.store(to_millis(when), std::memory_order_release);
  else
    ahead_.store((when - machine_.now()).count(), std::memory_order_relaxed);
}

TimerId TimerQueue::add(Instant when, Task task) {
  const std::uint64_t id = ++last_id_;
  tasks_.emplace(Key(when, id), std::move(task));
  times_.emplace(id, when);
  return TimerId{id};
}

void TimerQueue::cancel(TimerId id) {
  const auto found = times_.find(static_cast<std::uint64_t>(id));
  if (found == times_.end()) return;
  tasks_.erase(Key(found->second, found->first));
  times_.erase(found);
}

std::optional<Instant> TimerQueue::next_due() const {
  if (tasks_.empty()) return std::nullopt;
  return tasks_.begin()->first.first;
}

bool TimerQueue::run_due(Instant now) {
  bool ran = false;
  const std::uint64_t newest = last_id_;
  // Each task may add and cancel others, so the queue is looked at afresh every time.
  auto next = tasks_.begin();
  while (next != tasks_.end() && next->first.first <= now) {
    if (next->first.second > newest) {
      ++next;
      continue;
    }
    const Task task = std::move(next->second);
    times_.erase(next->first.second);
    tasks_.erase(next);
    task();
    ran = true;
    next = tasks_.begin();
  }
  return ran;
}

}  // namespace tailrace::http
