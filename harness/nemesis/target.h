// A worker, as the nemesis sees it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/history/recorder.h"
#include "harness/random/random.h"

namespace holdfast::harness {

/// A worker leads a process group, and its contender program, if it has one, is in it: one signal
/// to the group hits both at the same instant.
struct Target {
  std::string worker;  ///< "h1.w3'2"
  pid_t group = 0;     ///< also the worker's process id
  const LiveView* live = nullptr;
};

/// One that is inside its critical section, as far as can be seen now; an index into `targets`.
std::optional<std::size_t> find_holder(const std::vector<Target>& targets, Random& random);

/// Whether a kind of fault can be injected on this machine, and why not.
struct Availability {
  bool here = true;
  std::string why_not;
};

}  // namespace holdfast::harness
