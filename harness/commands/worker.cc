#include "harness/workload/worker.h"

#include <holdfast/os/os.h>

#include <nlohmann/json.hpp>

#include "harness/commands/commands.h"
#include "harness/fleet/worker_process.h"
#include "harness/sharedmount/control.h"

namespace holdfast::harness {
namespace {

/// Asks the mount to kill this worker, and the program that it will start, at the plan's operation.
/// A built-in lock works in this very process; of one with a program, what the worker itself does
/// with the protected resource is not the lock's doing.
Result<void> ask_for_crash(const WorkerPlan& plan) {
  if (plan.crash_at == 0 || plan.crash_control.empty()) return {};
  nlohmann::json operations = nlohmann::json::array();
  if (plan.crash_operation != "any") operations.push_back(plan.crash_operation);
  const nlohmann::json crash = {{"operations", operations},
                                {"at", plan.crash_at},
                                {"before", plan.crash_before},
                                {"leader_too", plan.contender.program.empty()},
                                {"mark", plan.crash_mark}};
  const auto answer = mount::say(plan.crash_control, nlohmann::json{{"crash", crash}}.dump());
  if (!answer) return tl::unexpected(answer.error());
  if (*answer != R"({"armed":true})") return problem("the emulated mount", *answer);
  return {};
}

}  // namespace

int worker_command(const Arguments&) {
  return serve_as_worker([](const WorkerPlan& plan, const std::stop_token& stop,
                            const std::function<void()>& prepared,
                            const Notify& notify) -> Result<WorkerEnd> {
    if (const auto asked = ask_for_crash(plan); !asked) return tl::unexpected(asked.error());
    return run_worker(plan, os::native(), stop, prepared, notify);
  });
}

}  // namespace holdfast::harness
