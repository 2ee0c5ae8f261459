#include "storage/engine/sqlite/sqlite_engine.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "storage/base/check.h"
#include "storage/base/log.h"
#include "storage/base/memory_limit.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/checkpointer.h"
#include "storage/engine/sqlite/connection.h"
#include "storage/engine/sqlite/page_cache.h"
#include "storage/engine/sqlite/row_hints.h"
#include "storage/engine/sqlite/store_lock.h"
#include "storage/engine/sqlite/undo_log.h"

namespace tailrace {
namespace sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x54524C45;  // "TRLE"
constexpr std::int64_t kFormatVersion = 1;           // Of the SQLite file: one table of rows.

constexpr const char* kMemoryUri = ":memory:";
// Large pages hold more of the rows that are half as large as SQLite's usual ones, and since a write
// copies no page they cost nothing. Without a journal SQLite cannot roll back; the engine does, by
// its UndoLog.
constexpr const char* kMemoryPragmas =
    "PRAGMA page_size=16384; PRAGMA journal_mode=OFF; PRAGMA secure_delete=OFF;";
// auto_vacuum comes first: it is settled when the file is made. A log that one large transaction has
// grown is cut back when it begins anew.
constexpr const char* kDiskPragmas =
    "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA cache_size=-8000; PRAGMA journal_mode=WAL; PRAGMA mmap_size=1073741824;"
    "PRAGMA secure_delete=OFF; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=41943040;";

// Space is given back when more of the file than this is free; below, what is written next fills it.
constexpr std::int64_t kFreePagesMin = 256;
constexpr std::int64_t kFreePart = 4;  // A quarter.
constexpr std::int64_t kIncrementalVacuum = 2;

// Pages that nothing uses, from which on a store in memory that is full has room again: a megabyte.
constexpr std::int64_t kRoomPages = 64;

struct ScanSql {
  const char* unbounded;
  const char* bounded;
};
constexpr ScanSql kAscending = {
    "SELECT key, value FROM rows WHERE key >= ?1 ORDER BY key",
    "SELECT key, value FROM rows WHERE key >= ?1 AND key < ?2 ORDER BY key"};
constexpr ScanSql kDescending = {
    "SELECT key, value FROM rows WHERE key >= ?1 ORDER BY key DESC",
    "SELECT key, value FROM rows WHERE key >= ?1 AND key < ?2 ORDER BY key DESC"};

// Statements of one text that no cursor uses at the moment. Several cursors may be open at once.
class StatementPool {
 public:
  StatementPool(Connection& connection, const char* sql) : connection_(connection), sql_(sql) {
    give(take());
  }
  std::unique_ptr<Statement> take() {
    if (free_.empty()) return std::make_unique<Statement>(connection_, sql_);
    std::unique_ptr<Statement> statement = std::move(free_.back());
    free_.pop_back();
    return statement;
  }
  void give(std::unique_ptr<Statement> statement) { free_.push_back(std::move(statement)); }

 private:
  Connection& connection_;
  const char* sql_;
  std::vector<std::unique_ptr<Statement>> free_;
};

class SqliteCursor final : public Cursor {
 public:
  SqliteCursor(StatementPool& pool, Bytes begin, Bytes end)
      : pool_(pool), statement_(pool.take()), begin_(begin), end_(end) {
    statement_->bind(1, begin_);
    if (!end_.empty()) statement_->bind(2, end_);
    valid_ = statement_->step();
  }
  ~SqliteCursor() override {
    statement_->reset();
    pool_.give(std::move(statement_));
  }
  SqliteCursor(const SqliteCursor&) = delete;
  SqliteCursor& operator=(const SqliteCursor&) = delete;

  bool valid() const override { return valid_; }
  Bytes key() const override {
    CHECK(valid_);
    return statement_->column(0);
  }
  Bytes value() const override {
    CHECK(valid_);
    return statement_->column(1);
  }
  void next() override {
    CHECK(valid_);
    valid_ = false;
    valid_ = statement_->step();
    prefetch();
  }

