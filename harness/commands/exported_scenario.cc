#include "harness/commands/exported_scenario.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "harness/scenario/duration.h"
#include "harness/scenario/scenario.h"
#include "harness/sim/process.h"
#include "harness/sim/replay_file.h"
#include "harness/sim/schedule.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;
using sim::Call;
using sim::Choice;
using sim::Mishap;

/// As the emulated mount calls it.
const char* mount_operation(Call call) {
  switch (call) {
    case Call::rename: return "rename";
    case Call::link: return "link";
    case Call::unlink: return "unlink";
    case Call::make_directory: return "mkdir";
    case Call::remove_directory: return "rmdir";
    case Call::create: return "open_create";
    case Call::list: return "list";
    case Call::read: return "open_read";
    case Call::status: return "stat";
    case Call::touch:
    case Call::set_modified: return "utime";
    case Call::sync: return "sync";
    case Call::file_system: return "statfs";
  }
  return "";
}

/// Where each mishap befell: at what time, and at what path.
class Spots final : public sim::Observer {
 public:
  struct Spot {
    Duration at{};
    std::string path;
  };

  explicit Spots(sim::Stage& stage) : stage_(stage) {}
  void begins(const sim::Process& process, const sim::Operation& operation) override {
    const auto kind = static_cast<std::size_t>(operation.call);
    spots_[{process.index, operation.call, process.calls[kind]}] = {stage_.world().now(),
                                                                    std::string(operation.path)};
  }
  std::optional<Spot> find(const Choice& choice) const {
    const auto found = spots_.find({choice.actor, choice.call, choice.number});
    if (found == spots_.end()) return std::nullopt;
    return found->second;
  }

 private:
  sim::Stage& stage_;
  std::map<std::tuple<std::size_t, Call, std::uint32_t>, Spot> spots_;
};

std::string host_of(std::size_t host) { return "h" + std::to_string(host + 1); }

/// The lock's own file is called otherwise on each run; what is beside it begins with its name.
std::string pattern_of(const std::string& path) {
  const std::string lock = sim::kLock;
  if (path == lock) return "lock1";
  if (path.starts_with(lock + "/")) return "lock1/*";
  return path.starts_with(lock) ? "lock1?*" : "*";
}

class Export {
 public:
  Export(const sim::Failure& failure, const std::string& replay)
      : failure_(failure), setting_(failure.setting), replay_(replay), spots_(stage_) {}

  Result<ExportedScenario> run() {
    const auto contender = contender_json();
    if (!contender) return tl::unexpected(contender.error());
    sim::Replaying decisions(failure_.choices);
    stage_.look_for({failure_.mistake.checker});
    stage_.run(setting_, decisions, &spots_);
    for (const Choice& choice : failure_.choices) add_choice(choice);
    for (const sim::Incident& incident : setting_.incidents) add_incident(incident);
    for (std::size_t host = 0; host < setting_.hosts.size(); ++host) add_clock(host);
    if (!setting_.mount.close_to_open) {
      notes_.push_back("that hosts believe listings without asking, as with nocto");
    }
    if (setting_.contender == "flufl_exact") {
      notes_.push_back("where the program is: its path is right in a folder of scenarios/");
    }
    if (turns_ > 0) {
      notes_.push_back(std::to_string(turns_) +
                       " choices of whose turn it is: the run must come to them by itself");
    }
    if (faults_.empty() && mount_faults_.empty()) {
      return problem(replay_, "a scenario can bring about nothing of what goes wrong here" +
                                  (notes_.empty() ? "" : ": " + notes_.front()));
    }
    ExportedScenario exported{text(*contender), std::move(notes_)};
    const auto read = parse_scenario(exported.text, "the exported scenario", {});
    if (!read) return tl::unexpected(read.error());
    return exported;
  }

