#include "harness/commands/exported_scenario.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "harness/commands/exported_parts.h"
#include "harness/commands/exported_settings.h"
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

/// A delay of a microsecond stands for "while others do something".
constexpr Duration kLeastDelay = std::chrono::milliseconds(100);
constexpr Duration kLeastEvery = std::chrono::seconds(1);

Duration length_of(const Choice& choice) { return std::max(kLeastDelay, choice.fate.delay); }

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
    const auto contender = exported_contender(setting_, replay_);
    if (!contender) return tl::unexpected(contender.error());
    sim::Replaying decisions(failure_.choices);
    stage_.look_for(sim::like(failure_.mistake));
    stage_.run(setting_, decisions, &spots_);
    for (const Choice& choice : failure_.choices) add_choice(choice);
    for (const sim::Incident& incident : setting_.incidents) add_incident(incident);
    for (Json& fault : exported_clocks(setting_)) faults_.push_back(std::move(fault));
    for (Json& fault : exported_server_clock(setting_)) mount_faults_.push_back(std::move(fault));
    for (std::string& lost : lost_of_setting(failure_)) notes_.push_back(std::move(lost));
    if (is_program(setting_)) {
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
    const std::string host = exported_host(setting_.processes[choice.actor].host);
    const std::string what = std::string(mount_operation(choice.call)) + " of " + host + " at " +
                             print_duration(spot->at);
    switch (choice.fate.mishap) {
      case Mishap::pause:
        faults_.push_back({{"fault", "pause"},
                           {"target", "any"},
                           {"every", print_duration(4 * length_of(choice))},
                           {"for", print_duration(length_of(choice))}});
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
      case Mishap::lost_reply:
        // Where the server knows what it has answered, nothing but the time can be seen of it.
        return add_request(choice, *spot, may_be_done_again(setting_) ? "lost_reply" : "delay");
      case Mishap::duplicate:
        if (may_be_done_again(setting_)) return add_request(choice, *spot, "duplicate");
        notes_.push_back("the repeated " + what + ": the server knows it, and leaves it at that");
        return;
      case Mishap::failed: return add_error(choice, *spot, "EIO", "no");
      case Mishap::failed_applied: return add_error(choice, *spot, "EIO", "yes");
      case Mishap::failed_late: return add_error(choice, *spot, "EIO", "later");
      case Mishap::stale: return add_error(choice, *spot, "ESTALE", "no");
      case Mishap::refused: return add_error(choice, *spot, "EDQUOT", "no");
      case Mishap::late_reply: add_late_reply(choice, host, what); return;
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
    request(choice, spot, fault)["for"] = print_duration(length_of(choice));
  }

  /// It is carried out, and others can see it already.
  void add_late_reply(const Choice& choice, const std::string& host, const std::string& what) {
    const Duration length = length_of(choice);
    mount_faults_.push_back({{"fault", "partition"},
                             {"host", host},
                             {"direction", "replies"},
                             {"every", print_duration(std::max(kLeastEvery, 4 * length))},
                             {"for", print_duration(length)}});
    notes_.push_back("that the reply to the " + what +
                     " alone is late: here all replies to its host are, now and then");
  }

  void add_error(const Choice& choice, const Spots::Spot& spot, const char* error,
                 const char* applied) {
    Json& fault = request(choice, spot, "error");
    fault["error"] = error;
    fault["applied"] = applied;
    if (std::string(applied) == "later") fault["for"] = print_duration(length_of(choice));
  }

  void add_crash(const Choice& choice, const std::string& what) {
    if (setting_.contender == "flufl_exact") {
      faults_.push_back({{"fault", "kill"}, {"target", "any"}, {"every", "1s"}, {"jitter", 0.5}});
      notes_.push_back("that the process ends at its " + what +
                       ": a program is killed at any time");
      return;
    }
    // A process is killed at no request for the file system's own state.
    const bool named = choice.call != Call::file_system;
    faults_.push_back({{"fault", "kill"},
                       {"operation", named ? mount_operation(choice.call) : "any"},
                       {"when", choice.fate.mishap == Mishap::crash_before ? "before" : "after"},
                       {"within", 20}});
    if (!named) notes_.push_back("that the process ends at its " + what + ": it does anywhere");
  }

  /// By the server, at most.
  std::uint64_t forgotten(const sim::Incident& incident) const {
    const std::uint64_t most = setting_.server.volatile_changes;
    return std::min(most, static_cast<std::uint64_t>(incident.amount));
  }

  void add_incident(const sim::Incident& incident) {
    using Kind = sim::Incident::Kind;
    const std::string host = exported_host(incident.host);
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
                                 {"forget", forgotten(incident)}});
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

  std::string text(const Json& contender) const {
    Json mount = exported_mount(setting_);
    mount["faults"] = mount_faults_;
    std::string about = "Exported from " + replay_ + ": " + failure_.mistake.sentence + ".";
    for (const std::string& note : notes_) about += " Not expressed: " + note + ".";
    const Json all = {{"version", 1},
                      {"about", about},
                      {"contender", contender},
                      {"hosts", exported_hosts(setting_)},
                      {"work", exported_work(setting_)},
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
};

}  // namespace

Result<ExportedScenario> export_scenario(const sim::Failure& failure, const std::string& replay) {
  return Export(failure, replay).run();
}

}  // namespace holdfast::harness
