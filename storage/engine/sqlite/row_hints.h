// RowHints: the row ids of rows that were read lately, by their keys. A row is then found without
// the way through the index of keys, which is half of a read. Private to this room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>

#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace tailrace::sqlite {

class RowHints {
 public:
  RowHints() { CHECK(hints_ != nullptr); }

  // Where the row id of that key belongs; 0: not known. Only a hint: another row may have that id by
  // now, or none.
  std::int64_t& of(Bytes key) {
    const std::size_t hash = std::hash<Bytes>()(key);
    Hint& hint = hints_[hash % kCount];
    if (hint.hash != hash) hint = {.hash = hash, .rowid = 0};
    return hint.rowid;
  }

 private:
  static constexpr std::size_t kCount = std::size_t{1} << 16;

  struct Hint {
    std::size_t hash;
    std::int64_t rowid;
  };
  struct Free {
    void operator()(Hint* hints) const { std::free(hints); }
  };
  // Zeros that take memory as they are touched, of which a small store has few.
  std::unique_ptr<Hint[], Free> hints_{static_cast<Hint*>(std::calloc(kCount, sizeof(Hint)))};
};

}  // namespace tailrace::sqlite
