#include "storage/engine/sqlite/sqlite_engine.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "storage/base/check.h"
#include "storage/base/log.h"
#include "storage/base/memory_limit.h"
#include "storage/base/str_cat.h"
#include "storage/engine/sqlite/checkpointer.h"
#include "storage/engine/sqlite/connection.h"
#include "storage/engine/sqlite/disk_room.h"
#include "storage/engine/sqlite/page_cache.h"
#include "storage/engine/sqlite/row_checksum.h"
#include "storage/engine/sqlite/row_cursor.h"
#include "storage/engine/sqlite/row_hints.h"
#include "storage/engine/sqlite/spare_memory.h"
#include "storage/engine/sqlite/statements.h"
#include "storage/engine/sqlite/store_file.h"
#include "storage/engine/sqlite/store_lock.h"
#include "storage/engine/sqlite/undo_log.h"

namespace tailrace {
namespace sqlite {
namespace {

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

class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

class SqliteEngine final : public StorageEngine {
 public:
  // In memory.
  explicit SqliteEngine(std::shared_ptr<MemoryBudget> budget)
      : budget_(std::move(budget)), connection_(kMemoryUri) {
    connection_.execute(kMemoryPragmas);
    prepare_store(connection_, Kept::kInMemory);
    statements_.emplace(connection_, Kept::kInMemory);
  }

  // Takes the lock once the store is open.
  SqliteEngine(std::unique_ptr<StoreLock>& lock,
               const std::filesystem::path& directory,
               Durability durability)
      : connection_(uri_of(directory)) {
    connection_.execute(kDiskPragmas);
    connection_.execute(durability == Durability::kPowerLoss ? "PRAGMA synchronous=FULL"
                                                             : "PRAGMA synchronous=NORMAL");
    prepare_store(connection_, Kept::kInFile);
    statements_.emplace(connection_, Kept::kInFile);
    releases_space_ = connection_.query_integer("PRAGMA auto_vacuum") == kIncrementalVacuum;
    room_.emplace(directory, [this] {
      return connection_.query_integer("PRAGMA freelist_count") *
             connection_.query_integer("PRAGMA page_size");
    });
    checkpointer_.emplace(connection_, uri_of(directory), room_->log_bytes_max());
    connection_.when_full([this] { return room_->on_full(); });
    sqlite3_wal_hook(connection_.handle(), &SqliteEngine::on_wal, this);
    lock_ = std::move(lock);
  }

  void begin() override {
    if (room_ && room_->is_full()) checkpointer_->move_all();
    statements_->begin.run();
  }

  void commit() override {
    if (room_) room_->require_files();
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
    require_memory();
  }

  void erase(Bytes key) override {
    erase_row(key);
    require_memory();
  }

  std::unique_ptr<Cursor> scan(Bytes begin, Bytes end, Order order) override {
    StatementPool& pool =
        order == Order::kAscending
            ? (end.empty() ? statements_->ascending : statements_->ascending_bounded)
            : (end.empty() ? statements_->descending : statements_->descending_bounded);
    return std::make_unique<RowCursor>(pool, kept(), begin, end);
  }

