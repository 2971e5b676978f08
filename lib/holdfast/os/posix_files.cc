// Files on POSIX. The Linux client turns these into NFS requests one by one.

#include <dirent.h>
#include <fcntl.h>
#include <holdfast/os/posix.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <climits>

namespace holdfast::os::posix {
namespace {

// statfs(2) f_type of file systems on which a rename follows the opened file, not the name.
constexpr std::array<std::uint64_t, 3> kSmb = {0xFF534D42, 0x517B, 0xFE534D42};

std::error_code result_of(int result) { return result == 0 ? std::error_code{} : last_error(); }

ServerTime server_time(std::int64_t seconds, std::int64_t nanoseconds) {
  return ServerTime(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regular;
  if (S_ISDIR(mode)) return FileType::directory;
  return S_ISLNK(mode) ? FileType::symlink : FileType::other;
}

std::error_code write_all(int file, const std::string& contents) {
  std::size_t written = 0;
  while (written < contents.size()) {
    const ssize_t now = uninterrupted(
        [&] { return ::write(file, contents.data() + written, contents.size() - written); });
    if (now < 0) return last_error();
    written += static_cast<std::size_t>(now);
  }
  return {};
}

class PosixFiles final : public Files {
 public:
  std::error_code rename(const std::string& from, const std::string& to) override {
    return result_of(::rename(from.c_str(), to.c_str()));
  }
  std::error_code link(const std::string& from, const std::string& to) override {
    return result_of(::link(from.c_str(), to.c_str()));
  }
  std::error_code unlink(const std::string& path) override {
    return result_of(::unlink(path.c_str()));
  }
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override {
    return result_of(::mkdir(path.c_str(), mode));
  }
  std::error_code remove_directory(const std::string& path) override {
    return result_of(::rmdir(path.c_str()));
  }
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override;
  std::error_code list(const std::string& directory, std::size_t most, Listing& found) override;
  std::error_code read(const std::string& path, std::size_t most, std::string& contents) override;
  std::error_code status(const std::string& path, Revalidate revalidate,
                         FileStatus& found) override;
  std::error_code touch(const std::string& path) override {
    return result_of(::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW));
  }
  std::error_code set_modified(const std::string& path, WallTime time) override;
  std::error_code sync(const std::string& path) override;
  std::error_code file_system(const std::string& path, FileSystem& found) override;
};

std::error_code PosixFiles::create(const std::string& path, const std::string& contents,
                                   std::uint32_t mode) {
  Descriptor file(uninterrupted([&] {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  }));
  if (!file) return last_error();
  if (const auto error = write_all(file.number(), contents)) return error;
  // NFS sends what was written at the close, and tells then whether the disk was full.
  return result_of(::close(file.release()));
}

std::error_code PosixFiles::list(const std::string& directory, std::size_t most, Listing& found) {
  found.names.clear();
  found.complete = true;
  Descriptor opened(uninterrupted(
      [&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!opened) return last_error();
  DIR* stream = ::fdopendir(opened.number());
  if (stream == nullptr) return last_error();
  opened.release();
  std::error_code error;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) {
      if (errno != 0) error = last_error();
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (found.names.size() == most) {
      found.complete = false;
      break;
    }
    found.names.emplace_back(name);
  }
  ::closedir(stream);
  return error;
}

std::error_code PosixFiles::read(const std::string& path, std::size_t most, std::string& contents) {
  contents.clear();
  const Descriptor file(uninterrupted([&] {
    return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }));
  if (!file) return last_error();
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return last_error();
  if (S_ISDIR(status.st_mode)) return {EISDIR, std::system_category()};
  if (!S_ISREG(status.st_mode)) return {EINVAL, std::system_category()};
  contents.resize(most + 1);
  std::size_t size = 0;
  while (size < contents.size()) {
    const ssize_t now = uninterrupted(
        [&] { return ::read(file.number(), contents.data() + size, contents.size() - size); });
    if (now < 0) {
      contents.clear();
      return last_error();
    }
    if (now == 0) break;
    size += static_cast<std::size_t>(now);
  }
  if (size > most) {
    contents.clear();
    return {EFBIG, std::system_category()};
  }
  contents.resize(size);
  return {};
}

std::error_code PosixFiles::status(const std::string& path, Revalidate revalidate,
                                   FileStatus& found) {
  struct statx status {};
  const int how = AT_SYMLINK_NOFOLLOW |
                  (revalidate == Revalidate::forced ? AT_STATX_FORCE_SYNC : AT_STATX_SYNC_AS_STAT);
  if (::statx(AT_FDCWD, path.c_str(), how, STATX_BASIC_STATS, &status) != 0) return last_error();
  found.type = type_of(status.stx_mode);
  found.device = (std::uint64_t{status.stx_dev_major} << 32) | status.stx_dev_minor;
  found.inode = status.stx_ino;
  found.links = status.stx_nlink;
  found.size = status.stx_size;
  found.mode = status.stx_mode & 07777U;
  found.owner = status.stx_uid;
  found.modified = server_time(status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec);
  found.changed = server_time(status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec);
  return {};
}

std::error_code PosixFiles::set_modified(const std::string& path, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec stamp{static_cast<time_t>(seconds.time_since_epoch().count()),
                       static_cast<long>((time - seconds).count())};
  const timespec both[2] = {stamp, stamp};
  return result_of(::utimensat(AT_FDCWD, path.c_str(), both, AT_SYMLINK_NOFOLLOW));
}

std::error_code PosixFiles::sync(const std::string& path) {
  const Descriptor opened(uninterrupted([&] {
    return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }));
  if (!opened) return last_error();
  return result_of(uninterrupted([&] { return ::fsync(opened.number()); }));
}

std::error_code PosixFiles::file_system(const std::string& path, FileSystem& found) {
  struct statfs status {};
  if (uninterrupted([&] { return ::statfs(path.c_str(), &status); }) != 0) return last_error();
  found.magic = static_cast<std::uint32_t>(status.f_type);
  found.name_max = status.f_namelen > 0 ? static_cast<std::size_t>(status.f_namelen) : NAME_MAX;
  found.renames_by_name = true;
  for (const std::uint64_t magic : kSmb) found.renames_by_name &= found.magic != magic;
  return {};
}

}  // namespace

Files& files() {
  static PosixFiles instance;  // has no state
  return instance;
}

}  // namespace holdfast::os::posix
