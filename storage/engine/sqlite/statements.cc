#include "storage/engine/sqlite/statements.h"

#include "storage/base/str_cat.h"

namespace tailrace::sqlite {
namespace {

std::string select(Kept kept, std::string_view columns, std::string_view where) {
  return str_cat("SELECT ", columns, kept == Kept::kInFile ? ", checksum" : "", " FROM rows WHERE ",
                 where);
}

}  // namespace

Statements::Statements(Connection& c, Kept kept)
    : begin(c, "BEGIN IMMEDIATE"),
      commit(c, "COMMIT"),
      get(c, select(kept, "value, rowid", "key = ?1").c_str()),
      get_hinted(c, select(kept, "value, key", "rowid = ?1").c_str()),
      insert(c,
             kept == Kept::kInFile
                 ? "INSERT OR IGNORE INTO rows(key, value, checksum) VALUES(?1, ?2, ?3)"
                 : "INSERT OR IGNORE INTO rows(key, value) VALUES(?1, ?2)"),
      replace(c,
              kept == Kept::kInFile ? "UPDATE rows SET value = ?2, checksum = ?3 WHERE rowid = ?1"
                                    : "UPDATE rows SET value = ?2 WHERE rowid = ?1"),
      erase(c, "DELETE FROM rows WHERE rowid = ?1"),
      ascending(c, select(kept, "key, value", "key >= ?1 ORDER BY key")),
      ascending_bounded(c, select(kept, "key, value", "key >= ?1 AND key < ?2 ORDER BY key")),
      descending(c, select(kept, "key, value", "key >= ?1 ORDER BY key DESC")),
      descending_bounded(c,
                         select(kept, "key, value", "key >= ?1 AND key < ?2 ORDER BY key DESC")) {}

}  // namespace tailrace::sqlite
