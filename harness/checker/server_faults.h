// What the fault log knows of the server: requests that were carried out although their sender was
// told otherwise, and acknowledged changes that were forgotten.
#pragma once

#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// The first moment in this span at which a server is known to have taken back acknowledged
/// changes; nullptr: it is not known to have.
const Fault* server_forgot(const History& history, const Span& span);

/// Of an error that a mount gave: which, "ENOSPC"; empty: it is no such fault.
std::string error_given(const Fault& fault);

/// A request that took a name away, and that a server is known to have carried out once more in
/// this span, with success: whose name that was nobody can have known.
const Fault* removed_twice(const History& history, const Span& span);

/// The fault by which this file operation was carried out, though what came back was a failure;
/// nullptr: none is known. The log of an emulated mount tells it: which request, from which host,
/// and what became of it.
const Fault* applied_all_the_same(const History& history, const Event& failed);

}  // namespace holdfast::harness
