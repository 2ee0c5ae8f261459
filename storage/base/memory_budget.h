// MemoryBudget: the bytes that may be taken for what clients make the process hold: pages of a
// store in memory, bodies of requests and answers, events that wait. Counted coarsely, by page and
// by large body: what is small and short-lived is in the margin. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "storage/base/log.h"

namespace tailrace {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // False: there would be more than may be; nothing is taken, and now and then a line is logged.
  bool try_take(std::size_t bytes);
  // For what must not fail; may go beyond what may be.
  void take(std::size_t bytes);
  void give(std::size_t bytes);

  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t bytes_max() const { return bytes_max_; }
  bool full() const { return used() >= bytes_max_; }

 private:
  const std::size_t bytes_max_;
  std::atomic<std::size_t> used_{0};
  LogSeldom refused_;
};

// What one owner has taken; given back with it. nullptr: nobody counts. The budget must outlive it.
class MemoryShare {
 public:
  explicit MemoryShare(MemoryBudget* budget = nullptr) : budget_(budget) {}
  ~MemoryShare() { hold(0); }
  MemoryShare(MemoryShare&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryShare& operator=(MemoryShare&&) = delete;

  // Makes it `bytes`. False: it would be too much, and it stays as it was.
  bool try_hold(std::size_t bytes);
  void hold(std::size_t bytes);
  std::size_t bytes() const { return bytes_; }

 private:
  MemoryBudget* const budget_;
  std::size_t bytes_ = 0;
};

}  // namespace tailrace
