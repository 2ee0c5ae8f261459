// Disk: the rows that outlive an app, and what can go wrong with them; DiskEngine: the engine that
// an app opens on it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "tests/storage/engine/map_engine.h"

namespace tailrace::simulation {

struct Disk {
  const std::shared_ptr<MapEngine::Rows> rows = std::make_shared<MapEngine::Rows>();
  // Countdowns: 1: the next one fails. 0: none does.
  int fail_commit = 0;
  int fail_write = 0;
  int fail_read = 0;
  bool full = false;  // Every write fails.
  bool dead = false;  // The process was killed: nothing reaches the disk any more.
  int failures = 0;   // Counted.
  // Called within jobs: what other threads do meanwhile.
  std::function<void()> meanwhile;
};

class DiskEngine final : public StorageEngine {
 public:
  explicit DiskEngine(std::shared_ptr<Disk> disk) : disk_(std::move(disk)), rows_(disk_->rows) {}

  void begin() override {
    fail_if(disk_->dead);
    rows_.begin();
  }
  void commit() override {
    meanwhile();
    fail_if(disk_->dead || due(disk_->fail_commit));
    rows_.commit();
  }
  void rollback() noexcept override { rows_.rollback(); }
  bool get(Bytes key, Buffer& value) override {
    meanwhile();
    fail_if(disk_->dead || due(disk_->fail_read));
    return rows_.get(key, value);
  }
  void put(Bytes key, Bytes value) override {
    fail_if(disk_->dead || disk_->full || due(disk_->fail_write));
    rows_.put(key, value);
  }
  void erase(Bytes key) override {
    fail_if(disk_->dead || disk_->full || due(disk_->fail_write));
    rows_.erase(key);
  }
  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    meanwhile();
    fail_if(disk_->dead || due(disk_->fail_read));
    return rows_.scan(begin, end, order);
  }
  void copy_to(StorageEngine& target) override { rows_.copy_to(target); }
  bool release_space(std::size_t) override { return false; }

 private:
  static bool due(int& countdown) { return countdown > 0 && --countdown == 0; }
  void fail_if(bool failing) {
    if (!failing) return;
    ++disk_->failures;
    throw EngineError("the simulated disk failed");
  }
  void meanwhile() {
    if (disk_->meanwhile) disk_->meanwhile();
  }

  const std::shared_ptr<Disk> disk_;
  MapEngine rows_;
};

}  // namespace tailrace::simulation
