// RowCursor: the rows of a range, from a statement of its pool. Private to this room.
#pragma once

#include <memory>

#include "storage/engine/sqlite/statements.h"
#include "storage/engine/storage_engine.h"

namespace tailrace::sqlite {

class RowCursor final : public Cursor {
 public:
  // An empty `end`: unbounded, as the statements of the pool are.
  RowCursor(StatementPool& pool, Kept kept, Bytes begin, Bytes end);
  ~RowCursor() override;
  RowCursor(const RowCursor&) = delete;
  RowCursor& operator=(const RowCursor&) = delete;

  bool valid() const override { return valid_; }
  Bytes key() const override;
  Bytes value() const override;  // Throws DamagedRow; who needs only keys is not stopped by that.
  void next() override;

 private:
  void prefetch();

  StatementPool& pool_;
  const Kept kept_;
  std::unique_ptr<Statement> statement_;
  Buffer begin_;
  Buffer end_;
  bool valid_ = false;
  mutable bool checked_ = false;  // The row's checksum.
  const char* page_ = nullptr;    // Where rows were read last.
};

// Throws DamagedRow if the row that the statement stands on is not as it was written.
void check_row(Connection& connection, const Statement& statement, Bytes key, Bytes value);

}  // namespace tailrace::sqlite
