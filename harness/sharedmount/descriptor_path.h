// The path under which an own descriptor can be opened again.
//
// For descriptors made with O_PATH, which most system calls do not take: through this name they
// reach the very file, a symbolic link included, wherever its names have gone.
#pragma once

#include <string>

namespace holdfast::harness::mount {

inline std::string descriptor_path(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

}  // namespace holdfast::harness::mount
