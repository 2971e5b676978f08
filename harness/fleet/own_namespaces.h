// A logical host of its own: host name, process table, network and shared memory that no other
// host's processes see. Its first process is pid 1, and its pids are those of other hosts again.
//
// Fault model: whoever of the two processes dies first, all of the host dies with it. The kernel
// sees to that: the end of a pid 1 ends its namespace, and pid 1 asks for a signal at the death of
// the process outside that stands for it.
#pragma once

#include <optional>
#include <string>

#include "harness/result/result.h"

namespace holdfast::harness {

/// Goes on in a child that is pid 1 of a host named `name`. Only for a process with one thread.
///
/// Returns: in the child nothing; in the parent, which has closed its standard input and output,
///          the child's exit status when that has ended (128 + signal where one ended it).
/// Errors:  which step the kernel refused, in the process that called; there is no child then.
Result<std::optional<int>> enter_own_namespaces(const std::string& name);

/// Why that does not work on this machine; nothing: it does. Tries it in a child.
std::optional<std::string> why_no_own_namespaces();

}  // namespace holdfast::harness
