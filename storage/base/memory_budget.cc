#include "storage/base/memory_budget.h"

#include "storage/base/str_cat.h"

namespace tailrace {

bool MemoryBudget::try_take(std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > bytes_max_ || used > bytes_max_ - bytes) {
      if (refused_.is_due())
        log_warn("memory is used up; what needs more is refused",
                 {{"used", str_cat(used)}, {"max", str_cat(bytes_max_)}});
      return false;
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

void MemoryBudget::take(std::size_t bytes) {
  used_.fetch_add(bytes, std::memory_order_relaxed);
}

void MemoryBudget::give(std::size_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

bool MemoryShare::try_hold(std::size_t bytes) {
  if (bytes > bytes_ && budget_ != nullptr && !budget_->try_take(bytes - bytes_)) return false;
  if (bytes < bytes_ && budget_ != nullptr) budget_->give(bytes_ - bytes);
  bytes_ = bytes;
  return true;
}

void MemoryShare::hold(std::size_t bytes) {
  if (bytes == bytes_) return;
  if (budget_ != nullptr && bytes > bytes_) budget_->take(bytes - bytes_);
  if (budget_ != nullptr && bytes < bytes_) budget_->give(bytes_ - bytes);
  bytes_ = bytes;
}

}  // namespace tailrace
