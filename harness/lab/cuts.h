// Packets of the lab's NFS network that are not delivered: partitions of all sorts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/lab/layout.h"
#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// To be called once in the lab's network namespace.
Result<void> make_cuts();
/// `kind`: one of lab_cuts(). Requests and replies as a client means them: what comes from the
/// guest, and what goes to it. nfs: its TCP port 2049 alone, both ways. Beside those
/// `replies_to_a_change`, of NFS 3: from when the guest asks for a name to be made, removed or
/// renamed, what goes to it, the reply to that first of all.
Result<void> cut(const Guest& guest, const std::string& kind);
/// How many of this guest's packets were not delivered since it was cut.
std::uint64_t dropped(const Guest& guest);
/// Everything of this guest is delivered again. How many packets were not.
Result<std::uint64_t> heal(const Guest& guest);

}  // namespace holdfast::harness::lab
