// Checkpointer: moves committed pages from the write-ahead log into the database file, on a
// connection and a thread of its own, so that no commit has to wait for it, but for the few pages
// that committed while it was at work.
//
// The log begins anew once all of it has been moved. Under a steady stream of commits a thread of
// its own never gets there: whenever it ends, there are new frames. So it goes on until few are left
// and the next commit moves those.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "storage/engine/sqlite/connection.h"

namespace tailrace::sqlite {

class Checkpointer {
 public:
  // `writer` is the connection that commits, `uri` the URI of its file. A commit that leaves more
  // than `unmoved_bytes_max` in the log moves them itself. Throws EngineError.
  Checkpointer(Connection& writer, const std::string& uri, std::int64_t unmoved_bytes_max);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // After a commit, on the thread that commits: the frames that the log has now.
  void committed(int frames);

  // Moves all there is, on the thread that commits, between two transactions: the log then begins
  // anew, and needs no more room than it has. False: an error.
  bool move_all();

 private:
  void loop();
  void move_most();

  Connection& writer_;
  Connection connection_;
  std::mutex pass_;  // Held while pages are moved: SQLite lets only one connection do so.
  const int unmoved_max_;
  std::atomic<int> frames_ = 0;  // In the log.
  std::atomic<int> moved_ = 0;   // Of these.
  std::atomic<int> due_frames_;  // The length of the log at which it is moved.
  std::atomic<bool> rest_is_short_ = false;  // The next commit is to move it.

  std::mutex mutex_;  // Guards what follows.
  bool unmoved_ = false;  // Something was committed since the last pass.
  bool due_ = false;      // The log is long.
  bool closing_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace tailrace::sqlite
