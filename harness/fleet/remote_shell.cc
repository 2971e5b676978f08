#include "harness/fleet/remote_shell.h"

#include <sys/utsname.h>

#include <charconv>
#include <fstream>
#include <utility>

#include "harness/fleet/first_words.h"

namespace holdfast::harness {
namespace {

std::uint64_t fnv1a(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return hash;
}

std::string hexadecimal(std::uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return {digits, end};
}

/// What runs on the host, in any shell of the POSIX kind: says "have", and becomes the agent; or
/// says "want" and takes the agent's bytes first. Only a copy that is whole gets its name.
std::string remote_script(const std::string& agent_name, std::size_t size,
                          const std::string& system) {
  const std::string bytes = std::to_string(size);
  return "s=$(uname -sm); [ \"$s\" = '" + system +
         "' ] || { echo \"foreign $s\"; exit 1; }\n"
         "d=${XDG_CACHE_HOME:-$HOME/.cache}/holdfast; a=$d/" +
         agent_name +
         "\n"
         "if [ ! -x \"$a\" ]; then\n"
         "  mkdir -p \"$d\" && chmod 700 \"$d\" && t=$(mktemp \"$a.XXXXXX\") || exit 1\n"
         "  trap 'rm -f \"$t\"' EXIT\n"
         "  echo want\n"
         "  head -c " +
         bytes +
         " >\"$t\"\n"
         "  [ \"$(wc -c <\"$t\")\" -eq " +
         bytes +
         " ] && chmod 700 \"$t\" && mv \"$t\" \"$a\" || exit 1\n"
         "  trap - EXIT\n"
         "fi\n"
         "echo have\n"
         "exec \"$a\" agent\n";
}

}  // namespace

Result<AgentProgram> AgentProgram::read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty()) {
    return problem(path,
                   "the agent for other hosts cannot be read: build it with "
                   "`./holdfast help`, or install it beside this program");
  }
  struct utsname here {};
  ::uname(&here);
  AgentProgram agent;
  agent.script_ = remote_script("agent-" + hexadecimal(fnv1a(bytes)), bytes.size(),
                                std::string(here.sysname) + " " + here.machine);
  agent.bytes_ = std::make_shared<const std::string>(std::move(bytes));
  return agent;
}

pid_t start_agent(boost::asio::io_context& context, const SpawnOptions& client,
                  const AgentProgram& agent, const std::string& host,
                  Launcher::Connected connected) {
  const auto process = spawn(client);
  if (!process) {
    connected(tl::unexpected(process.error()));
    return 0;
  }
  const pid_t pid = process->pid;
  FirstWords::read(context, *process, agent.bytes(),
                   [pid, host, errors = client.errors,
                    connected = std::move(connected)](const FirstWords::Outcome& outcome) {
                     if (outcome.have) {
                       return connected(AgentStreams{outcome.input, outcome.output, pid});
                     }
                     std::string said = outcome.said.empty() ? last_words(errors) : outcome.said;
                     if (said.empty()) said = "nothing was said; see " + errors;
                     connected(problem(host, "the agent could not be started: " + said));
                   });
  return pid;
}

HostPlaces places_elsewhere(const HostSeat& host, const Places& run, const std::string& run_name) {
  const std::string own = "/tmp/holdfast-" + run_name + "-" + host.name;
  return {run.locks, own + "/history", own + "/logs", own + "/scratch", own, true};
}

std::string last_words(const std::string& log) {
  std::ifstream in(log);
  std::string line;
  std::string last;
  while (std::getline(in, line)) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace holdfast::harness
