#include "harness/workload/worker.h"

#include <holdfast/os/os.h>

#include "harness/commands/commands.h"
#include "harness/fleet/worker_process.h"

namespace holdfast::harness {

int worker_command(const Arguments&) {
  return serve_as_worker([](const WorkerPlan& plan, const std::stop_token& stop,
                            const std::function<void()>& prepared) {
    return run_worker(plan, os::native(), stop, prepared);
  });
}

}  // namespace holdfast::harness
