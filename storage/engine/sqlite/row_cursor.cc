#include "storage/engine/sqlite/row_cursor.h"

#include <cstddef>

#include "storage/base/check.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/page_cache.h"
#include "storage/engine/sqlite/row_checksum.h"

namespace tailrace::sqlite {

void check_row(Connection& connection, const Statement& statement, Bytes key, Bytes value) {
  if (statement.is_null(kChecksumColumn)) return;
  if (statement.integer(kChecksumColumn) == row_checksum(key, value)) return;
  throw DamagedRow(str_cat("the file '", sqlite3_db_filename(connection.handle(), "main"),
                           "' holds a damaged row (its checksum is wrong)"),
                   Buffer(key));
}

RowCursor::RowCursor(StatementPool& pool, Kept kept, Bytes begin, Bytes end)
    : pool_(pool), kept_(kept), statement_(pool.take()), begin_(begin), end_(end) {
  statement_->bind(1, begin_);
  if (!end_.empty()) statement_->bind(2, end_);
  valid_ = statement_->step();
}

RowCursor::~RowCursor() {
  statement_->reset();
  pool_.give(std::move(statement_));
}

Bytes RowCursor::key() const {
  CHECK(valid_);
  return statement_->column(0);
}

Bytes RowCursor::value() const {
  CHECK(valid_);
  const Bytes value = statement_->column(1);
  if (kept_ == Kept::kInFile && !checked_) {
    check_row(statement_->connection(), *statement_, key(), value);
    checked_ = true;
  }
  return value;
}

void RowCursor::next() {
  CHECK(valid_);
  valid_ = false;
  checked_ = false;
  valid_ = statement_->step();
  prefetch();
}

// The rest of the page that the row lies on: rows of one collection often lie together, and one
// after the other they would have to be waited for. Not for the first row, which may be all.
void RowCursor::prefetch() {
  const Bytes page = last_page_fetched();
  if (page.data() == page_) return;
  page_ = page.data();
  constexpr std::size_t kLineBytes = 64;  // Of the processor's cache.
  for (std::size_t at = 0; at < page.size(); at += kLineBytes)
    __builtin_prefetch(page.data() + at, 0, 2);
}

}  // namespace tailrace::sqlite
