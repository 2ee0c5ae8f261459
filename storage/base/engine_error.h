// What a broken world throws: a disk that is full, an I/O error, stored bytes that are not what was
// written. Whoever reads rows outside the queue's jobs catches it too.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "storage/base/bytes.h"

namespace tailrace {

// Thrown by engines and by decoders of stored rows, caught in EngineQueue.
class EngineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The store has grown as far as it may. what() is for the user. Reads go on, and so do writes that
// make it smaller; the engine has logged it.
class StoreFull final : public EngineError {
 public:
  using EngineError::EngineError;
};

// A stored row that is not what was written: the disk, a tool or a fault of ours has changed it. What
// comes from a disk is never a CHECK: the rest of the store is whole.
class DamagedRow final : public EngineError {
 public:
  explicit DamagedRow(const std::string& what, Buffer key = {})
      : EngineError(what), key_(std::move(key)) {}

  const Buffer& key() const { return key_; }  // Empty: the decoder was not told.

 private:
  Buffer key_;
};

[[noreturn]] void throw_damaged(std::string_view what);  // "a stored item does not decode"

// For decoders: `what` is what they decode.
inline void require_stored(bool whole, std::string_view what) {
  if (!whole) throw_damaged(what);
}

// Logs what failed for it, but for a full store, which the engine has logged.
void log_store_failure(std::string_view what_failed, const EngineError& error);

// Runs a decoder of a row; damage that it finds names the row.
template <class Decode>
auto decode_row(Bytes key, Decode decode) {
  try {
    return decode();
  } catch (const DamagedRow& damage) {
    if (!damage.key().empty()) throw;
    throw DamagedRow(damage.what(), Buffer(key));
  }
}

}  // namespace tailrace
