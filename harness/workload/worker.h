// One worker: takes its lock, holds it, gives it back, again and again, and records all of it.
//
// It works with one lock, number slot % locks. A contender program is its child: it dies with it,
// and it is in its process group. So whoever makes each worker the leader of a process group of its
// own can stop, continue and kill both with one signal to the group, and has hit the program at the
// same instant as the worker.
#pragma once

#include <holdfast/os/os.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "harness/result/result.h"
#include "harness/workload/plan.h"

namespace holdfast::harness {

enum class WorkerEnd {
  in_order,         ///< it was asked to, gave back what it held, and recorded that it is done
  contender_ended,  ///< its contender program ended or broke the protocol: replace it by a new one
};

/// Ordered mode: tells the controller where this worker is, and waits for its answer: when it heard
/// of that, by its own recorder's clock. None: there is nobody any more who would answer.
using Notify = std::function<std::optional<std::int64_t>()>;

/// Works until `stop` is requested. `system` is the real one: this host's injected clock, its
/// identity, recording and crash points are put around it here, as the plan says.
///
/// `prepared` is called once, when the history file is there and the contender has answered, and
/// before anything is done to a lock: it comes back when all workers may start (or end). `notify`
/// is for plans in ordered mode.
///
/// Errors:  no history file could be made, the disk filled up, the contender is unknown or does not
///          start, the protected resource is damaged.
/// Threads: the calling thread must outlive the process's use of it: a contender program dies with
///          the thread that started it. Call it from main.
Result<WorkerEnd> run_worker(const WorkerPlan& plan, const os::System& system,
                             const std::stop_token& stop, const std::function<void()>& prepared,
                             const Notify& notify);

}  // namespace holdfast::harness