 private:
  // The rest of the page that the row lies on: rows of one collection often lie together, and one
  // after the other they would have to be waited for. Not for the first row, which may be all.
  void prefetch() {
    const Bytes page = last_page_fetched();
    if (page.data() == page_) return;
    page_ = page.data();
    constexpr std::size_t kLineBytes = 64;  // Of the processor's cache.
    for (std::size_t at = 0; at < page.size(); at += kLineBytes) __builtin_prefetch(page.data() + at, 0, 2);
  }

  StatementPool& pool_;
  std::unique_ptr<Statement> statement_;
  Buffer begin_;
  Buffer end_;
  bool valid_ = false;
  const char* page_ = nullptr;  // Where rows were read last.
};

void prepare_store(Connection& connection) {
  const std::int64_t application = connection.query_integer("PRAGMA application_id");
  const std::int64_t version = connection.query_integer("PRAGMA user_version");
  const std::int64_t objects = connection.query_integer("SELECT count(*) FROM sqlite_schema");
  if (objects == 0 && application == 0 && version == 0) {
    connection.execute(
        str_cat("BEGIN; CREATE TABLE rows(key BLOB NOT NULL UNIQUE, value BLOB NOT NULL);"
                "PRAGMA application_id=",
                kApplicationId, "; PRAGMA user_version=", kFormatVersion, "; COMMIT;")
            .c_str());
    return;
  }
  if (application != kApplicationId) throw EngineError("the file is not a store of Tailrace");
  if (version > kFormatVersion) {
    throw EngineError(
        str_cat("the store is of format ", version,
                ", written by a later version of Tailrace; this one knows formats up to ",
                kFormatVersion, "; use the later version or another data directory"));
  }
}

class SqliteEngine final : public StorageEngine {
 public:
  // In memory.
  explicit SqliteEngine(std::shared_ptr<MemoryBudget> budget)
      : budget_(std::move(budget)), connection_(kMemoryUri) {
    connection_.execute(kMemoryPragmas);
    prepare_store(connection_);
    statements_.emplace(connection_);
  }

  SqliteEngine(std::unique_ptr<StoreLock> lock,
               const std::filesystem::path& directory,
               Durability durability)
      : lock_(std::move(lock)), connection_(uri_of(directory)) {
    connection_.execute(kDiskPragmas);
    connection_.execute(durability == Durability::kPowerLoss ? "PRAGMA synchronous=FULL"
                                                             : "PRAGMA synchronous=NORMAL");
    prepare_store(connection_);
    statements_.emplace(connection_);
    releases_space_ = connection_.query_integer("PRAGMA auto_vacuum") == kIncrementalVacuum;
    checkpointer_.emplace(connection_, uri_of(directory));
    sqlite3_wal_hook(connection_.handle(), &SqliteEngine::on_wal, this);
  }

  void begin() override { statements_->begin.run(); }

  void commit() override {
    wal_frames_ = 0;
    statements_->commit.run();
    undo_log_.clear();
    if (wal_frames_ > 0) checkpointer_->committed(wal_frames_);
  }

  void rollback() noexcept override {
    // SQLite rolls back only when nobody reads.
    for (sqlite3_stmt* s = nullptr; (s = sqlite3_next_stmt(connection_.handle(), s)) != nullptr;)
      sqlite3_reset(s);
    if (in_memory()) {
      undo();
    } else if (in_transaction()) {  // Some errors have rolled back already.
      sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    found_.is_set = false;
  }

  bool get(Bytes key, Buffer& value) override { return find(key, &value); }

  void put(Bytes key, Bytes value) override {
    put_row(key, value);
    if (take_spare_pages_used()) throw EngineError("the store has taken all memory that it may");
  }

  void erase(Bytes key) override {
    if (!found_.is(key) && !find(key)) return;
    if (in_memory()) undo_log_.add(key, found_.value);
    found_.is_set = false;
    Statement& statement = statements_->erase;
    statement.bind(1, found_.rowid);
    statement.run();
  }

  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    StatementPool& pool =
        order == Order::kAscending
            ? (end.empty() ? statements_->ascending : statements_->ascending_bounded)
            : (end.empty() ? statements_->descending : statements_->descending_bounded);
    return std::make_unique<SqliteCursor>(pool, begin, end);
  }