  // What deletes have freed SQLite uses again.
  void require_room() override {
    if (room_) return room_->require_room();
    if (!budget_->full()) return;
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
  // The row that was read last. Mostly it is the next one to be written, and its row id spares the
  // way through the index of keys: an overwrite then takes two thirds of the time.
  struct Found {
    bool is_set = false;
    Buffer key;
    std::int64_t rowid = 0;
    Buffer value;  // In memory, for the undo log.

    bool is(Bytes row_key) const { return is_set && key == row_key; }
  };

  bool in_memory() const { return budget_ != nullptr; }
  Kept kept() const { return in_memory() ? Kept::kInMemory : Kept::kInFile; }
  bool in_transaction() const { return sqlite3_get_autocommit(connection_.handle()) == 0; }

  // After a write, which is then taken back.
  static void require_memory() {
    const bool pages = take_spare_pages_used();
    if (take_spare_memory_used() || pages)
      throw EngineError("the store has taken all memory that it may");
  }

  // `value`, if any, becomes the row's. False: there is no such row.
  bool find(Bytes key, Buffer* value = nullptr) {
    std::int64_t& hint = hints_.of(key);
    if (hint != 0 && find_hinted(hint, key, value)) return true;
    Statement& statement = statements_->get;
    statement.bind(1, key);
    const ResetAtEnd reset(statement);
    if (!statement.step()) return false;
    hint = statement.integer(1);
    take(statement, key, hint, value);
    return true;
  }

  bool find_hinted(std::int64_t rowid, Bytes key, Buffer* value) {
    Statement& statement = statements_->get_hinted;
    statement.bind(1, rowid);
    const ResetAtEnd reset(statement);
    if (!statement.step() || statement.column(1) != key) return false;
    take(statement, key, rowid, value);
    return true;
  }

  void take(Statement& statement, Bytes key, std::int64_t rowid, Buffer* value) {
    const Bytes column = statement.column(0);
    if (value != nullptr) {
      if (!in_memory()) check_row(connection_, statement, key, column);
      value->assign(column);
    }
    found_.is_set = true;
    found_.key.assign(key);
    found_.rowid = rowid;
    if (in_memory()) found_.value.assign(column);
  }

  void put_row(Bytes key, Bytes value) {
    if (!found_.is(key)) {
      if (insert(key, value)) return;
      if (!find(key)) throw DamagedRow("the store's index of keys is damaged", Buffer(key));
    }
    if (in_memory()) undo_log_.add(key, found_.value);
    found_.is_set = false;
    Statement& statement = statements_->replace;
    statement.bind(1, found_.rowid);
    statement.bind(2, value);
    bind_checksum(statement, key, value);
    statement.run();
  }

  // False: there is such a row.
  bool insert(Bytes key, Bytes value) {
    Statement& statement = statements_->insert;
    statement.bind(1, key);
    statement.bind(2, value);
    bind_checksum(statement, key, value);
    statement.run();
    if (sqlite3_changes(connection_.handle()) != 1) return false;
    if (in_memory()) undo_log_.add(key, std::nullopt);
    return true;
  }

  void bind_checksum(Statement& statement, Bytes key, Bytes value) {
    if (!in_memory()) statement.bind(3, std::int64_t{row_checksum(key, value)});
  }

  void erase_row(Bytes key) {
    if (!found_.is(key) && !find(key)) return;
    if (in_memory()) undo_log_.add(key, found_.value);
    found_.is_set = false;
    Statement& statement = statements_->erase;
    statement.bind(1, found_.rowid);
    statement.run();
  }

  void undo() {
    // Not so if SQLite got no memory in the midst of a write: then its pages are not whole.
    CHECK(in_transaction());
    const UndoLog log = std::exchange(undo_log_, {});
    log.undo([this](Bytes key, std::optional<Bytes> before) {
      found_.is_set = false;
      before ? put_row(key, *before) : erase_row(key);
    });
    undo_log_.clear();
    statements_->commit.run();
    take_spare_pages_used();  // Told of already.
    take_spare_memory_used();
  }

  bool has_much_free() {
    const std::int64_t free = connection_.query_integer("PRAGMA freelist_count");
    return free > kFreePagesMin &&
           free > connection_.query_integer("PRAGMA page_count") / kFreePart;
  }

  static int on_wal(void* self, sqlite3*, const char*, int frames) {
    static_cast<SqliteEngine*>(self)->wal_frames_ = frames;
    return SQLITE_OK;
  }

  // In order of construction: what is below uses what is above.
  const std::shared_ptr<MemoryBudget> budget_;  // In memory; nullptr: in a directory.
  LogSeldom told_full_;
  std::unique_ptr<StoreLock> lock_;  // Of a directory.
  Connection connection_;
  std::optional<Statements> statements_;
  std::optional<DiskRoom> room_;              // Of files,
  std::optional<Checkpointer> checkpointer_;  // and so is this.
  Found found_;
  RowHints hints_;
  UndoLog undo_log_;  // In memory.
  int wal_frames_ = 0;  // In the log after the last commit; 0: it has written nothing.
  bool releases_space_ = false;  // In memory, and in files made without auto_vacuum, nothing can be.
};

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
  sqlite::require_writable_files(directory);
  const auto open = [&] {
    return std::make_unique<sqlite::SqliteEngine>(lock, directory, options.durability);
  };
  try {
    try {
      return open();
    } catch (const EngineError&) {
      // On a full disk this is the room that it takes to open the store and delete something.
      if (!sqlite::DiskRoom::give_up_reserve(directory)) throw;
      return open();
    }
  } catch (const EngineError& error) {
    throw EngineError(str_cat("data directory '", directory.native(), "': ", error.what()));
  }
}

}  // namespace tailrace
