// How many system calls something makes, as the kernel counts them.
#pragma once

#include <functional>
#include <optional>

namespace holdfast::bench {

/// How many system calls `once` makes on average, counted with ptrace(2) in a forked child that has
/// done it once before. Nullopt where tracing is not allowed, or `once` fails.
std::optional<double> system_calls_of(const std::function<bool()>& once);

}  // namespace holdfast::bench
