#include "server/lambda/output_log.h"

#include <algorithm>

namespace tailrace::lambda {

void OutputLog::refill(Time now) {
  const double seconds = std::chrono::duration<double>(now - filled_at_).count();
  filled_at_ = now;
  lines_left_ = std::min(lines_left_ + seconds * kLinesPerSecond, kLinesBurst);
  bytes_left_ = std::min(bytes_left_ + seconds * kBytesPerSecond, kBytesBurst);
}

void OutputLog::take(std::string_view lines, Time now) {
  tail_.append(lines);
  if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  refill(now);
  if (leaving_out_ && lines_left_ >= kLinesPerSecond && bytes_left_ >= kBytesPerSecond) {
    leaving_out_ = false;
    tell();
  }
  while (!lines.empty() && !leaving_out_) {
    const std::size_t size = std::min(lines.find('\n'), lines.size() - 1) + 1;
    if (lines_left_ < 1 || bytes_left_ < static_cast<double>(size)) {
      leaving_out_ = true;
      sinks_.leaving_out();
      break;
    }
    lines_left_ -= 1;
    bytes_left_ -= static_cast<double>(size);
    sinks_.line(lines.substr(0, size - 1));
    lines.remove_prefix(size);
  }
  left_out_lines_ += static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
  left_out_bytes_ += lines.size();
}

void OutputLog::tell() {
  if (left_out_lines_ == 0) return;
  sinks_.left_out(left_out_lines_, left_out_bytes_);
  left_out_lines_ = 0;
  left_out_bytes_ = 0;
}

}  // namespace tailrace::lambda
