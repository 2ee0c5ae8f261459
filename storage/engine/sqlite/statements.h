// The statements of a store, prepared once. Private to this room.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "storage/engine/sqlite/connection.h"

namespace tailrace::sqlite {

// What is told apart in the SQL of stores in memory and in files: a row of a file has a checksum,
// NULL in rows that were written before there was one (format 1).
enum class Kept : std::uint8_t { kInMemory, kInFile };

// Statements of one text that no cursor uses at the moment. Several cursors may be open at once.
class StatementPool {
 public:
  StatementPool(Connection& connection, std::string sql)
      : connection_(connection), sql_(std::move(sql)) {
    give(take());
  }
  std::unique_ptr<Statement> take() {
    if (free_.empty()) return std::make_unique<Statement>(connection_, sql_.c_str());
    std::unique_ptr<Statement> statement = std::move(free_.back());
    free_.pop_back();
    return statement;
  }
  void give(std::unique_ptr<Statement> statement) { free_.push_back(std::move(statement)); }

 private:
  Connection& connection_;
  const std::string sql_;
  std::vector<std::unique_ptr<Statement>> free_;
};

// Columns of all that read rows; the third is there only in files.
constexpr int kChecksumColumn = 2;

struct Statements {
  Statements(Connection& c, Kept kept);

  Statement begin, commit;
  Statement get;         // value, rowid, checksum of ?1, a key
  Statement get_hinted;  // value, key, checksum of ?1, a row id
  Statement insert;      // ?1 key, ?2 value, ?3 checksum
  Statement replace;     // of the row id ?1: ?2 value, ?3 checksum
  Statement erase;       // of the row id ?1
  // key, value, checksum from ?1, to ?2 if bounded
  StatementPool ascending, ascending_bounded, descending, descending_bounded;
};

}  // namespace tailrace::sqlite
