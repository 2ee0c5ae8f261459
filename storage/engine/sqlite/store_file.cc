#include "storage/engine/sqlite/store_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "storage/base/str_cat.h"

namespace tailrace::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x54524C45;  // "TRLE"
// Of the SQLite file: one table of rows.
//   1  rows(key, value)
//   2  and a checksum, NULL in rows that were written before
constexpr std::int64_t kFormatVersion = 2;

}  // namespace

void make_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    throw EngineError(str_cat("cannot create data directory '", directory.native(),
                              "': ", error.message(), "; make its parent writable for uid ",
                              ::geteuid(), " or choose another one"));
  }
}

// SQLite opens a file that it may not write for reading, and fails at the first write.
void require_writable_files(const std::filesystem::path& directory) {
  for (const char* name : {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}) {
    const std::filesystem::path path = directory / name;
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0 || errno == ENOENT)
      continue;
    throw EngineError(str_cat("cannot write the store's file '", path.native(),
                              "': ", std::generic_category().message(errno),
                              "; make it writable for uid ", ::geteuid(),
                              " or choose another directory"));
  }
}

// Paths may hold characters that mean something in a URI.
std::string uri_of(const std::filesystem::path& directory) {
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

void prepare_store(Connection& connection, Kept kept) {
  const std::int64_t application = connection.query_integer("PRAGMA application_id");
  const std::int64_t version = connection.query_integer("PRAGMA user_version");
  const std::int64_t objects = connection.query_integer("SELECT count(*) FROM sqlite_schema");
  const std::string set_version = str_cat("PRAGMA user_version=", kFormatVersion, "; COMMIT;");
  if (objects == 0 && application == 0 && version == 0) {
    connection.execute(str_cat("BEGIN; CREATE TABLE rows(key BLOB NOT NULL UNIQUE, ",
                               kept == Kept::kInFile ? "checksum INTEGER, " : "",
                               "value BLOB NOT NULL); PRAGMA application_id=", kApplicationId, "; ",
                               set_version)
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
  if (version == 1) {
    connection.execute(
        str_cat("BEGIN IMMEDIATE; ALTER TABLE rows ADD COLUMN checksum INTEGER; ", set_version)
            .c_str());
  }
}

}  // namespace tailrace::sqlite
