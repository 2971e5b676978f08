// Files on POSIX. The Linux client turns these into NFS requests one by one.

#include <dirent.h>
#include <fcntl.h>
#include <holdfast/os/posix.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>

namespace holdfast::os::posix {
namespace {

std::error_code result_of(int result) { return result == 0 ? std::error_code{} : last_error(); }
std::error_code failure(int error) { return {error, std::system_category()}; }

/// Whether the system would see only a part of this name, and take another file for it.
bool cut_short(const std::string& path) { return path.find('\0') != std::string::npos; }

/// Anybody can give a file any time, and nanoseconds in 64 bits reach to the year 2262. So stamps
/// are cut to 1920 to 2170, which leaves room to add to one, and to subtract one from another.
ServerTime server_time(std::int64_t seconds, std::int64_t nanoseconds) {
  constexpr std::int64_t kYear = 31'556'952;
  if (seconds < -50 * kYear) return ServerTime(std::chrono::seconds(-50 * kYear));
  if (seconds >= 200 * kYear) return ServerTime(std::chrono::seconds(200 * kYear));
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
    if (cut_short(from) || cut_short(to)) return failure(EINVAL);
    return result_of(::rename(from.c_str(), to.c_str()));
  }
  std::error_code link(const std::string& from, const std::string& to) override {
    if (cut_short(from) || cut_short(to)) return failure(EINVAL);
    return result_of(::link(from.c_str(), to.c_str()));
  }
  std::error_code unlink(const std::string& path) override {
    return cut_short(path) ? failure(EINVAL) : result_of(::unlink(path.c_str()));
  }
  std::error_code make_directory(const std::string& path, std::uint32_t mode) override {
    return cut_short(path) ? failure(EINVAL) : result_of(::mkdir(path.c_str(), mode));
  }
  std::error_code remove_directory(const std::string& path) override {
    return cut_short(path) ? failure(EINVAL) : result_of(::rmdir(path.c_str()));
  }
  std::error_code create(const std::string& path, const std::string& contents,
                         std::uint32_t mode) override;
  std::error_code list(const std::string& directory, std::size_t most, Listing& found) override;
  std::error_code read(const std::string& path, std::size_t most, std::string& contents) override;
  std::error_code status(const std::string& path, Revalidate revalidate,
                         FileStatus& found) override;
  std::error_code touch(const std::string& path) override {
    if (cut_short(path)) return failure(EINVAL);
    return result_of(::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW));
  }
  std::error_code set_modified(const std::string& path, WallTime time) override;
  std::error_code sync(const std::string& path) override;
  std::error_code file_system(const std::string& path, FileSystem& found) override;
};

std::error_code PosixFiles::create(const std::string& path, const std::string& contents,
                                   std::uint32_t mode) {
  if (cut_short(path)) return failure(EINVAL);
  // Not called again after EINTR: on a network the first try may have been applied, and "it is
  // there" would then be taken for somebody else's file.
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file) return last_error();
  if (const auto error = write_all(file.number(), contents)) return error;
  // NFS sends what was written at the close, and tells then whether the disk was full.
  return result_of(::close(file.release()));
}

/// Adds the names of one getdents64(2) answer; false when there were more than `most`.
bool add_names(const char* entries, std::size_t size, std::size_t most, Listing& found) {
  for (std::size_t at = 0; at < size;) {
    const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
    at += entry->d_reclen;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (found.names.size() == most) return false;
    found.names.emplace_back(name);
  }
  return true;
}

