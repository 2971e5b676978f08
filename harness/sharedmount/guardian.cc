#include "harness/sharedmount/guardian.h"

#include <spawn.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace holdfast::harness::mount {
namespace {

/// mountinfo writes spaces, tabs, newlines and backslashes as octal numbers.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Mounted {
  std::string device;  ///< "0:57"
  std::string place;
  std::string type;
};

/// In the order in which they were mounted.
std::vector<Mounted> all_mounted() {
  std::ifstream table("/proc/self/mountinfo");
  std::vector<Mounted> found;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, place, word, type;
    if (!(words >> id >> parent >> device >> root >> place)) continue;
    // Options, of any number, end with a dash.
    while (words >> word && word != "-") continue;
    words >> type;
    found.push_back({device, unescaped(place), type});
  }
  return found;
}

void unmount_all(const std::string& told) {
  std::istringstream lines(told);
  std::string device, place;
  // What somebody else has mounted there since is not ours to take away.
  while (std::getline(lines, device, '\0') && std::getline(lines, place, '\0')) {
    if (mounted_device(place) == device) unmount(place);
  }
}

}  // namespace

std::string mounted_device(const std::string& place) {
  std::string found;
  for (const Mounted& one : all_mounted()) {
    if (one.place == place) found = one.device;
  }
  return found;
}

std::vector<std::string> unmount_dead(const std::string& folder) {
  std::vector<std::string> unmounted;
  for (const Mounted& one : all_mounted()) {
    if (one.type != "fuse.holdfast") continue;
    if (std::filesystem::path(one.place).parent_path() != folder) continue;
    struct statfs nobody_asks {};
    if (::statfs(one.place.c_str(), &nobody_asks) == 0 || errno != ENOTCONN) continue;
    unmount(one.place);
    unmounted.push_back(one.place);
  }
  return unmounted;
}

// A server that dies while it makes the kernel forget a name can wait there for a directory that a
// process holds which waits for the server: neither would ever end. So what was asked is given up.
void unmount(const std::string& place) {
  constexpr int kHow = MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW;
  if (::umount2(place.c_str(), kHow) == 0 || errno != EPERM) return;
  const std::string device = mounted_device(place);
  const std::string number = device.substr(device.find(':') + 1);
  std::ofstream("/sys/fs/fuse/connections/" + number + "/abort") << 1;
  std::string words[] = {"fusermount3", "-u", "-z", "-q", "--", place};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                       words[4].data(), words[5].data(), nullptr};
  pid_t helper = 0;
  if (::posix_spawnp(&helper, words[0].c_str(), nullptr, nullptr, arguments, environ) == 0) {
    ::waitpid(helper, nullptr, 0);
  }
}

Result<Guardian> Guardian::post() {
  auto survivor = Survivor::post(unmount_all);
  if (!survivor) return tl::unexpected(survivor.error());
  return Guardian(std::move(*survivor));
}

void Guardian::watch(const std::string& place) const {
  std::string words = mounted_device(place);
  words += '\0';
  words += place;
  words += '\0';
  survivor_.tell(words);
}

}  // namespace holdfast::harness::mount
