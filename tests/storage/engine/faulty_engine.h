// FaultyEngine: any engine, but the nth write, read or commit from now on fails once.
#pragma once

#include <memory>
#include <utility>

#include "storage/engine/storage_engine.h"

namespace tailrace {

// Shared with the test, as the queue owns the engine. 0: nothing fails; 1: the next one.
struct Faults {
  int fail_write = 0;
  int fail_read = 0;
  int fail_commit = 0;
  bool disk_full = false;  // Every write fails until this is false again.
  int begins = 0;  // Counted for the test.
  int commits = 0;
  int rollbacks = 0;
};

class FaultyEngine final : public StorageEngine {
 public:
  FaultyEngine(std::unique_ptr<StorageEngine> engine, std::shared_ptr<Faults> faults)
      : engine_(std::move(engine)), faults_(std::move(faults)) {}

  void begin() override {
    ++faults_->begins;
    engine_->begin();
  }
  void commit() override {
    fail_if_due(faults_->fail_commit, "commit failed");
    ++faults_->commits;
    engine_->commit();
  }
  void rollback() noexcept override {
    ++faults_->rollbacks;
    engine_->rollback();
  }
  bool get(Bytes key, Buffer& value) override {
    fail_if_due(faults_->fail_read, "read failed");
    return engine_->get(key, value);
  }
  void put(Bytes key, Bytes value) override {
    if (faults_->disk_full) throw EngineError("disk full");
    fail_if_due(faults_->fail_write, "write failed");
    engine_->put(key, value);
  }
  void erase(Bytes key) override {
    if (faults_->disk_full) throw EngineError("disk full");
    fail_if_due(faults_->fail_write, "write failed");
    engine_->erase(key);
  }
  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    fail_if_due(faults_->fail_read, "read failed");
    return engine_->scan(begin, end, order);
  }
  void copy_to(StorageEngine& target) override { engine_->copy_to(target); }
  bool release_space(std::size_t pages_max) override { return engine_->release_space(pages_max); }

 private:
  static void fail_if_due(int& countdown, const char* text) {
    if (countdown > 0 && --countdown == 0) throw EngineError(text);
  }

  std::unique_ptr<StorageEngine> engine_;
  std::shared_ptr<Faults> faults_;
};

}  // namespace tailrace