std::error_code PosixFiles::list(const std::string& directory, std::size_t most, Listing& found) {
  found.names.clear();
  found.complete = true;
  if (cut_short(directory)) return failure(EINVAL);
  const Descriptor opened(uninterrupted(
      [&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
  if (!opened) return last_error();
  // Without readdir(3): its stream costs three more system calls and 32 KiB of heap.
  alignas(dirent64) char entries[16384];
  while (found.complete) {
    const ssize_t size =
        uninterrupted([&] { return ::getdents64(opened.number(), entries, sizeof entries); });
    if (size < 0) return last_error();
    if (size == 0) break;
    found.complete = add_names(entries, static_cast<std::size_t>(size), most, found);
  }
  return {};
}

/// Opens for reading only what is a regular file, and gives its status.
std::error_code open_regular(const std::string& path, Descriptor& file, struct stat& status) {
  if (cut_short(path)) return failure(EINVAL);
  file = Descriptor(uninterrupted([&] {
    return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }));
  // What open(2) says of a socket, or of a device that has no driver.
  if (!file && (errno == ENXIO || errno == ENODEV)) errno = EINVAL;
  if (!file || ::fstat(file.number(), &status) != 0) return last_error();
  if (S_ISDIR(status.st_mode)) return failure(EISDIR);
  if (!S_ISREG(status.st_mode)) return failure(EINVAL);
  return {};
}

/// The rest of a file into `contents`; EFBIG if that is more than `most` bytes. `expected` is what
/// the file's status said, which may be wrong: a file can grow, and those of /proc say 0.
std::error_code read_all(int file, std::size_t most, std::size_t expected, std::string& contents) {
  std::size_t size = 0;
  contents.resize(std::min(most, expected) + 1);  // one byte more tells that it ends there
  for (;;) {
    const ssize_t now =
        uninterrupted([&] { return ::read(file, contents.data() + size, contents.size() - size); });
    if (now < 0) return last_error();
    size += static_cast<std::size_t>(now);
    if (now == 0) break;
    if (size > most) return failure(EFBIG);
    if (size == contents.size()) contents.resize(size + std::max<std::size_t>(size, 4096));
  }
  contents.resize(size);
  return {};
}

std::error_code PosixFiles::read(const std::string& path, std::size_t most, std::string& contents) {
  contents.clear();
  Descriptor file;
  struct stat status {};
  if (const auto error = open_regular(path, file, status)) return error;
  const auto expected = static_cast<std::size_t>(status.st_size);
  if (expected > most) return failure(EFBIG);
  const std::error_code error = read_all(file.number(), most, expected, contents);
  if (error) contents.clear();
  return error;
}

std::error_code PosixFiles::status(const std::string& path, Revalidate revalidate,
                                   FileStatus& found) {
  if (cut_short(path)) return failure(EINVAL);
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
  if (cut_short(path)) return failure(EINVAL);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec stamp{static_cast<time_t>(seconds.time_since_epoch().count()),
                       static_cast<long>((time - seconds).count())};
  const timespec both[2] = {stamp, stamp};
  return result_of(::utimensat(AT_FDCWD, path.c_str(), both, AT_SYMLINK_NOFOLLOW));
}

std::error_code PosixFiles::sync(const std::string& path) {
  if (cut_short(path)) return failure(EINVAL);
  const Descriptor opened(uninterrupted([&] {
    return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }));
  if (!opened) return last_error();
  return result_of(uninterrupted([&] { return ::fsync(opened.number()); }));
}

std::error_code PosixFiles::file_system(const std::string& path, FileSystem& found) {
  if (cut_short(path)) return failure(EINVAL);
  struct statfs status {};
  if (uninterrupted([&] { return ::statfs(path.c_str(), &status); }) != 0) return last_error();
  found.magic = static_cast<std::uint32_t>(status.f_type);
  found.name_max = status.f_namelen > 0 ? static_cast<std::size_t>(status.f_namelen) : NAME_MAX;
  found.renames_by_name = renames_by_name(found.magic);
  return {};
}

}  // namespace

bool renames_by_name(std::uint64_t magic) {
  // SMB, the old one, CIFS and SMB 2: from linux/magic.h and the statfs(2) manual page.
  constexpr std::array<std::uint64_t, 3> kSmb = {0x517B, 0xFF534D42, 0xFE534D42};
  return std::find(kSmb.begin(), kSmb.end(), magic) == kSmb.end();
}

Files& files() {
  // Never destroyed: what is static in a program may use it until the very end.
  static Files& instance = *new PosixFiles;
  return instance;
}

}  // namespace holdfast::os::posix
