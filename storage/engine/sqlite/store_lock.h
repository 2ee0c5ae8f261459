// StoreLock: one process per data directory. The lock goes with the process, however it ends.
#pragma once

#include <filesystem>

namespace tailrace::sqlite {

class StoreLock {
 public:
  // Throws EngineError when another process (or this one, twice) holds the directory.
  explicit StoreLock(const std::filesystem::path& directory);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace tailrace::sqlite
