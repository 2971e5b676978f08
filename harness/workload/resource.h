// What the lock protects. If the lock fails, this is what gets damaged.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/result/result.h"
#include "harness/scenario/scenario.h"
#include "harness/workload/journal.h"

namespace holdfast::os {
struct System;
}

namespace holdfast::harness {

class ProtectedResource {
 public:
  enum class Entry {
    in,       ///< use it
    refused,  ///< it knows of a later holder, or does not know: leave
  };

  virtual ~ProtectedResource() = default;
  /// First thing in a hold. Errors: it is damaged or cannot be reached at all.
  virtual Result<Entry> enter(std::uint64_t token) = 0;
  /// Last thing in a hold. `lost`: the holder knows that its lease is over.
  virtual Result<void> leave(std::uint64_t token, bool lost) = 0;
  /// After the release. Only a planted mistake does anything here.
  virtual Result<void> afterwards(std::uint64_t) { return {}; }
};

/// The fence that the lock `path` protects.
std::string fence_path(const std::string& path);

/// What `work` asks for, at `path` (the lock's, and something appended); null: nothing.
///
/// Errors: a fence without tokens, an unknown planted fence.
Result<std::unique_ptr<ProtectedResource>> make_resource(const Work& work, const Traits& traits,
                                                         const std::string& path,
                                                         const os::System& system, Journal journal);

}  // namespace holdfast::harness
