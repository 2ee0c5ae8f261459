// Checkpointer: moves committed pages from the WAL into the database file, on a connection and a
// thread of its own, so that no commit has to wait for it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "storage/engine/sqlite/connection.h"

namespace tailrace::sqlite {

class Checkpointer {
 public:
  explicit Checkpointer(const std::string& uri);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  void wake();  // Any thread; cheap, also while a checkpoint runs.

 private:
  void loop();

  Connection connection_;
  std::mutex mutex_;  // Guards due_ and closing_.
  bool due_ = false;
  bool closing_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace tailrace::sqlite
