// Connection and Statement: SQLite's handles with C++ lifetimes; what SQLite reports becomes an
// EngineError. Private to this room.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/engine/storage_engine.h"

namespace tailrace::sqlite {

class Connection {
 public:
  // `uri` as of sqlite.org/uri.html. Used by one thread at a time; the caller sees to it.
  explicit Connection(const std::string& uri);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_.get(); }
  void execute(const char* sql);
  std::int64_t query_integer(const char* sql);
  // Throws what SQLite reported last.
  [[noreturn]] void fail(const char* doing) const;

  // Gives the text of the StoreFull that is thrown when there is no room; may make some.
  void when_full(std::function<std::string()> text) { when_full_ = std::move(text); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::function<std::string()> when_full_;
};

// A prepared statement. Steps report an error by throwing and leave the statement reset.
class Statement {
 public:
  Statement(Connection& connection, const char* sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // The bytes must stay as they are until the statement is reset.
  void bind(int parameter, Bytes bytes);
  void bind(int parameter, std::int64_t value);
  bool step();  // True: there is a row.
  void reset() { sqlite3_reset(handle_.get()); }
  void run() {  // For statements without rows.
    step();
    reset();
  }
  Bytes column(int column) const;  // Until the next step or reset.
  std::int64_t integer(int column) const;
  bool is_null(int column) const;
  Connection& connection() const { return connection_; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  Connection& connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace tailrace::sqlite
