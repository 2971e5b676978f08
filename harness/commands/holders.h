// Who is inside a critical section just now, by the live words of a run's histories.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/history/recorder.h"
#include "harness/random/random.h"

namespace holdfast::harness {

class Holders {
 public:
  /// `histories`: the folder in which the workers write theirs. It may be empty yet.
  explicit Holders(std::string histories) : histories_(std::move(histories)) {}

  /// The host of one of them, drawn; none: nobody is inside.
  ///
  /// Threads: one at a time.
  std::optional<std::string> host(Random& random);

 private:
  std::string histories_;
  std::map<std::string, std::unique_ptr<LiveView>> views_;  ///< by file
};

}  // namespace holdfast::harness