  // In memory; what a file may take is the file system's. What deletes have freed SQLite uses
  // again.
  void require_room() override {
    if (!in_memory() || !budget_->full()) return;
    if (connection_.query_integer("PRAGMA freelist_count") >= kRoomPages) return;
    if (told_full_.is_due())
      log_warn("the store has taken all memory that it may; writes are refused",
               {{"max", str_cat(budget_->bytes_max())}});
    throw StoreFull(str_cat(
        "The store may take ", budget_->bytes_max() >> 20,
        " MB of memory and has taken them: delete items or tables, or start the server with a "
        "larger --max-memory or with --data-dir"));
  }

  void copy_to(StorageEngine& target) override;

  bool release_space(std::size_t pages_max) override {
    if (!releases_space_ || !has_much_free()) return false;
    connection_.execute(str_cat("PRAGMA incremental_vacuum(", pages_max, ")").c_str());
    return has_much_free();
  }

 private:
  struct Statements {
    explicit Statements(Connection& c)
        : begin(c, "BEGIN IMMEDIATE"),
          commit(c, "COMMIT"),
          get(c, "SELECT value, rowid FROM rows WHERE key = ?1"),
          get_hinted(c, "SELECT value, key FROM rows WHERE rowid = ?1"),
          insert(c, "INSERT OR IGNORE INTO rows(key, value) VALUES(?1, ?2)"),
          replace(c, "UPDATE rows SET value = ?2 WHERE rowid = ?1"),
          erase(c, "DELETE FROM rows WHERE rowid = ?1"),
          ascending(c, kAscending.unbounded),
          ascending_bounded(c, kAscending.bounded),
          descending(c, kDescending.unbounded),
          descending_bounded(c, kDescending.bounded) {}

    Statement begin, commit, get, get_hinted, insert, replace, erase;
    StatementPool ascending, ascending_bounded, descending, descending_bounded;
  };

  // The row that was read last. Mostly it is the next one to be written, and its row id spares the
  // way through the index of keys: an overwrite then takes two thirds of the time.
  struct Found {
    bool is_set = false;
    Buffer key;
    std::int64_t rowid = 0;
    Buffer value;  // In memory, for the undo log.

    void set(Bytes row_key, std::int64_t id, Bytes row_value) {
      is_set = true;
      key.assign(row_key);
      rowid = id;
      value.assign(row_value);
    }
    bool is(Bytes row_key) const { return is_set && key == row_key; }
  };

  bool in_memory() const { return lock_ == nullptr; }
  bool in_transaction() const { return sqlite3_get_autocommit(connection_.handle()) == 0; }

  // `value`, if any, becomes the row's. False: there is no such row.
  bool find(Bytes key, Buffer* value = nullptr) {
    std::int64_t& hint = hints_.of(key);
    if (hint != 0 && find_hinted(hint, key, value)) return true;
    Statement& statement = statements_->get;
    statement.bind(1, key);
    const bool there = statement.step();
    if (there) {
      hint = statement.integer(1);
      take(statement, key, hint, value);
    }
    statement.reset();
    return there;
  }

  bool find_hinted(std::int64_t rowid, Bytes key, Buffer* value) {
    Statement& statement = statements_->get_hinted;
    statement.bind(1, rowid);
    const bool there = statement.step() && statement.column(1) == key;
    if (there) take(statement, key, rowid, value);
    statement.reset();
    return there;
  }

  void take(Statement& statement, Bytes key, std::int64_t rowid, Buffer* value) {
    const Bytes column = value != nullptr || in_memory() ? statement.column(0) : Bytes();
    if (value != nullptr) value->assign(column);
    found_.set(key, rowid, in_memory() ? column : Bytes());
  }

  void put_row(Bytes key, Bytes value) {
    if (!found_.is(key)) {
      if (insert(key, value)) return;
      CHECK(find(key));
    }
    if (in_memory()) undo_log_.add(key, found_.value);
    found_.is_set = false;
    Statement& statement = statements_->replace;
    statement.bind(1, found_.rowid);
    statement.bind(2, value);
    statement.run();
  }

  // False: there is such a row.
  bool insert(Bytes key, Bytes value) {
    Statement& statement = statements_->insert;
    statement.bind(1, key);
    statement.bind(2, value);
    statement.run();
    const bool inserted = sqlite3_changes(connection_.handle()) == 1;
    if (inserted && in_memory()) undo_log_.add(key, std::nullopt);
    return inserted;
  }