 private:
  Result<Json> contender_json() const {
    const std::string lifetime = print_duration(setting_.options.lifetime);
    if (setting_.contender == "baton" || setting_.contender == "link") {
      const bool link = setting_.contender == "link";
      Json options = {{"max_poll", print_duration(setting_.options.max_poll)}};
      options[link ? "slop" : "margin"] =
          print_duration(link ? setting_.options.slop : setting_.options.margin);
      return Json{{"lock", setting_.contender}, {"lifetime", lifetime}, {"options", options}};
    }
    if (setting_.contender == "flufl_exact") {
      return Json{
          {"program", {"/usr/bin/python3", "../../harness/contender/adapters/flufl_lock.py"}},
          {"name", "flufl.lock"},
          {"lifetime", lifetime}};
    }
    return problem(replay_, "'" + setting_.contender +
                                "' exists in the simulated world only; what can be exported are "
                                "replays of baton, link, and flufl_exact (as flufl.lock)");
  }

  void add_choice(const Choice& choice) {
    if (choice.what == Choice::What::turn) {
      ++turns_;
      return;
    }
    const auto spot = spots_.find(choice);
    if (!spot) {
      notes_.push_back(std::string("a ") + word(choice.fate.mishap) + " whose moment never came");
      return;
    }
    const std::string host = host_of(setting_.processes[choice.actor].host);
    const std::string what = std::string(mount_operation(choice.call)) + " of " + host + " at " +
                             print_duration(spot->at);
    switch (choice.fate.mishap) {
      case Mishap::pause:
        faults_.push_back({{"fault", "pause"},
                           {"target", "any"},
                           {"every", print_duration(4 * choice.fate.delay)},
                           {"for", print_duration(choice.fate.delay)}});
        notes_.push_back("the pause before the " + what + " comes at any time, to anybody");
        return;
      case Mishap::crash_before:
      case Mishap::crash_after: add_crash(choice, what); return;
      case Mishap::crash_late:
        add_request(choice, *spot, "delay");
        add_crash(choice, what);
        notes_.push_back("that the " + what +
                         " arrives after its process has ended: kill and delay come apart");
        return;
      case Mishap::late_request: return add_request(choice, *spot, "delay");
      case Mishap::lost_reply: return add_request(choice, *spot, "lost_reply");
      case Mishap::duplicate: return add_request(choice, *spot, "duplicate");
      case Mishap::failed: return add_error(choice, *spot, "EIO", "no");
      case Mishap::failed_applied: return add_error(choice, *spot, "EIO", "yes");
      case Mishap::failed_late: return add_error(choice, *spot, "EIO", "later");
      case Mishap::stale: return add_error(choice, *spot, "ESTALE", "no");
      case Mishap::refused: return add_error(choice, *spot, "EDQUOT", "no");
      case Mishap::late_reply:
        notes_.push_back("the late reply to the " + what + ": the mount answers at once");
        return;
      case Mishap::silly:
        notes_.push_back("the silly rename of the " + what + ": nobody here keeps files open");
        return;
      case Mishap::none: return;
    }
  }

  /// One request of many: what needs the right moment gets many chances.
  Json& request(const Choice& choice, const Spots::Spot& spot, const char* fault) {
    mount_faults_.push_back({{"fault", fault},
                             {"operation", mount_operation(choice.call)},
                             {"path", pattern_of(spot.path)},
                             {"probability", 0.3}});
    return mount_faults_.back();
  }

  void add_request(const Choice& choice, const Spots::Spot& spot, const char* fault) {
    // A delay of a microsecond stands for "while others do something".
    const Duration least = std::chrono::milliseconds(100);
    request(choice, spot, fault)["for"] = print_duration(std::max(least, choice.fate.delay));
  }

  void add_error(const Choice& choice, const Spots::Spot& spot, const char* error,
                 const char* applied) {
    Json& fault = request(choice, spot, "error");
    fault["error"] = error;
    fault["applied"] = applied;
    if (std::string(applied) == "later") fault["for"] = print_duration(choice.fate.delay);
  }

  void add_crash(const Choice& choice, const std::string& what) {
    if (setting_.contender == "flufl_exact") {
      faults_.push_back({{"fault", "kill"}, {"target", "any"}, {"every", "1s"}, {"jitter", 0.5}});
      notes_.push_back("that the process ends at its " + what +
                       ": a program is killed at any time");
      return;
    }
    faults_.push_back({{"fault", "kill"},
                       {"operation", mount_operation(choice.call)},
                       {"when", choice.fate.mishap == Mishap::crash_before ? "before" : "after"},
                       {"within", 20}});
  }

