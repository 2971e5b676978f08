// The page of memory through which the nemesis bends a host's clocks.
//
// One file per logical host; the agent writes it, every worker of the host maps it. Fault model:
// the writer can be killed in the middle of a change, and a reader must neither hang nor see half
// of it. So there are two slots, the writer fills the one that is not in use and only then turns to
// it by storing one word; a reader that was overtaken reads again.
#pragma once

#include <memory>
#include <string>

#include "harness/nemesis/clock_map.h"
#include "harness/result/result.h"

namespace holdfast::harness {

/// The writing side. One per page.
class ClockPage {
 public:
  /// Makes the file, which must not exist; it shows every clock as it is. Space is allocated, so a
  /// full disk is an error here and not a SIGBUS later.
  static Result<std::unique_ptr<ClockPage>> create(const std::string& path);
  virtual ~ClockPage() = default;
  virtual ClockMap read() const = 0;
  /// Readers follow from their next look on.
  virtual void write(const ClockMap& map) = 0;
};

/// The reading side. Threads: any number.
class ClockView {
 public:
  /// Errors: no such file, or one that is not such a page, or of another version.
  static Result<std::unique_ptr<ClockView>> open(const std::string& path);
  virtual ~ClockView() = default;
  virtual ClockMap read() const = 0;
};

}  // namespace holdfast::harness
