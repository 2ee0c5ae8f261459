#include "storage/engine/sqlite/checkpointer.h"

namespace tailrace::sqlite {

Checkpointer::Checkpointer(const std::string& uri)
    : connection_(uri), thread_([this] { loop(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Checkpointer::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (due_) return;
    due_ = true;
  }
  changed_.notify_one();
}

void Checkpointer::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return due_ || closing_; });
    if (closing_) return;
    due_ = false;
    lock.unlock();
    // A failure here loses nothing: the pages stay in the WAL, and the next commit asks again. If
    // the disk is broken, commits will say so.
    sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                              nullptr);
    lock.lock();
  }
}

}  // namespace tailrace::sqlite
