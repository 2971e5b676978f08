#include "harness/commands/run_lab.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/lab/layout.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::seconds;

constexpr seconds kBoot{120};
constexpr seconds kAnswer{20};
/// A client that still waits for its server is not to hold the run up for ever.
constexpr seconds kCopy{60};

Result<std::string> read(const lab::Lab& lab, const std::string& guest, const std::string& file) {
  const auto answer = lab.ask(guest, {{"do", "read"}, {"file", file}}, kAnswer);
  if (!answer) return tl::unexpected(answer.error());
  std::string text = answer->value("text", "");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

RunLab::RunLab(std::unique_ptr<lab::Lab> lab, const Scenario& scenario, std::string run,
               std::string program)
    : lab_(std::move(lab)),
      hosts_(scenario.lab->hosts),
      run_(std::move(run)),
      launcher_(*lab_, std::move(program), run_ + "/logs"),
      nemesis_(doors(), {*scenario.lab, *scenario.seed, run_, scenario.until.duration}) {}

Result<std::unique_ptr<RunLab>> RunLab::start(const Scenario& scenario, const std::string& run,
                                              const std::function<bool()>& go_on) {
  std::error_code error;
  const std::string program = fs::read_symlink("/proc/self/exe", error);
  if (error) return problem("/proc/self/exe", "read it", error);
  const std::string shared = fs::canonical(run, error);
  if (error) return problem(run, "find this folder", error);
  lab::LabSetup setup;
  setup.name = "run-" + std::to_string(::getpid());
  setup.shared = shared;
  setup.spec = *scenario.lab;
  lab::remove_stale(setup.name);
  auto up = lab::Lab::start(setup);
  if (!up) return tl::unexpected(up.error());
  const auto guests = (*up)->guests();
  if (!guests) return tl::unexpected(guests.error());
  for (const std::string& guest : *guests) {
    if (auto ready = (*up)->wait_for(guest, kBoot, go_on); !ready) {
      return tl::unexpected(ready.error());
    }
  }
  const std::string locks = std::string(lab::kMountPoint) + "/locks";
  const auto made =
      (*up)->ask(setup.spec.hosts.front(),
                 {{"do", "run"}, {"words", {"mkdir", "-p", "-m", "777", locks}}}, kAnswer);
  if (!made) return tl::unexpected(made.error());
  // An asynchronous export is not to forget this, too.
  const auto synced = (*up)->ask(lab::kServer, {{"do", "run"}, {"words", {"sync"}}}, kAnswer);
  if (!synced) return tl::unexpected(synced.error());
  return std::unique_ptr<RunLab>(new RunLab(std::move(*up), scenario, shared, program));
}

Result<std::vector<Machine>> RunLab::machines() const {
  std::vector<Machine> all;
  for (const std::string& host : hosts_) {
    Machine machine;
    machine.hosts = {host};
    machine.directory = std::string(lab::kMountPoint) + "/locks";
    const auto kernel = read(*lab_, host, "/proc/version");
    const auto boot = read(*lab_, host, "/proc/sys/kernel/random/boot_id");
    const auto mounts = read(*lab_, host, "/proc/self/mountinfo");
    if (!kernel) return tl::unexpected(kernel.error());
    machine.kernel = *kernel;
    machine.cpu = "User-Mode Linux";
    machine.cpus = 1;
    machine.boot_id = boot ? *boot : "";
    if (mounts) {
      const auto parsed = parse_mounts(*mounts + "\n");
      const Mount* const found = parsed ? find_mount(*parsed, machine.directory) : nullptr;
      if (found != nullptr) machine.mount = *found;
      if (!parsed) machine.problems.push_back(parsed.error().text());
    }
    all.push_back(std::move(machine));
  }
  return all;
}

lab::NfsCounts RunLab::counts(const std::string& host) const {
  const auto text = read(*lab_, host, "/proc/self/mountstats");
  return text ? lab::nfs_counts(*text, lab::kMountPoint) : lab::NfsCounts{};
}

lab::NemesisDoors RunLab::doors() {
  lab::NemesisDoors all = lab::doors_of(*lab_, launcher_);
  // What its kernel has counted goes with it.
  all.host_goes_down = [this, told = all.host_goes_down](const std::string& host) {
    note_asked(host);
    told(host);
  };
  return all;
}

void RunLab::note_asked(const std::string& host) {
  const lab::NfsCounts now = counts(host);
  const std::scoped_lock guard(mutex_);
  for (const auto& [name, count] : lab::since(before_[host], now)) asked_[name] += count.asked;
  before_[host].clear();
}

void RunLab::begin() {
  for (const std::string& host : hosts_) before_[host] = counts(host);
  nemesis_.begin();
}

Result<std::string> RunLab::finish() {
  nemesis_.stop();
  nemesis_.finish();
  for (const std::string& host : hosts_) {
    note_asked(host);
    // What its programs have mapped of their records.
    const auto synced = lab_->ask(host, {{"do", "run"}, {"words", {"sync"}}}, kCopy);
    if (!synced) return tl::unexpected(synced.error());
  }
  const std::string left = run_ + "/left";
  const auto copied = lab_->ask(
      lab::kServer, {{"do", "run"}, {"words", {"cp", "-a", "/srv/disk/data", left}}}, kCopy);
  if (!copied) return tl::unexpected(copied.error());
  return left;
}

std::vector<NfsOperation> RunLab::operations() const {
  std::vector<NfsOperation> all;
  for (const auto& [name, count] : asked_) all.push_back({name, count});
  return all;
}

}  // namespace holdfast::harness
