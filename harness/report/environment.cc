#include "harness/report/environment.h"

#include <sched.h>
#include <sys/utsname.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace holdfast::harness {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// Space, tab, newline and backslash stand as \040 and the like.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octal = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      const int code = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      plain += static_cast<char>(static_cast<unsigned char>(code));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::vector<std::string> options(std::string_view text) {
  std::vector<std::string> list;
  for (const std::string_view option : split(text, ',')) list.push_back(unescape(option));
  return list;
}

// 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw,errors=continue
Result<Mount> parse_line(std::string_view line, std::size_t number) {
  const auto bad = [&](const std::string& why) {
    return problem("mountinfo: line " + std::to_string(number),
                   why + " in \"" + std::string(line) + "\"; proc(5) has the format");
  };
  const auto fields = split(line, ' ');
  constexpr std::size_t kFirstOptional = 6;
  std::size_t dash = kFirstOptional;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash >= fields.size()) return bad("there is no separator \"-\" after six fields");
  if (fields.size() != dash + 4) return bad("there are not three fields after the separator");
  if (!fields[4].starts_with('/')) return bad("the mount point is no absolute path");
  Mount mount;
  mount.device = std::string(fields[2]);
  mount.root = unescape(fields[3]);
  mount.point = unescape(fields[4]);
  mount.options = options(fields[5]);
  mount.type = unescape(fields[dash + 1]);
  mount.source = unescape(fields[dash + 2]);
  mount.server_options = options(fields[dash + 3]);
  return mount;
}

bool lies_below(std::string_view path, std::string_view point) {
  if (point == "/") return true;
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

/// A whole small file of the kernel's, without the last newline.
Result<std::string> slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in.is_open() || in.bad()) {
    return problem(path, "read this", std::error_code(errno, std::generic_category()));
  }
  std::string whole = text.str();
  if (whole.ends_with('\n')) whole.pop_back();
  return whole;
}

/// What follows "KEY ... :" in /proc/cpuinfo or /proc/meminfo.
std::optional<std::string> value_of(const std::string& text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::size_t from = line.find_first_not_of(" \t", colon + 1);
    return from == std::string_view::npos ? std::string() : std::string(line.substr(from));
  }
  return std::nullopt;
}

class Reading {
 public:
  explicit Reading(Machine& to) : to_(to) {}

  std::string file(const char* path) {
    auto text = slurp(path);
    if (text) return *text;
    to_.problems.push_back(text.error().text());
    return {};
  }
  void failed(const std::string& what) { to_.problems.push_back(what); }

  void kernel() {
    utsname names{};
    if (uname(&names) != 0) return failed("uname failed");
    to_.kernel = std::string(names.sysname) + " " + names.release + " " + names.version + " " +
                 names.machine;
  }
  void cpu() {
    const std::string text = file("/proc/cpuinfo");
    if (auto model = value_of(text, "model name")) {
      to_.cpu = *model;
    } else {
      failed("/proc/cpuinfo: names no model");
    }
    cpu_set_t usable;
    CPU_ZERO(&usable);
    if (sched_getaffinity(0, sizeof usable, &usable) == 0) {
      to_.cpus = static_cast<std::uint32_t>(CPU_COUNT(&usable));
    } else {
      failed("sched_getaffinity failed");
    }
  }
  void memory() {
    const auto total = value_of(file("/proc/meminfo"), "MemTotal");
    std::uint64_t kibibytes = 0;
    if (total && std::from_chars(total->data(), total->data() + total->size(), kibibytes).ec ==
                     std::errc()) {
      to_.memory_bytes = kibibytes * 1024;
    } else {
      failed("/proc/meminfo: names no MemTotal");
    }
  }
  void load() {
    std::istringstream text(file("/proc/loadavg"));
    double minute = 0;
    if (text >> minute) {
      to_.load = minute;
    } else {
      failed("/proc/loadavg: begins with no number");
    }
  }
  void mount(const std::string& directory) {
    std::error_code error;
    const auto real = std::filesystem::canonical(directory, error);
    if (error) return failed(directory + ": " + error.message());
    const auto mounts = parse_mounts(file("/proc/self/mountinfo"));
    if (!mounts) return failed(mounts.error().text());
    if (const Mount* found = find_mount(*mounts, real.string())) to_.mount = *found;
  }

 private:
  Machine& to_;
};

}  // namespace

Result<std::vector<Mount>> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return mounts;
  for (const std::string_view line : split(text, '\n')) {
    auto mount = parse_line(line, mounts.size() + 1);
    if (!mount) return tl::unexpected(mount.error());
    mounts.push_back(std::move(*mount));
  }
  return mounts;
}

const Mount* find_mount(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    if (!lies_below(path, mount.point)) continue;
    // Of two on one point, or a later one above an earlier one's point, the later hides the other.
    if (found == nullptr || mount.point.size() >= found->point.size() ||
        lies_below(found->point, mount.point)) {
      found = &mount;
    }
  }
  return found;
}

std::string server_of(const Mount& mount) {
  const bool nfs = mount.type == "nfs" || mount.type == "nfs4" || mount.type == "ceph";
  if (nfs) {
    const std::size_t end = mount.source.rfind(":/");
    return end == std::string::npos ? mount.source : mount.source.substr(0, end);
  }
  if (mount.source.starts_with("//")) {  // cifs, smb3
    return mount.source.substr(2, mount.source.find('/', 2) - 2);
  }
  return {};
}

Machine read_machine(const std::string& directory) {
  Machine machine;
  Reading reading(machine);
  machine.directory = directory;
  reading.kernel();
  reading.cpu();
  reading.memory();
  reading.load();
  machine.clock_source =
      reading.file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  machine.boot_id = reading.file("/proc/sys/kernel/random/boot_id");
  reading.mount(directory);
  return machine;
}

}  // namespace holdfast::harness
