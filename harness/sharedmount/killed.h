// Whether a program that waits for us has been killed.
//
// It cannot end before it is answered. Like on a hard NFS mount, other signals have to wait.
#pragma once

#include <sys/types.h>

namespace holdfast::harness::mount {

/// SIGKILL is pending for this thread, or it is gone.
bool is_killed(pid_t thread);

}  // namespace holdfast::harness::mount
