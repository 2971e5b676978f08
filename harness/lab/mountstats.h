// How often a client asked its server for what, as the kernel counts it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace holdfast::harness::lab {

struct NfsCount {
  std::uint64_t asked = 0;   ///< operations that were answered
  std::uint64_t resent = 0;  ///< how often one of them was sent once more

  bool operator==(const NfsCount&) const = default;
};

/// By the protocol's name of the operation: "RENAME". Only those that were asked for at all.
using NfsCounts = std::map<std::string, NfsCount>;

/// Reads /proc/self/mountstats for what is mounted at `point`. Empty: nothing is.
NfsCounts nfs_counts(const std::string& mountstats, const std::string& point);

/// What was asked since `before`; a host that has booted since began at nothing.
NfsCounts since(const NfsCounts& before, const NfsCounts& now);

}  // namespace holdfast::harness::lab
