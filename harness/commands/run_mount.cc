#include "harness/commands/run_mount.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>

#include "harness/commands/commands.h"
#include "harness/commands/holders.h"
#include "harness/commands/mount_faults.h"
#include "harness/fleet/spawn.h"
#include "harness/history/recorder.h"
#include "harness/history/store.h"
#include "harness/nemesis/crash_mark.h"
#include "harness/random/random.h"
#include "harness/scenario/fault_sorts.h"
#include "harness/sharedmount/control.h"
#include "harness/sharedmount/guardian.h"
#include "harness/sharedmount/server.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReady = "ready\n";

std::string control_of(const std::string& mounts) { return mounts + "/control"; }

std::vector<std::string> places_of(const Scenario& scenario, const std::string& mounts) {
  std::vector<std::string> places;
  for (const HostSpec& host : scenario.hosts) places.push_back(mounts + "/" + host.name);
  return places;
}

/// Whether the server says that it is ready, within a time that a busy machine needs.
bool gets_ready(int output) {
  std::string said;
  while (said != kReady) {
    pollfd input{output, POLLIN, 0};
    constexpr int kMilliseconds = 20'000;
    char bytes[16];
    if (::poll(&input, 1, kMilliseconds) <= 0) return false;
    const ssize_t size = ::read(output, bytes, sizeof bytes);
    if (size <= 0) return false;
    said.append(bytes, static_cast<std::size_t>(size));
  }
  return true;
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  std::string text(std::istreambuf_iterator<char>(in), {});
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// The point's mark is the file in which the worker's agent looks for it.
void log_crash(const mount::CrashPoint& point, const std::string& what) {
  const auto written = write_crash_mark(point.mark, {recorder_now_ns(), what});
  if (!written) std::cerr << "holdfast mountserver: " << written.error().text() << "\n";
}

/// Of the scenario's own seed, for the server and for the nemesis.
std::uint64_t seed_of(const Scenario& scenario) {
  return derived_seed(scenario.seed.value_or(0), "mount");
}

/// A strike that did not come about is told of in the run's log, as those are that did.
void log_refused(const std::string& run, const MountFault& of, const std::string& why) {
  Fault fault;
  // Of a run's other faults the controller's are counted from 1, and the server's from far above.
  static std::uint32_t next_id = 3'000'000;
  fault.id = next_id++;
  fault.kind = mount_fault_kinds()[static_cast<std::size_t>(of.kind)];
  fault.sorts = sorts_of(of);
  fault.target = of.kind == MountFault::Kind::partition ? of.host : "server";
  fault.host = kNobody;
  fault.start_ns = fault.end_ns = recorder_now_ns();
  fault.why_not = why;
  if (const auto appended = append_fault(run, fault); !appended) {
    std::cerr << "holdfast: a fault is not logged: " << appended.error().text() << "\n";
  }
}

mount::NemesisDoors nemesis_doors(const std::string& run, const std::string& control) {
  mount::NemesisDoors doors;
  doors.say = [control](const std::string& line) { return mount::say(control, line); };
  doors.holders_host = [holders = std::make_shared<Holders>(run + "/history")](Random& random) {
    return holders->host(random);
  };
  doors.refuse = [run](const MountFault& fault, const std::string& why) {
    log_refused(run, fault, why);
  };
  doors.now = [] { return std::chrono::steady_clock::now(); };
  doors.sleep = [](const std::stop_token& stop, std::chrono::nanoseconds length) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock guard(mutex);
    stopped.wait_for(guard, stop, length, [] { return false; });
  };
  return doors;
}

int complain(const Problem& what) {
  std::cerr << what.text() << "\n";
  return kHarnessFailed;
}

}  // namespace

Result<std::unique_ptr<RunMount>> RunMount::start(const Scenario& scenario,
                                                  const RunMountPlaces& places) {
  std::unique_ptr<RunMount> made(new RunMount);
  made->control_ = control_of(places.mounts);
  made->host_places_ = places_of(scenario, places.mounts);
  for (const std::string& place : made->host_places_) {
    std::error_code error;
    fs::create_directories(place, error);
    if (error) return problem(place, "make this directory", error);
  }
  SpawnOptions options;
  options.arguments = {"mountserver", places.run, places.locks, places.mounts};
  options.errors = places.run + "/logs/mount.err";
  options.death_signal = SIGTERM;
  options.own_session = true;
  const auto process = spawn(options);
  if (!process) return tl::unexpected(process.error());
  const Descriptor input(process->input), output(process->output);
  made->server_ = process->pid;
  made->process_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process->pid, 0)));
  made->nemesis_ = std::make_unique<mount::Nemesis>(scenario.mount->faults, seed_of(scenario),
                                                    nemesis_doors(places.run, made->control_));
  if (gets_ready(output.number())) return made;
  const std::string said = contents(options.errors);
  return problem("the emulated mount",
                 said.empty() ? "its server did not get ready; see " + options.errors : said);
}

