#include "storage/engine/sqlite/connection.h"

#include <sys/resource.h>

#include <cerrno>

#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/page_cache.h"
#include "storage/engine/sqlite/spare_memory.h"

namespace tailrace::sqlite {
namespace {

// A checkpoint that finds the log's header in the midst of a change takes the writers' lock for a
// moment, to read it again.
constexpr int kBusyMs = 10'000;

// SQLite's memory statistics would take a process-wide mutex for every allocation of every world.
bool configure() {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  install_spare_memory();
  install_page_caches();
  return true;
}

// No room, also where SQLite does not tell it apart: a quota, a limit on the size of files.
bool is_full(sqlite3* handle) {
  const int code = sqlite3_extended_errcode(handle);
  if (code == SQLITE_FULL) return true;
  if (code != SQLITE_IOERR_WRITE && code != SQLITE_IOERR_SHMSIZE) return false;
  const int error = sqlite3_system_errno(handle);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return true;
  rlimit file_size = {};
  return ::getrlimit(RLIMIT_FSIZE, &file_size) == 0 && file_size.rlim_cur != RLIM_INFINITY;
}

}  // namespace

Connection::Connection(const std::string& uri) {
  static const bool configured = configure();
  static_cast<void>(configured);
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(uri.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (handle == nullptr) throw EngineError("cannot open the store: out of memory");
  sqlite3_extended_result_codes(handle, 1);
  if (code != SQLITE_OK) fail("open the store");
  sqlite3_busy_timeout(handle, kBusyMs);
}

void Connection::execute(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

std::int64_t Connection::query_integer(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle(), sql, -1, &statement, nullptr) != SQLITE_OK) fail(sql);
  const bool found = sqlite3_step(statement) == SQLITE_ROW;
  const std::int64_t value = found ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  if (!found) fail(sql);
  return value;
}

void Connection::fail(const char* doing) const {
  if (is_full(handle()) && when_full_) throw StoreFull(when_full_());
  const int code = sqlite3_errcode(handle()) & 0xFF;  // Without the extension.
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    throw EngineError(str_cat("the file '", sqlite3_db_filename(handle(), "main"), "' is damaged (",
                              sqlite3_errmsg(handle()),
                              "); restore the directory from a copy, or use another one"));
  }
  throw EngineError(str_cat("storage: ", sqlite3_errmsg(handle()), " (SQLite code ",
                            sqlite3_extended_errcode(handle()), ", in: ", doing, ")"));
}

Statement::Statement(Connection& connection, const char* sql) : connection_(connection) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) connection.fail(sql);
}

void Statement::bind(int parameter, Bytes bytes) {
  // SQLite takes a null pointer for NULL, and an empty view may have one.
  const void* data = bytes.empty() ? "" : bytes.data();
  if (sqlite3_bind_blob64(handle_.get(), parameter, data, bytes.size(), SQLITE_STATIC) !=
      SQLITE_OK) {
    connection_.fail(sqlite3_sql(handle_.get()));
  }
}

void Statement::bind(int parameter, std::int64_t value) {
  if (sqlite3_bind_int64(handle_.get(), parameter, value) != SQLITE_OK)
    connection_.fail(sqlite3_sql(handle_.get()));
}

bool Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  // Resetting keeps the connection's error text.
  reset();
  connection_.fail(sqlite3_sql(handle_.get()));
}

Bytes Statement::column(int column) const {
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

}  // namespace tailrace::sqlite
