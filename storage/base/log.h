// Log lines that a person can read, on standard error; --log-format json writes one object a line.
//
//   log_warn("mapping 7f3c… blocked", {{"shard", id}, {"attempt", "3"}});
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tailrace {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : std::uint8_t { kText, kJson };

using LogFields = std::initializer_list<std::pair<std::string_view, std::string>>;

// Set once at start, before other threads run.
void set_log(LogLevel level, LogFormat format);
bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view message, LogFields fields = {});

// For what may happen with every request: a line the first time, and then one a minute at most.
class LogSeldom {
 public:
  bool is_due();  // True: write it. Any thread.

 private:
  std::atomic<std::int64_t> last_ms_{INT64_MIN / 2};  // Of the machine's time.
};

inline void log_debug(std::string_view message, LogFields fields = {}) { log_line(LogLevel::kDebug, message, fields); }
inline void log_info(std::string_view message, LogFields fields = {}) { log_line(LogLevel::kInfo, message, fields); }
inline void log_warn(std::string_view message, LogFields fields = {}) { log_line(LogLevel::kWarn, message, fields); }
inline void log_error(std::string_view message, LogFields fields = {}) { log_line(LogLevel::kError, message, fields); }

}  // namespace tailrace
