// MessageFiles: writes messages of destinations into files, on a thread of its own: a disk that is
// slow, full or gone holds up nothing else. Home thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "storage/base/clock.h"
#include "storage/base/result.h"

namespace tailrace {

// Appends a line, or nothing. Errors say which file and why: what is there is no regular file (a
// pipe, a device, a folder), no space left.
Result<void> append_line_to_file(const std::string& path, const std::string& line);
// Makes the file and the folders above it, or nothing.
Result<void> write_new_file(const std::string& path, const std::string& text);

class MessageFiles {
 public:
  static constexpr std::size_t kWaitingMax = 10'000;  // Messages.
  static constexpr std::size_t kWaitingBytesMax = 64 * 1024 * 1024;

  explicit MessageFiles(Scheduler& scheduler);
  // What waits is written, unless that takes more than two seconds.
  ~MessageFiles();
  MessageFiles(const MessageFiles&) = delete;
  MessageFiles& operator=(const MessageFiles&) = delete;

  enum class Form : std::uint8_t { kLine, kNewFile };
  using Done = std::function<void(Result<void>)>;
  // In order. `done` on the home thread, never within write(); an error if too much waits.
  void write(Form form, std::string path, std::string text, Done done);

 private:
  struct Work;
  std::shared_ptr<Work> work_;
  std::thread thread_;  // Begins with the first message.
};

}  // namespace tailrace
