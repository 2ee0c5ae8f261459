// EngineQueue: what touches data runs here, one job at a time, without locks. Jobs that wait
// together commit together; replies leave after the commit. (ARCHITECTURE.md, "Threads and
// lifetimes")
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "storage/base/bytes.h"
#include "storage/engine/storage_engine.h"

namespace tailrace {

// What a job sees of the store: its own group's writes and everything committed before.
class Txn {
 public:
  virtual ~Txn() = default;
  virtual bool get(Bytes key, Buffer& value) = 0;
  virtual void put(Bytes key,
                   Bytes value) = 0;  // The group's write transaction begins with the first write.
  virtual void erase(Bytes key) = 0;
  virtual std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) = 0;
  virtual void require_room() = 0;  // StorageEngine's.
  // After the group's commit, before any reply of the group is released; in order of registration.
  virtual void on_commit(std::function<void()> action) = 0;
  // When the group is rolled back; in reverse order. Whatever a job changed in memory must be
  // undone here.
  virtual void on_rollback(std::function<void()> action) = 0;
};

class EngineQueue {
 public:
  // A job must check everything before it writes, and may run twice: after an EngineError the group
  // is rolled back and its jobs run again one by one.
  using Run = std::function<void(Txn&)>;
  // Called once, after the commit: nullptr; or when the job failed: the error. On the thread that
  // drained the queue, which need not be the submitter's; must not throw or block.
  using Done = std::function<void(const EngineError* error)>;

  struct Options {
    std::size_t group_max = 256;  // Jobs that commit together at most.
    bool drain_thread =
        false;  // Commits wait for the disk (synchronous=FULL): drain on a thread of its own.
    // Within the queue: says what the row of that key is, for the text of a DamagedRow.
    std::function<std::string(Bytes key)> describe_row;
  };

  EngineQueue(std::unique_ptr<StorageEngine> engine, Options options);
  ~EngineQueue();  // Runs what waits, then closes the engine.
  EngineQueue(const EngineQueue&) = delete;
  EngineQueue& operator=(const EngineQueue&) = delete;

  // Any thread. On an idle queue the job runs on the calling thread, at once; also when another one
  // has been running jobs for long: the threads take turns. From within a job, Done or an on_commit
  // action it is only queued.
  void submit(Run run, Done done);

  // Within a job: StorageEngine::release_space as a part of its transaction.
  bool release_space(Txn& txn, std::size_t pages_max);

  // Submits and waits. For start-up, shut-down and tests; never on an I/O thread while others are
  // busy. Throws the EngineError.
  void run(const Run& run);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tailrace
