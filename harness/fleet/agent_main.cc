// holdfast-agent: the agent and the workers of a host, as one static program that needs nothing
// there but a kernel.
#include <holdfast/os/os.h>
#include <holdfast/os/posix.h>

#include <iostream>
#include <string>

#include "harness/fleet/agent.h"
#include "harness/fleet/worker_process.h"
#include "harness/workload/worker.h"

namespace holdfast::os::posix {

// In the place of the library's, which asks the host's resolver: that is loaded at run time, and a
// static program has nothing to load it with. The controller says what a host is called.
std::string full_name_of(const std::string& short_name) { return short_name; }

}  // namespace holdfast::os::posix

int main(int argc, char** argv) {
  namespace harness = holdfast::harness;
  const std::string role = argc > 1 ? argv[1] : "";
  if (role == "agent") {
    return harness::serve_as_agent(holdfast::os::native(), {argv + 2, argv + argc});
  }
  if (role == "worker") {
    return harness::serve_as_worker(
        [](const auto& plan, const auto& stop, const auto& prepared, const auto& notify) {
          return harness::run_worker(plan, holdfast::os::native(), stop, prepared, notify);
        });
  }
  std::cerr << "holdfast-agent: is started by `holdfast run --hosts ...`, on other hosts; or as\n"
               "`holdfast-agent agent --call` by what `holdfast run --start` runs\n";
  return 3;
}
