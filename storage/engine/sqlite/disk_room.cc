#include "storage/engine/sqlite/disk_room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "storage/base/engine_error.h"
#include "storage/base/log.h"
#include "storage/base/str_cat.h"

namespace tailrace::sqlite {
namespace {

constexpr std::string_view kReserveName = "reserve";

// As much as the log may have to add to the store's file when the disk is full (Checkpointer), but no
// more than a quarter of what is free.
constexpr std::int64_t kReserveBytes = std::int64_t{32} << 20;
constexpr std::int64_t kReservePart = 4;
// This stays, and goes when the store could not be opened otherwise.
constexpr std::int64_t kLastBytes = std::int64_t{256} << 10;
// With less than this free there is no room to begin with.
constexpr std::int64_t kRoomMin = std::int64_t{4} << 20;

}  // namespace

bool DiskRoom::File::is_there() const {
  struct stat now = {};
  return ::stat(path.c_str(), &now) == 0 && now.st_dev == device && now.st_ino == number;
}

DiskRoom::File DiskRoom::look_at(const std::filesystem::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) {
    throw EngineError(
        str_cat("cannot find '", path.native(), "': ", std::generic_category().message(errno)));
  }
  return {.path = path, .device = found.st_dev, .number = found.st_ino};
}

DiskRoom::DiskRoom(const std::filesystem::path& directory,
                   std::function<std::int64_t()> free_inside)
    : directory_(std::filesystem::absolute(directory)),
      free_inside_(std::move(free_inside)),
      store_(look_at(directory_ / "store.sqlite")),
      log_(look_at(directory_ / "store.sqlite-wal")) {
  const std::filesystem::path path = directory_ / kReserveName;
  reserve_file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (reserve_file_ < 0) return;  // Then there is none.
  reserve_bytes_ = ::lseek(reserve_file_, 0, SEEK_END);
  if (reserve_bytes_ <= kLastBytes) reserve();
}

DiskRoom::~DiskRoom() {
  if (reserve_file_ >= 0) ::close(reserve_file_);
}

// Where it cannot be made there is none, and the store is full a little earlier.
void DiskRoom::reserve() {
  const std::int64_t free = free_bytes();
  full_ = free < kRoomMin;
  const std::int64_t bytes = std::min(kReserveBytes, free / kReservePart);
  if (!full_ && bytes > reserve_bytes_ && ::fallocate(reserve_file_, 0, 0, bytes) == 0)
    reserve_bytes_ = bytes;
}

// A quarter is left for the transaction that is under way. Without a reserve it does not matter.
std::int64_t DiskRoom::log_bytes_max() const {
  return (reserve_bytes_ > kLastBytes ? reserve_bytes_ : kReserveBytes) / 4 * 3;
}

bool DiskRoom::give_up_reserve(const std::filesystem::path& directory) {
  std::error_code ignored;
  return std::filesystem::remove(directory / kReserveName, ignored);
}

void DiskRoom::require_room() {
  if (!full_) return;
  if (free_bytes() >= 2 * std::max(reserve_bytes_, kRoomMin)) {
    reserve();
    if (!full_ && told_room_.is_due())
      log_info("the disk has room again", {{"directory", directory_.native()}});
  }
  if (full_ && free_inside_() < kRoomMin) throw StoreFull(on_full());
}

void DiskRoom::require_files() {
  for (const File* file : {&store_, &log_}) {
    if (file->is_there()) continue;
    throw EngineError(str_cat("the file '", file->path.native(),
                              "' was removed or replaced while the server uses it, and nothing can "
                              "be written any more; put it back or restart the server"));
  }
}

std::string DiskRoom::on_full() {
  std::string text = full_text();
  full_ = true;
  if (reserve_bytes_ > kLastBytes && ::ftruncate(reserve_file_, kLastBytes) == 0)
    reserve_bytes_ = kLastBytes;
  if (told_full_.is_due()) log_error(text);
  return text;
}

std::int64_t DiskRoom::free_bytes() const {
  struct statvfs found = {};
  if (::statvfs(directory_.c_str(), &found) != 0) return 0;
  return static_cast<std::int64_t>(found.f_bavail) * static_cast<std::int64_t>(found.f_frsize);
}

std::string DiskRoom::full_text() const {
  rlimit file_size = {};
  const bool limited =
      ::getrlimit(RLIMIT_FSIZE, &file_size) == 0 && file_size.rlim_cur != RLIM_INFINITY;
  return str_cat(
      "no room to write in '", directory_.native(), "', where ", free_bytes(), " bytes are free",
      limited ? str_cat(" and a file may have ", file_size.rlim_cur, " (ulimit -f)") : "",
      "; make room, or delete items or tables: reads and deletes go on");
}

}  // namespace tailrace::sqlite
