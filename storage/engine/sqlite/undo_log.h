// UndoLog: what the rows that a transaction writes were before. SQLite's own journal keeps whole
// pages, which for a store in memory takes longer than all else that a write does. Private to this
// room.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "storage/base/bytes.h"

namespace tailrace::sqlite {

class UndoLog {
 public:
  // `before`: the row's value; nullopt: there was no such row.
  void add(Bytes key, std::optional<Bytes> before) {
    entries_.push_back({.key_bytes = key.size(),
                        .value_bytes = before ? std::optional(before->size()) : std::nullopt});
    content_.append(key);
    if (before) content_.append(*before);
  }

  // Calls restore(key, before) for each row, from the last one to the first.
  template <class Restore>
  void undo(Restore restore) const {
    Bytes left = content_;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      const std::size_t value_at = left.size() - entry->value_bytes.value_or(0);
      const std::size_t key_at = value_at - entry->key_bytes;
      const Bytes key = left.substr(key_at, entry->key_bytes);
      restore(key, entry->value_bytes ? std::optional(left.substr(value_at)) : std::nullopt);
      left = left.substr(0, key_at);
    }
  }

  void clear() {
    entries_.clear();
    content_.clear();
    if (content_.capacity() <= kKeptBytes) return;
    content_ = {};
    entries_ = {};
  }

 private:
  // A buffer that one large transaction has grown is not kept for ever.
  static constexpr std::size_t kKeptBytes = std::size_t{4} << 20;

  struct Entry {
    std::size_t key_bytes;
    std::optional<std::size_t> value_bytes;
  };
  std::vector<Entry> entries_;
  Buffer content_;  // Keys and values, one behind the other.
};

}  // namespace tailrace::sqlite
