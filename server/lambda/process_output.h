// ProcessOutput: what a process has written and nobody has taken yet: bounded, and taken a bounded
// piece at a time, so that a process that writes without end costs neither memory nor the home
// thread. Whoever fills it stops reading while it is full: the pipe then slows the process.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tailrace::lambda {

class ProcessOutput {
 public:
  static constexpr std::size_t kBytesMax = 256 * 1024;  // Waiting.
  static constexpr std::size_t kTurnBytesMax = 64 * 1024;
  static constexpr std::size_t kTurnLinesMax = 1'000;
  static constexpr std::size_t kLineBytesMax = 64 * 1024;  // A longer line is cut.

  bool full() const { return bytes_.size() >= kBytesMax; }
  void add(std::string_view bytes) { bytes_.append(bytes); }
  void end() { ended_ = true; }  // Nothing comes any more: the last line needs no end.

  bool has_lines() const;
  // The next whole lines, each ended by a newline; empty: none. No more than a turn's.
  std::string take_turn() { return take(kTurnBytesMax, kTurnLinesMax); }
  // All whole lines.
  std::string take_all() { return take(bytes_.size(), bytes_.size()); }

 private:
  std::string take(std::size_t bytes_max, std::size_t lines_max);

  std::string bytes_;
  bool ended_ = false;
};

}  // namespace tailrace::lambda
