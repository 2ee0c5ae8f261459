// MapEngine: the smallest StorageEngine, over std::map. The reference of the conformance tests, and
// an engine for tests that want no SQLite, or rows that outlive their engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "storage/base/check.h"
#include "storage/engine/storage_engine.h"

namespace tailrace {

class MapEngine final : public StorageEngine {
 public:
  using Rows = std::map<Buffer, Buffer, std::less<>>;

  MapEngine() : MapEngine(std::make_shared<Rows>()) {}
  // Opens the rows that another one has left.
  explicit MapEngine(std::shared_ptr<Rows> rows) : rows_(std::move(rows)) {}
  ~MapEngine() override { rollback(); }

  void begin() override {
    CHECK(!undo_);
    undo_.emplace();
  }
  void commit() override {
    CHECK(undo_);
    undo_.reset();
  }
  void rollback() noexcept override {
    if (!undo_) return;
    for (auto row = undo_->rbegin(); row != undo_->rend(); ++row) {
      if (row->second) {
        rows_->insert_or_assign(std::move(row->first), *std::move(row->second));
      } else {
        rows_->erase(row->first);
      }
    }
    undo_.reset();
  }
  bool get(Bytes key, Buffer& value) override {
    const auto row = rows_->find(key);
    if (row == rows_->end()) return false;
    value = row->second;
    return true;
  }
  void put(Bytes key, Bytes value) override {
    remember(key);
    rows_->insert_or_assign(Buffer(key), Buffer(value));
  }
  void erase(Bytes key) override {
    remember(key);
    if (const auto row = rows_->find(key); row != rows_->end()) rows_->erase(row);
  }
  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    const auto first = rows_->lower_bound(begin);
    const auto last = end.empty() ? rows_->end() : rows_->lower_bound(end);
    const bool empty = !end.empty() && begin >= end;
    if (order == Order::kAscending) {
      return std::make_unique<MapCursor<Rows::const_iterator>>(empty ? last : first, last);
    }
    using Reverse = std::reverse_iterator<Rows::const_iterator>;
    return std::make_unique<MapCursor<Reverse>>(Reverse(last), Reverse(empty ? last : first));
  }
  bool release_space(std::size_t) override { return false; }
  void copy_to(StorageEngine& target) override {
    auto* other = dynamic_cast<MapEngine*>(&target);
    CHECK(other != nullptr);
    *other->rows_ = *rows_;
  }

 private:
  template <class Iterator>
  class MapCursor final : public Cursor {
   public:
    MapCursor(Iterator at, Iterator end) : at_(at), end_(end) {}
    bool valid() const override { return at_ != end_; }
    Bytes key() const override { return at_->first; }
    Bytes value() const override { return at_->second; }
    void next() override { ++at_; }

   private:
    Iterator at_;
    Iterator end_;
  };

  void remember(Bytes key) {
    if (!undo_) return;
    const auto row = rows_->find(key);
    undo_->emplace_back(key, row == rows_->end() ? std::nullopt : std::optional(row->second));
  }

  const std::shared_ptr<Rows> rows_;
  // Within a transaction: the rows as they were, in order of their changes.
  std::optional<std::vector<std::pair<Buffer, std::optional<Buffer>>>> undo_;
};

}  // namespace tailrace
