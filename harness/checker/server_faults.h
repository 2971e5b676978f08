// What the fault log knows of the server: acknowledged changes that were forgotten, requests that
// may have been carried out once more, and which errors it gave.
#pragma once

#include <string>

#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// The first moment in this span at which a server is known to have taken back acknowledged
/// changes; nullptr: it is not known to have.
const Fault* server_forgot(const History& history, const Span& span);

/// Of an error that a mount gave: which, "ENOSPC"; empty: it is no such fault.
std::string error_given(const Fault& fault);

/// A request that made a name, or put one in the place of another, and that may have been carried
/// out once more in this span: what it made may be there again.
const Fault* made_again(const History& history, const Span& span);

}  // namespace holdfast::harness
