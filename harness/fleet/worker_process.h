// A worker's side of its process: its plan comes on standard input, its word goes to standard
// output. A line, the end of its input, or SIGTERM, asks it to end in order.
#pragma once

#include <functional>
#include <stop_token>

#include "harness/result/result.h"
#include "harness/workload/plan.h"
#include "harness/workload/worker.h"

namespace holdfast::harness {

/// What a worker does, once it has its plan: run_worker with the real operating system.
using WorkerBody =
    std::function<Result<WorkerEnd>(const WorkerPlan& plan, const std::stop_token& stop,
                                    const std::function<void()>& prepared, const Notify& notify)>;

/// Serves the agent until the body comes back. Returns the exit status of the process.
int serve_as_worker(const WorkerBody& body);

}  // namespace holdfast::harness
