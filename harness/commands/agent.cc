#include "harness/fleet/agent.h"

#include <holdfast/os/os.h>

#include "harness/commands/commands.h"

namespace holdfast::harness {

int agent_command(const Arguments& arguments) { return serve_as_agent(os::native(), arguments); }

}  // namespace holdfast::harness
