// What the fault log knows of the server: acknowledged changes that were forgotten, and requests
// that may have been carried out once more.
#pragma once

#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// The first moment in this span at which a server is known to have taken back acknowledged
/// changes; nullptr: it is not known to have.
const Fault* server_forgot(const History& history, const Span& span);

/// A request that made a name, or put one in the place of another, and that may have been carried
/// out once more in this span: what it made may be there again.
const Fault* made_again(const History& history, const Span& span);

}  // namespace holdfast::harness
