// The kernel's own locks on a file: flock, fcntl and open file description locks.
//
// They end with the process that holds them, so nothing has to be broken, and they know no lease.
// They are tried, not waited for: a thread that blocks in the kernel cannot be told to stop.
#pragma once

#include <memory>

#include "harness/contender/factory.h"

namespace holdfast::harness {

/// `kind`: "flock", "fcntl", "ofd".
Result<std::unique_ptr<Contender>> make_kernel_lock(const std::string& kind,
                                                    const Station& station);

}  // namespace holdfast::harness
