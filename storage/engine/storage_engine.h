// StorageEngine: ordered, transactional bytes. One thread at a time uses an engine: EngineQueue
// sees to it.
#pragma once

#include <cstddef>
#include <memory>

#include "storage/base/bytes.h"
#include "storage/base/engine_error.h"

namespace tailrace {

enum class Order { kAscending, kDescending };

// Rows in key order. Invalid after any put or erase on its engine, and after commit or rollback.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;   // False: past the last row.
  virtual Bytes key() const = 0;    // Until next().
  virtual Bytes value() const = 0;  // Until next().
  virtual void next() = 0;
};

class StorageEngine {
 public:
  virtual ~StorageEngine() = default;
  virtual void begin() = 0;
  virtual void commit() = 0;  // As durable as the options of the engine promise.
  virtual void rollback() noexcept = 0;
  virtual bool get(Bytes key, Buffer& value) = 0;  // False: no such row.
  virtual void put(Bytes key, Bytes value) = 0;    // Inserts or replaces.
  virtual void erase(Bytes key) = 0;               // No such row: nothing.
  // Rows with begin <= key < end (empty end: unbounded), positioned on the first of them in
  // `order`.
  virtual std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) = 0;
  virtual void copy_to(StorageEngine& target) = 0;  // Replaces the target's content.
  // Within a transaction: gives at most `pages_max` pages that nothing uses back to the file system,
  // if they are a large part of the store. True: there are more.
  virtual bool release_space(std::size_t pages_max) = 0;
  // Before a write that only makes the store larger. Throws StoreFull if it has grown as far as it
  // may; then there is still room for what makes it smaller.
  virtual void require_room() {}
};

}  // namespace tailrace
