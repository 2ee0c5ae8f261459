// OutputLog: writes what a function prints to the log, as far as its budget goes, and keeps the
// tail that Invoke answers with. What is beyond the budget is left out, counted and told. Home
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tailrace::lambda {

class OutputLog {
 public:
  // More than a person reads, less than fills a disk over lunch. The budget refills over time up to
  // a burst.
  static constexpr double kLinesPerSecond = 5'000;
  static constexpr double kLinesBurst = 20'000;
  static constexpr double kBytesPerSecond = 2.0 * 1024 * 1024;
  static constexpr double kBytesBurst = 8.0 * 1024 * 1024;
  static constexpr std::size_t kTailBytes = 4096;  // As Lambda's LogResult.

  using Time = std::chrono::steady_clock::time_point;
  struct Sinks {
    std::function<void(std::string_view line)> line;
    std::function<void()> leaving_out;  // From here on.
    std::function<void(std::uint64_t lines, std::uint64_t bytes)> left_out;
  };
  OutputLog(Sinks sinks, Time now) : sinks_(std::move(sinks)), filled_at_(now) {}

  // Whole lines, each ended by a newline.
  void take(std::string_view lines, Time now);
  // Tells what has been left out and not told yet: at the end of a process.
  void tell();

  // The last lines; at least kTailBytes of them, if there are as many.
  const std::string& tail() const { return tail_; }
  void forget_tail() { tail_.clear(); }

 private:
  void refill(Time now);

  Sinks sinks_;
  Time filled_at_;
  double lines_left_ = kLinesBurst;
  double bytes_left_ = kBytesBurst;
  // Leaving out goes on until a second's budget is there again: a thousand lines, a count, a
  // thousand lines; not line, count, line, count.
  bool leaving_out_ = false;
  std::uint64_t left_out_lines_ = 0;
  std::uint64_t left_out_bytes_ = 0;
  std::string tail_;
};

}  // namespace tailrace::lambda
