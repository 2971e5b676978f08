// For tests of what an ordinary user can do where only root may open /dev/fuse, as in a container.
#pragma once

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace holdfast::harness::mount::testing {

/// As on an ordinary machine, where anybody may open /dev/fuse. The caller is in a mount namespace
/// of its own; `place` is an empty folder, and stays one. What could not be done; empty: it is so.
inline std::string open_dev_fuse_to_all(const std::string& place) {
  const std::string device = place + "/fuse";
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", place.c_str(), "tmpfs", 0, nullptr) != 0 ||
      ::mknod(device.c_str(), S_IFCHR | 0666, makedev(10, 229)) != 0 ||
      ::chmod(device.c_str(), 0666) != 0 ||
      ::mount(device.c_str(), "/dev/fuse", nullptr, MS_BIND, nullptr) != 0 ||
      ::umount2(place.c_str(), MNT_DETACH) != 0) {
    return std::string("no /dev/fuse for all can be made: ") + std::strerror(errno);
  }
  return "";
}

}  // namespace holdfast::harness::mount::testing