RunMount::~RunMount() {
  nemesis_.reset();
  if (server_ != 0 && process_) {
    constexpr int kMilliseconds = 10'000;
    ::syscall(SYS_pidfd_send_signal, process_.number(), SIGTERM, nullptr, 0);
    const auto bound = std::chrono::steady_clock::now() + std::chrono::milliseconds(kMilliseconds);
    pollfd ended{process_.number(), POLLIN, 0};
    while (!has_ended() && std::chrono::steady_clock::now() < bound) ::poll(&ended, 1, 10);
    ::syscall(SYS_pidfd_send_signal, process_.number(), SIGKILL, nullptr, 0);
    unmount_all();
    ::poll(&ended, 1, kMilliseconds);
    ::waitpid(server_, nullptr, WNOHANG);
  } else {
    unmount_all();
  }
}

// A child's number stays its own until it is waited for.
bool RunMount::has_ended() const {
  const std::string stat = contents("/proc/" + std::to_string(server_) + "/stat");
  if (stat.empty()) {  // not to be read, which says nothing of the server
    pollfd ended{process_.number(), POLLIN, 0};
    return ::poll(&ended, 1, 0) > 0;
  }
  return stat.compare(stat.rfind(')'), 3, ") Z") == 0;
}

void RunMount::unmount_all() const {
  for (const std::string& place : host_places_) {
    if (!mount::mounted_device(place).empty()) mount::unmount(place);
  }
}

void RunMount::let_go() const {
  if (has_ended()) unmount_all();
}

Result<void> RunMount::check() const {
  if (!has_ended()) return {};
  return problem("the emulated mount",
                 "its server ended before the run did: nothing can be judged; see logs/mount.err "
                 "in the run's folder");
}

Result<void> RunMount::begin() {
  const auto answer = mount::say(control_, R"({"start": true})");
  if (!answer) return tl::unexpected(answer.error());
  if (answer->starts_with(R"({"problem")")) return problem("the emulated mount", *answer);
  nemesis_->begin();
  return {};
}

int mount_server_command(const Arguments& arguments) {
  if (arguments.size() != 3) return kBadUsage;
  const std::string &run = arguments[0], &locks = arguments[1], &mounts = arguments[2];
  const auto scenario = read_scenario(run + "/scenario.json", {});
  if (!scenario) return complain(scenario.error());
  const auto manners = mount::manners_of(*scenario->mount);
  if (!manners) return complain(manners.error());
  // A squashed root is another user, who must be let in.
  if (manners->squash_root && ::chmod(locks.c_str(), 0777) != 0) {
    return complain(problem(locks, "open this directory to everybody",
                            std::error_code(errno, std::generic_category()))
                        .value());
  }
  raise_file_limit();
  mount::ServerOptions options;
  options.directory = locks;
  const std::vector<std::string> places = places_of(*scenario, mounts);
  std::vector<std::string> names;
  for (std::size_t host = 0; host < places.size(); ++host) {
    names.push_back(scenario->hosts[host].name);
    options.hosts.push_back({names.back(), places[host]});
  }
  options.manners = *manners;
  // What lasts a while comes by the control channel, when its time has come.
  std::ranges::copy_if(
      scenario->mount->faults, std::back_inserter(options.faults),
      [](const MountFault& fault) { return !fault.lasts() || fault.from_the_start(); });
  options.seed = seed_of(*scenario);
  options.control = control_of(mounts);
  options.waits = true;
  constexpr std::uint32_t kBehindAllOthers = 1'000'000'001;
  options.log = log_into(run, names, kBehindAllOthers);
  options.crash_log = log_crash;
  const auto server = mount::Server::start(options);
  if (!server) return complain(server.error());
  std::cout << kReady << std::flush;
  (*server)->serve();
  return kDone;
}

}  // namespace holdfast::harness