  void add_incident(const sim::Incident& incident) {
    using Kind = sim::Incident::Kind;
    const std::string host = host_of(incident.host);
    const std::string at = print_duration(incident.at), length = print_duration(incident.length);
    switch (incident.kind) {
      case Kind::partition:
        mount_faults_.push_back(
            {{"fault", "partition"}, {"host", host}, {"at", at}, {"for", length}});
        return;
      case Kind::server_crash:
        mount_faults_.push_back({{"fault", "server_crash"},
                                 {"at", at},
                                 {"for", length},
                                 {"forget", std::abs(incident.amount)}});
        forgets_ = forgets_ || incident.amount != 0;
        return;
      case Kind::suspend:
        notes_.push_back("that CLOCK_MONOTONIC_RAW of " + host +
                         " stands still: it is paused only");
        [[fallthrough]];
      case Kind::pause:
        faults_.push_back({{"fault", "pause"}, {"target", host}, {"at", at}, {"for", length}});
        return;
      case Kind::clock_step:
        faults_.push_back({{"fault", "clock"},
                           {"target", host},
                           {"at", at},
                           {"step", print_duration(Duration(incident.amount))}});
        return;
      case Kind::host_crash:
        faults_.push_back({{"fault", "kill"}, {"target", host}, {"at", at}});
        return;
    }
  }

  void add_clock(std::size_t host) {
    const sim::HostClock& clock = setting_.hosts[host].clock;
    if (clock == sim::HostClock{}) return;
    Json fault = {{"fault", "clock"}, {"target", host_of(host)}};
    if (clock.wall_offset != Duration::zero() || clock.rate_ppm == 0) {
      fault["offset"] = print_duration(clock.wall_offset);
    }
    if (clock.rate_ppm != 0) fault["rate"] = 1 + static_cast<double>(clock.rate_ppm) / 1e6;
    faults_.push_back(fault);
  }

  std::string text(const Json& contender) const {
    Json hosts = Json::array();
    for (std::size_t host = 0; host < setting_.hosts.size(); ++host) {
      const auto workers =
          std::count_if(setting_.processes.begin(), setting_.processes.end(),
                        [&](const sim::ProcessSetting& one) { return one.host == host; });
      hosts.push_back({{"name", host_of(host)},
                       {"workers", std::max<std::ptrdiff_t>(2, workers)},
                       {"machine", "separate"}});
    }
    const std::string emulate = forgets_                   ? "nfs-async"
                                : setting_.mount.version_3 ? "nfs3-default"
                                                           : "nfs4.2-default";
    Json mount = {{"emulate", emulate}, {"faults", mount_faults_}};
    if (!setting_.mount.hard) mount["soft"] = "1s";
    std::string about = "Exported from " + replay_ + ": " + failure_.mistake.sentence + ".";
    for (const std::string& note : notes_) about += " Not expressed: " + note + ".";
    const Json all = {
        {"version", 1},
        {"about", about},
        {"contender", contender},
        {"hosts", hosts},
        {"work",
         {{"hold", {{"uniform", {"50ms", "200ms"}}}}, {"think", {{"uniform", {"0ms", "100ms"}}}}}},
        {"until", {{"duration", "20s"}}},
        {"faults", faults_},
        {"mount", mount},
        {"expect", {{"verdict", "violated"}}}};
    return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }

  const sim::Failure& failure_;
  const sim::Setting& setting_;
  const std::string& replay_;
  sim::Stage stage_;
  Spots spots_;
  Json faults_ = Json::array();
  Json mount_faults_ = Json::array();
  std::vector<std::string> notes_;
  int turns_ = 0;
  bool forgets_ = false;
};

}  // namespace

Result<ExportedScenario> export_scenario(const sim::Failure& failure, const std::string& replay) {
  return Export(failure, replay).run();
}

}  // namespace holdfast::harness