  void undo() {
    // Not so if SQLite got no memory in the midst of a write: then its pages are not whole.
    CHECK(in_transaction());
    const UndoLog log = std::exchange(undo_log_, {});
    log.undo([this](Bytes key, std::optional<Bytes> before) {
      found_.is_set = false;
      before ? put_row(key, *before) : erase(key);
    });
    undo_log_.clear();
    statements_->commit.run();
  }

  bool has_much_free() {
    const std::int64_t free = connection_.query_integer("PRAGMA freelist_count");
    return free > kFreePagesMin &&
           free > connection_.query_integer("PRAGMA page_count") / kFreePart;
  }

  static std::string uri_of(const std::filesystem::path& directory);
  static int on_wal(void* self, sqlite3*, const char*, int frames) {
    static_cast<SqliteEngine*>(self)->wal_frames_ = frames;
    return SQLITE_OK;
  }

  // In order of construction: what is below uses what is above.
  const std::shared_ptr<MemoryBudget> budget_;  // In memory.
  LogSeldom told_full_;
  std::unique_ptr<StoreLock> lock_;  // nullptr: in memory.
  Connection connection_;
  std::optional<Statements> statements_;
  std::optional<Checkpointer> checkpointer_;
  Found found_;
  RowHints hints_;
  UndoLog undo_log_;  // In memory.
  int wal_frames_ = 0;  // In the log after the last commit; 0: it has written nothing.
  bool releases_space_ = false;  // In memory, and in files made without auto_vacuum, nothing can be.
};

// Paths may hold characters that mean something in a URI.
std::string SqliteEngine::uri_of(const std::filesystem::path& directory) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  const std::string path = std::filesystem::absolute(directory / "store.sqlite").native();
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += '%';
      uri += kHex[static_cast<unsigned char>(c) >> 4];
      uri += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      uri += c;
    }
  }
  return uri;
}

void copy_pages(Connection& source, Connection& target) {
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  if (backup == nullptr) target.fail("start a copy");
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) target.fail("copy the store");
}

void copy_rows(StorageEngine& source, StorageEngine& target) {
  target.begin();
  try {
    std::vector<Buffer> old_keys;
    for (auto row = target.scan({}, {}, Order::kAscending); row->valid(); row->next()) {
      old_keys.emplace_back(row->key());
    }
    for (const Buffer& key : old_keys) target.erase(key);
    for (auto row = source.scan({}, {}, Order::kAscending); row->valid(); row->next()) {
      target.put(row->key(), row->value());
    }
    target.commit();
  } catch (...) {
    target.rollback();
    throw;
  }
}

void SqliteEngine::copy_to(StorageEngine& target) {
  CHECK(&target != this);
  auto* other = dynamic_cast<SqliteEngine*>(&target);
  // Pages of files and of memory differ in size; and a write transaction bars SQLite's backup from
  // reading its own connection.
  const bool pages_fit = other != nullptr && in_memory() == other->in_memory();
  if (pages_fit && !in_transaction()) {
    other->found_.is_set = false;
    copy_pages(connection_, other->connection_);
  } else {
    copy_rows(*this, target);
  }
}

void make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    throw EngineError(str_cat("cannot create data directory '", directory.native(),
                              "': ", error.message(), "; make its parent writable for uid ",
                              ::geteuid(), " or choose another one"));
  }
}

}  // namespace
}  // namespace sqlite

std::unique_ptr<StorageEngine> open_sqlite(const SqliteOptions& options) {
  if (!options.directory) {
    auto budget = options.memory;
    if (budget == nullptr) budget = std::make_shared<MemoryBudget>(memory_for_budget());
    const sqlite::BudgetOfNewStores scope(budget);
    return std::make_unique<sqlite::SqliteEngine>(std::move(budget));
  }
  const std::filesystem::path& directory = *options.directory;
  sqlite::make_directory(directory);
  auto lock = std::make_unique<sqlite::StoreLock>(directory);
  try {
    return std::make_unique<sqlite::SqliteEngine>(std::move(lock), directory, options.durability);
  } catch (const EngineError& error) {
    throw EngineError(str_cat("data directory '", directory.native(), "': ", error.what()));
  }
}

}  // namespace tailrace
