#include <holdfast/os/posix.h>
#include <holdfast/os/posix_process.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <climits>
#include <string_view>

namespace holdfast::os::posix {
namespace {

constexpr std::size_t kLargestProcFile = std::size_t{1} << 20;  // `status` lists all groups

/// Contents of a file of /proc; empty if it cannot be read.
std::string proc_file(const std::string& path) {
  std::string contents;
  if (files().read(path, kLargestProcFile, contents)) contents.clear();
  return contents;
}

std::string link_target(const char* path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path, target, sizeof target);
  return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : std::string();
}

/// FNV-1a, 64 bits: spreads, and needs no table. Not secret, not a proof by itself.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char byte : text) {
    value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return value == 0 ? 1 : value;
}

}  // namespace

std::uint64_t parse_start(const std::string& stat) {
  // The second field is the program's name, which may contain anything, so counting begins after
  // the last parenthesis.
  constexpr int kFieldsBetween = 19;  // from the third to the one before the start time
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::size_t at = name_end + 2;
  for (int field = 0; field < kFieldsBetween; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return 0;
    ++at;
  }
  std::uint64_t start = 0;
  const auto [end, error] = std::from_chars(stat.data() + at, stat.data() + stat.size(), start);
  return error == std::errc{} && end != stat.data() + at ? start : 0;
}

std::uint64_t start_of(const std::string& stat_file) { return parse_start(proc_file(stat_file)); }

bool shows_as(const std::string& status, std::int64_t pid) {
  // The pid in each namespace, from the one that this /proc shows down to the process's own. More
  // than one: this /proc is an outer one's, even where the numbers are equal by chance.
  constexpr std::string_view kLabel = "\nNSpid:\t";
  const std::size_t found = status.find(kLabel);
  if (found == std::string::npos) return false;
  const std::size_t begin = found + kLabel.size();
  const std::size_t end = status.find('\n', begin);
  return end != std::string::npos && status.compare(begin, end - begin, std::to_string(pid)) == 0;
}

std::uint64_t machine_of_self() {
  if (!shows_as(proc_file("/proc/self/status"), ::getpid())) return 0;
  // Of the thread, since those of the process are gone once its leader has exited.
  const std::string pids = link_target("/proc/thread-self/ns/pid");
  const std::string time = link_target("/proc/thread-self/ns/time");
  const std::string boot = proc_file("/proc/sys/kernel/random/boot_id");
  if (boot.empty() || pids.empty() || time.empty()) return 0;
  return hash(boot + "\n" + pids + "\n" + time);
}

Descriptor open_process(std::int64_t pid) {
  if (pid <= 0 || pid > INT_MAX) {
    errno = EINVAL;
    return Descriptor();
  }
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U)));
}

bool has_ended(std::int64_t pid, std::uint64_t start) {
  const Descriptor pidfd = open_process(pid);
  if (!pidfd && errno == ESRCH) return true;
  if (pidfd) {
    // Readable only when every thread has ended: a leader that has exited before its threads is
    // not.
    pollfd ended{pidfd.number(), POLLIN, 0};
    if (::poll(&ended, 1, 0) == 1 && (ended.revents & POLLIN) != 0) return true;
  }
  // Whoever has the number now, it is not that process if it was started at another time. That it
  // cannot be read (hidepid), or is a zombie, says nothing.
  const std::uint64_t now = start_of("/proc/" + std::to_string(pid) + "/stat");
  return start != 0 && now != 0 && now != start;
}

}  // namespace holdfast::os::posix
