// A guest's network devices, by the kernel's oldest interface: no program is needed.
#pragma once

#include <string>

#include "harness/result/result.h"

namespace holdfast::harness::lab {

/// Sets the guest's two addresses and takes its devices up.
Result<void> raise_network(const std::string& nfs_address, const std::string& control_address);

}  // namespace holdfast::harness::lab
