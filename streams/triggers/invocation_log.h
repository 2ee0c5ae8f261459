// The last invocations of a mapping, for the control API: what was sent, what came back, how long
// it took. Bounded in number and in bytes; the oldest go first.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "storage/base/clock.h"

namespace tailrace::triggers {

struct InvocationRecord {
  Instant started{};
  std::chrono::microseconds duration{};  // Machine time.
  std::string request_id;
  std::string function_arn;
  std::string shard_id;
  std::uint64_t first_sequence = 0;  // 0: an invocation without records.
  std::uint64_t last_sequence = 0;
  std::size_t records = 0;
  int attempt = 1;
  std::string result;  // Success, PartialFailure, FunctionError, InvocationFailure
  std::string error;   // Type and text; empty unless it failed.
  std::shared_ptr<const std::string> payload;
  std::string response;
};

class InvocationLog {
 public:
  InvocationLog(std::size_t records_max, std::size_t bytes_max)
      : records_max_(records_max), bytes_max_(bytes_max) {}

  void add(InvocationRecord record);
  const std::deque<InvocationRecord>& records() const { return records_; }  // Oldest first.

 private:
  std::size_t records_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<InvocationRecord> records_;
};

}  // namespace tailrace::triggers
