// Packets of the lab's NFS network that are not delivered: partitions of all sorts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/lab/layout.h"
#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// What of a guest is cut. Requests and replies as a client means them: what comes from the guest,
/// and what goes to it. nfs: its TCP port 2049 alone, both ways.
const std::vector<std::string>& cut_kinds();

/// To be called once in the lab's network namespace.
Result<void> make_cuts();
Result<void> cut(const Guest& guest, const std::string& kind);
/// Everything of this guest is delivered again. How many packets were not.
Result<std::uint64_t> heal(const Guest& guest);

}  // namespace holdfast::harness::lab
