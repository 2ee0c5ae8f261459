#include "storage/engine/sqlite/checkpointer.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace tailrace::sqlite {
namespace {

// Frames (pages of 4 KB) in the log beyond which they are moved; 1,000 is SQLite's own default. When
// the writers leave no gap in which all could be moved, the next time is at twice the length, so that
// a page which is written again and again is not moved each time.
constexpr int kDueFrames = 1000;
constexpr std::int64_t kFrameBytes = 4096;
// At this length the writers move what is left. It costs a commit three syncs: the longer the log, the
// fewer requests meet one.
constexpr int kLongFrames = 8000;
// So few are left to the writers, if the disk is quick enough for that.
constexpr int kShortRest = 200;
constexpr int kPassesMax = 3;
// Beyond this the writers have outrun the checkpointer; then they wait for it.
constexpr int kStallFrames = 3 * kLongFrames;
// What was committed is moved, and so synced, after this long even if it is little: what the loss of
// power can take from a store that does not sync each commit.
constexpr std::chrono::seconds kMovedAfter{1};

// Before its connection has read the file, SQLite takes it for one without a log, and a checkpoint
// for done. False: it cannot be read.
bool read_once(Connection& connection) {
  return sqlite3_exec(connection.handle(), "SELECT count(*) FROM sqlite_schema", nullptr, nullptr,
                      nullptr) == SQLITE_OK;
}

// The frames of the log that are moved now; nullopt: an error, or no log is known.
std::optional<int> move_frames(Connection& connection) {
  int in_log = -1;
  int moved = -1;
  const int code = sqlite3_wal_checkpoint_v2(connection.handle(), nullptr,
                                             SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  if (code != SQLITE_OK || moved < 0) return std::nullopt;
  return moved;
}

// A checkpoint syncs the file only when it has moved all. What is synced before need not be then,
// when a commit waits for it.
void sync_file(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file != nullptr && file->pMethods != nullptr) file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

}  // namespace

Checkpointer::Checkpointer(Connection& writer,
                           const std::string& uri,
                           std::int64_t unmoved_bytes_max)
    : writer_(writer),
      connection_(uri),
      unmoved_max_(static_cast<int>(unmoved_bytes_max / kFrameBytes)),
      due_frames_(kDueFrames) {
  if (!read_once(connection_)) connection_.fail("read the store");
  thread_ = std::thread([this] { loop(); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Checkpointer::committed(int frames) {
  if (frames < frames_.exchange(frames)) moved_ = 0;  // The log has begun anew.
  const bool stall = frames >= kStallFrames || frames - moved_ >= unmoved_max_;
  if ((stall || rest_is_short_) && move_all()) return;  // After an error the other thread tries again.
  {
    const std::lock_guard lock(mutex_);
    const bool due = due_ || frames >= due_frames_;
    if (unmoved_ && due_ == due) return;
    unmoved_ = true;
    due_ = due;
  }
  changed_.notify_one();
}

bool Checkpointer::move_all() {
  const std::lock_guard pass(pass_);
  rest_is_short_ = false;
  const auto moved = move_frames(writer_);
  if (!moved) return false;
  moved_ = *moved;
  due_frames_ = kDueFrames;
  return true;
}

// A failure loses nothing: the pages stay in the log, and the next commit asks again. If the disk is
// broken, commits will say so.
void Checkpointer::move_most() {
  const std::lock_guard pass(pass_);
  for (int passes = 1;; ++passes) {
    const auto moved = move_frames(connection_);
    if (!moved) {
      read_once(connection_);
      return;
    }
    const int frames = frames_;
    const int rest = frames - *moved;
    moved_ = std::min(*moved, frames);
    if (rest <= 0) {
      due_frames_ = kDueFrames;
      return;
    }
    if (frames < kLongFrames) {
      due_frames_ = std::clamp(std::min(2 * frames, frames + unmoved_max_ / 2), kDueFrames, kLongFrames);
      return;
    }
    if (rest <= kShortRest || passes == kPassesMax) {
      due_frames_ = kStallFrames;
      rest_is_short_ = true;
      return;
    }
    sync_file(connection_);
  }
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return unmoved_ || closing_; });
    changed_.wait_for(lock, kMovedAfter, [this] { return due_ || closing_; });
    if (closing_) return;
    unmoved_ = due_ = false;
    lock.unlock();
    move_most();
    lock.lock();
    due_ = frames_ >= due_frames_;  // What was committed meanwhile asked by the old measure.
  }
}

}  // namespace tailrace::sqlite
