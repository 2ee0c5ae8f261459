#include "server/lambda/process_output.h"

#include <algorithm>

namespace tailrace::lambda {

bool ProcessOutput::has_lines() const {
  if (bytes_.empty()) return false;
  return ended_ || bytes_.size() >= kLineBytesMax || bytes_.find('\n') != std::string::npos;
}

std::string ProcessOutput::take(std::size_t bytes_max, std::size_t lines_max) {
  std::string taken;
  std::size_t at = 0;
  for (std::size_t lines = 0; lines < lines_max && at < bytes_.size(); ++lines) {
    const std::size_t newline = bytes_.find('\n', at);
    std::size_t size = std::min(newline, bytes_.size()) - at;
    if (newline == std::string::npos && size < kLineBytesMax && !ended_) break;
    size = std::min(size, kLineBytesMax);
    if (!taken.empty() && taken.size() + size + 1 > bytes_max) break;
    taken.append(bytes_, at, size).push_back('\n');
    at += size;
    if (at == newline) ++at;
  }
  bytes_.erase(0, at);
  return taken;
}

}  // namespace tailrace::lambda
