// Times in which a call may have stood still since its mount did: for `api_contract`.
//
// A call on a hard mount comes back when the server answers, and nothing that a lock can do ends it
// earlier. So what a caller waited while such a fault was about is not the lock's doing.
#pragma once

#include <vector>

#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// Spans within the attempt, in order and apart, in which nothing is recorded of its worker and
/// that meet a fault of the network or the server which its host felt.
///
/// A fault is felt for as long again as it lasted: a connection doubles its pauses between tries.
/// Whoever goes on recording goes on working, and only the stretch that meets the fault is left
/// out.
std::vector<Span> stalls_of(const Evidence& evidence, const Attempt& attempt);

}  // namespace holdfast::harness
