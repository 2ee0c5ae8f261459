// MemoryFile: the one file of a store in memory, as a SQLite VFS of its own. Private to this room.
//
// Why not SQLite's own memdb: its memory moves when it grows, so SQLite copies each page that it
// reads, and it ends at 2 GB. Here addresses are reserved once and memory comes as it is touched;
// SQLite reads pages where they lie (xFetch). What a transaction overwrites is kept in one buffer
// that is used again and again, so SQLite needs no rollback journal, which takes memory by the KB.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <string>
#include <vector>

#include "storage/base/bytes.h"

namespace tailrace::sqlite {

class MemoryFile {
 public:
  MemoryFile();   // Throws EngineError where no addresses can be had.
  ~MemoryFile();  // After the connection that uses it.
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string uri() const;  // What a connection opens.

  void begin();          // From here on every write is kept to be undone,
  void keep() noexcept;  // until it is to stay,
  void undo() noexcept;  // or the file is as it was at begin(). SQLite's page cache must forget it.

 private:
  struct Handle;  // What SQLite holds of an open file.
  struct Overwritten {
    std::size_t offset;
    std::size_t bytes;
  };

  int write(const void* data, std::size_t bytes, std::size_t offset);
  void truncate(std::size_t size);
  void save(std::size_t begin, std::size_t end);

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags);

  sqlite3_vfs vfs_;
  std::string name_;
  char* memory_ = nullptr;
  std::size_t capacity_ = 0;  // Reserved addresses; the file cannot become larger.
  std::size_t size_ = 0;

  bool undoable_ = false;
  std::size_t size_at_begin_ = 0;
  std::vector<Overwritten> overwritten_;  // In the order of the writes.
  Buffer content_;                        // Of all of them, one behind the other.
};

}  // namespace tailrace::sqlite
