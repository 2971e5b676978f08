// One fault that came true, for the fault log: what was hit, and what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "harness/scenario/mount_spec.h"

namespace holdfast::harness::mount {

struct Hit {
  std::uint32_t fault = 0;  ///< its number
  MountFault::Kind kind{};
  std::string host;      ///< empty: it was the server's
  std::string what;      ///< "link h1.claim lock: done, then EEXIST"
  Nanoseconds lasted{};  ///< until now
  Nanoseconds offset{};  ///< server_clock: by which its clock is off
  bool forgot = false;   ///< server_crash: the moment at which acknowledged changes went
};

using HitLog = std::function<void(const Hit&)>;

/// "done", or the name of the error: "EEXIST".
std::string outcome(int error);

}  // namespace holdfast::harness::mount
