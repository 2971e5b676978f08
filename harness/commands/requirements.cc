#include "harness/commands/requirements.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "harness/lab/lab.h"
#include "harness/nemesis/clock.h"

namespace holdfast::harness {
namespace {

std::optional<std::string> cannot_open(const std::string& device) {
  const int file = ::open(device.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return device + ": " + std::generic_category().message(errno);
  ::close(file);
  return std::nullopt;
}

std::optional<std::string> lacking(const std::string& need) {
  constexpr std::string_view kProgram = "program:";
  constexpr std::string_view kFile = "file:";
  if (need == "root") {
    if (::geteuid() == 0) return std::nullopt;
    return "requires root, and this user is not: run it with sudo";
  }
  if (need == "fuse" || need == "tun") {
    const auto why = cannot_open(need == "fuse" ? "/dev/fuse" : "/dev/net/tun");
    if (!why) return std::nullopt;
    return "requires " + need + ", which cannot be opened here: " + *why;
  }
  if (need.starts_with(kFile)) {
    const std::string path = need.substr(kFile.size());
    if (::access(path.c_str(), R_OK) == 0) return std::nullopt;
    return "requires the file " + path + ": " + std::generic_category().message(errno);
  }
  const std::string path = need.substr(kProgram.size());
  if (::access(path.c_str(), X_OK) == 0) return std::nullopt;
  return "requires the program " + path + ": " + std::generic_category().message(errno);
}

}  // namespace

std::optional<std::string> what_is_missing(const Scenario& scenario,
                                           const std::string& program_folder) {
  for (const std::string& need : scenario.require) {
    if (auto why = lacking(need)) return why;
  }
  if (scenario.mount) {
    if (const auto why = cannot_open("/dev/fuse")) {
      return "the mount cannot be emulated: " + *why + "; is the kernel's FUSE there?";
    }
  }
  if (scenario.lab) return lab::what_a_lab_lacks();  // its clocks are its kernels'
  const bool bends_clocks =
      std::any_of(scenario.faults.begin(), scenario.faults.end(),
                  [](const FaultSpec& fault) { return fault.kind == FaultSpec::Kind::clock; });
  if (!bends_clocks) return std::nullopt;
  const Availability clock =
      LogicalHostClock::available(!scenario.contender.program.empty(), program_folder);
  if (clock.here) return std::nullopt;
  return "the clock fault cannot be injected: " + clock.why_not;
}

std::optional<std::string> what_is_missing_elsewhere(const Scenario& scenario) {
  if (scenario.mount) {
    return "its emulated mount can only be seen by hosts on this machine: run it without --hosts, "
           "--slurm and --start";
  }
  if (scenario.lab) {
    return "its hosts are the machines of a lab: run it without --hosts, --slurm and --start";
  }
  const bool bends_clocks =
      std::any_of(scenario.faults.begin(), scenario.faults.end(),
                  [](const FaultSpec& fault) { return fault.kind == FaultSpec::Kind::clock; });
  if (bends_clocks && !scenario.contender.program.empty()) {
    return "a program's clock is bent by libfaketime, which is on no other machine: run it without "
           "--hosts, --slurm and --start";
  }
  return std::nullopt;
}

}  // namespace holdfast::harness
