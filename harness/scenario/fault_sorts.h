// What tells faults of one kind apart where they do harm in different ways: the words of the fault
// log (Fault::sorts), of a report's counts, and of what a scenario wants, "error EIO applied
// later".
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/lab_spec.h"
#include "harness/scenario/mount_spec.h"

namespace holdfast::harness {

/// Of an error: which, and whether the request was carried out all the same: "EIO applied later".
std::string error_sort(const std::string& error, MountFault::Applied applied);
/// Of a lost reply: no outage lost it.
inline constexpr const char* kByItself = "by itself";
/// Of a lost reply: by an outage of this kind.
std::string lost_by(MountFault::Kind outage);

/// Of a fault as the scenario gives it. What came of it can be of another sort: an error is "not
/// applied" if what it hit failed, too, or had nothing to change.
std::vector<std::string> sorts_of(const MountFault& fault);
std::vector<std::string> sorts_of(const LabFault& fault);

}  // namespace holdfast::harness
