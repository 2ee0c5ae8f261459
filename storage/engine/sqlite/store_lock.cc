#include "storage/engine/sqlite/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "storage/base/str_cat.h"
#include "storage/engine/storage_engine.h"

namespace tailrace::sqlite {
namespace {

std::string error_text(int code) {
  return std::generic_category().message(code);
}

// The lock file holds its owner's process id, for people.
std::string owner_of(int descriptor) {
  char digits[16];
  const ssize_t count = ::pread(descriptor, digits, sizeof digits, 0);
  if (count <= 0) return "another process";
  std::string text(digits, static_cast<std::size_t>(count));
  return str_cat("process ", text.substr(0, text.find('\n')));
}

}  // namespace

StoreLock::StoreLock(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw EngineError(str_cat("cannot open data directory '", directory.native(),
                              "': ", error_text(errno), "; make it writable for uid ", ::geteuid(),
                              " or choose another one"));
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    const std::string owner = owner_of(descriptor_);
    ::close(descriptor_);
    throw EngineError(code == EWOULDBLOCK
                          ? str_cat("data directory '", directory.native(), "' is in use by ",
                                    owner, "; stop it or choose another directory")
                          : str_cat("cannot lock '", path.native(), "': ", error_text(code)));
  }
  const std::string owner = str_cat(::getpid(), "\n");
  const bool written =
      ::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, owner.data(), owner.size(), 0) >= 0;
  static_cast<void>(written);  // Only a hint for people; the lock is what counts.
}

StoreLock::~StoreLock() {
  ::close(descriptor_);
}

}  // namespace tailrace::sqlite
