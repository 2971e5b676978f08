// What the emulated mount did, as the fault log says it.
#pragma once

#include "harness/history/history.h"
#include "harness/sharedmount/hit.h"

namespace holdfast::harness {

/// A hit that was logged at `now_ns` of the recorder's clock; `host` is its index, or kNobody for
/// the server.
Fault to_fault(const mount::Hit& hit, std::uint32_t host, std::int64_t now_ns);

/// Appends each hit to FOLDER/faults.jsonl. `hosts`: their names, in the order of the run.
/// `first_id`: each hit gets an id of its own from there on, as the faults of a run have; 0: the
/// number of its fault.
mount::HitLog log_into(const std::string& folder, std::vector<std::string> hosts,
                       std::uint32_t first_id = 0);

}  // namespace holdfast::harness
