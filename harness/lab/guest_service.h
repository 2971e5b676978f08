// What a guest does for its controller: one request a connection, a line of JSON.
//
//   {"do": "hello"}                                   -> {"ready": true}
//   {"do": "exec", "words": [...], "errors": FILE}    the connection becomes the program's standard
//                                                     input and output; its end ends its input
//   {"do": "shell", "words": [...]}                   the same through a terminal
//   {"do": "run", "words": [...]}                     -> {"text": ...} when it has ended
//   {"do": "read", "file": FILE}                      -> {"text": ...}
//   {"do": "clocks"}                                  -> {"wall_ns", "steady_ns", "raw_ns"}
//   {"do": "set_clock", "step_ns": N, "rate": R}      either or both -> the same
//
// Whoever is in the lab's own network is trusted: nobody else is there.
#pragma once

#include "harness/lab/guest.h"

namespace holdfast::harness::lab {

/// Serves until the guest's end; comes back only with a problem.
Result<void> serve_guest(const GuestConfig& config);

}  // namespace holdfast::harness::lab
