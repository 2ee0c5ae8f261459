#include "streams/handlers/message_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace {
namespace {

constexpr std::chrono::seconds kStopLimit{2};

ApiError not_written(const std::string& path, std::string_view why) {
  return {.code = ErrorCode::kServiceException,
          .message = str_cat("cannot write ", path, ": ", why)};
}

// An open regular file. Nothing waits here: opening a pipe that nobody reads would, for ever.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : descriptor_(open(path.c_str(), flags | O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666)),
        error_(descriptor_ < 0 ? errno : 0) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  // Why it cannot be written to; empty: it can.
  std::string refusal() {
    struct stat status {};
    if (error_ == ENXIO) return "it is a pipe or a socket; give a file";
    if (error_ != 0) return std::strerror(error_);
    if (fstat(descriptor_, &status) != 0) return std::strerror(errno);
    if (!S_ISREG(status.st_mode)) return "it is a pipe, a device or a socket; give a file";
    size_ = status.st_size;
    return {};
  }

  // All of it or, as far as that is in our hands, nothing: half a line would spoil the next one
  // too.
  std::string write_all(std::string_view text) {
    const std::size_t whole = text.size();
    while (!text.empty()) {
      const ssize_t count = write(descriptor_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        const int error = errno;
        take_back(static_cast<off_t>(whole - text.size()));
        return std::strerror(error);
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

 private:
  void take_back(off_t written) {
    struct stat status {};
    // Somebody else may have appended meanwhile.
    if (fstat(descriptor_, &status) == 0 && status.st_size == size_ + written) [[maybe_unused]]
      const int ignored = ftruncate(descriptor_, size_);
  }

  const int descriptor_;
  const int error_;
  off_t size_ = 0;
};

}  // namespace

Result<void> append_line_to_file(const std::string& path, const std::string& line) {
  OpenFile file(path, O_APPEND | O_CREAT);
  if (const std::string why = file.refusal(); !why.empty()) return not_written(path, why);
  if (const std::string why = file.write_all(line + '\n'); !why.empty())
    return not_written(path, why);
  return {};
}

Result<void> write_new_file(const std::string& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return not_written(path, error.message());
  OpenFile file(path, O_CREAT | O_EXCL);
  if (const std::string why = file.refusal(); !why.empty()) return not_written(path, why);
  if (const std::string why = file.write_all(text); !why.empty()) {
    unlink(path.c_str());
    return not_written(path, why);
  }
  return {};
}

// Shared with the thread, which may hang in the system for longer than anybody waits.
struct MessageFiles::Work {
  struct Message {
    Form form;
    std::string path;
    std::string text;
    Done done;
  };

  explicit Work(Scheduler& home) : scheduler(home) {}

  void run();
  // Call with the mutex held.
  void answer(Message& message, Result<void> result) {
    if (alive)
      scheduler.post(
          [done = std::move(message.done), result = std::move(result)] { done(result); });
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Message> waiting;  // Guarded by mutex; the first one is being written.
  std::size_t bytes = 0;        // Guarded by mutex.
  bool ending = false;          // Guarded by mutex: nothing comes any more.
  bool ended = false;           // Guarded by mutex: the thread is through.
  bool alive = true;            // Guarded by mutex: the scheduler is there.
  Scheduler& scheduler;
};

void MessageFiles::Work::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return ending || !waiting.empty(); });
    if (waiting.empty()) break;
    Message& message = waiting.front();  // Stays where it is while others are added.
    lock.unlock();
    Result<void> result = message.form == Form::kLine
                              ? append_line_to_file(message.path, message.text)
                              : write_new_file(message.path, message.text);
    lock.lock();
    bytes -= message.text.size();
    answer(message, std::move(result));
    waiting.pop_front();
  }
  ended = true;
  changed.notify_all();
}

MessageFiles::MessageFiles(Scheduler& scheduler) : work_(std::make_shared<Work>(scheduler)) {}

MessageFiles::~MessageFiles() {
  std::unique_lock lock(work_->mutex);
  work_->ending = true;
  work_->changed.notify_all();
  const bool all = !thread_.joinable() ||
                   work_->changed.wait_for(lock, kStopLimit, [this] { return work_->ended; });
  work_->alive = false;
  if (!all)
    log_error(
        "messages for destinations were not written, as the disk does not answer",
        {{"messages", str_cat(work_->waiting.size())}, {"path", work_->waiting.front().path}});
  lock.unlock();
  if (!thread_.joinable()) return;
  if (all) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void MessageFiles::write(Form form, std::string path, std::string text, Done done) {
  if (!thread_.joinable()) thread_ = std::thread([work = work_] { work->run(); });
  Work::Message message{
      .form = form, .path = std::move(path), .text = std::move(text), .done = std::move(done)};
  const std::lock_guard lock(work_->mutex);
  if (work_->waiting.size() >= kWaitingMax ||
      work_->bytes + message.text.size() > kWaitingBytesMax) {
    const std::string path_text = message.path;
    return work_->answer(message, not_written(path_text, "too many messages wait for the disk"));
  }
  work_->bytes += message.text.size();
  work_->waiting.push_back(std::move(message));
  work_->changed.notify_all();
}

}  // namespace tailrace
