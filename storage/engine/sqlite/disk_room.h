// DiskRoom: looks after the room that a store in a directory has, and that the directory is still
// there. Private to this room.
//
// A file of the store's own, "reserve", holds some room that nobody else can take. When a write finds
// none nearly all of it is given up: what is in the log can then be moved into the store's file, and rows can be
// erased. From then on writes that make the store larger than it is inside are refused, until the reserve can
// be made again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "storage/base/log.h"

namespace tailrace::sqlite {

class DiskRoom {
 public:
  // The files of the store have been opened. `free_inside` gives the bytes of its file that nothing
  // uses.
  DiskRoom(const std::filesystem::path& directory, std::function<std::int64_t()> free_inside);
  ~DiskRoom();
  DiskRoom(const DiskRoom&) = delete;
  DiskRoom& operator=(const DiskRoom&) = delete;

  // StorageEngine's. What is free inside is room too.
  void require_room();
  // Before a commit. Throws EngineError if the store's files are no longer those of the directory:
  // what is written to files that were removed is lost with the process.
  void require_files();

  bool is_full() const { return full_; }

  // What may wait in the log to be moved into the store's file: the reserve has room for it.
  std::int64_t log_bytes_max() const;

  // There was no room. Gives up the reserve, logs now and then, and gives the text of the error.
  std::string on_full();

  // Gives up the reserve that a process before this one has left.
  static bool give_up_reserve(const std::filesystem::path& directory);

 private:
  struct File {
    std::filesystem::path path;
    dev_t device;
    ino_t number;
    bool is_there() const;
  };
  static File look_at(const std::filesystem::path& path);
  void reserve();
  std::int64_t free_bytes() const;
  std::string full_text() const;

  const std::filesystem::path directory_;
  const std::function<std::int64_t()> free_inside_;
  const File store_;
  const File log_;
  int reserve_file_ = -1;
  std::int64_t reserve_bytes_ = 0;
  bool full_ = false;
  LogSeldom told_full_;
  LogSeldom told_room_;
};

}  // namespace tailrace::sqlite
