#include "harness/sim/story.h"

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

#include "harness/result/count.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

constexpr std::size_t kColumn = 11;  // of a clock

/// The n-th field of a state's name.
std::string_view field(std::string_view name, int n) {
  while (n-- > 0) {
    const std::size_t comma = name.find(',');
    if (comma == std::string_view::npos) return {};
    name.remove_prefix(comma + 1);
  }
  return name.substr(0, name.find(','));
}

std::string spoken_state(std::string_view name) {
  const std::string generation(field(name, 1));
  if (!name.starts_with("held,")) return "free " + generation;
  return "held " + generation + "." + std::string(field(name, 2)) + " by " +
         std::string(field(name, 6)) + ":" + std::string(field(name, 7)) + " #" +
         std::string(field(name, 10).substr(0, 4));
}

std::string spoken_fate(const Fate& fate) {
  switch (fate.mishap) {
    case Mishap::none: return "";
    case Mishap::pause: return " [after a pause of " + millis(fate.delay) + "]";
    case Mishap::late_request: return " [the request took " + millis(fate.delay) + "]";
    case Mishap::late_reply: return " [applied " + millis(fate.delay) + " ago, the reply was late]";
    case Mishap::lost_reply:
      return " [applied " + millis(fate.delay) + " ago, the reply was lost, and it was sent again]";
    case Mishap::duplicate: return " [a copy arrives in " + millis(fate.delay) + "]";
    case Mishap::failed: return " [and it never arrives]";
    case Mishap::failed_applied: return " [although it was applied]";
    case Mishap::failed_late: return " [and it arrives in " + millis(fate.delay) + "]";
    case Mishap::stale: return " [the handle was stale]";
    case Mishap::refused: return " [refused]";
    case Mishap::silly: return " [held open, it stays as .nfs for " + millis(fate.delay) + "]";
    case Mishap::crash_before: return " [ends before it is sent]";
    case Mishap::crash_after: return " [ends when it is applied]";
    case Mishap::crash_late: return " [ends; it arrives in " + millis(fate.delay) + "]";
  }
  return "";
}

/// How far a host's wall clock is ahead of the true time, as wide as each of its columns.
std::string column(Duration ahead) {
  char text[40];
  std::snprintf(text, sizeof text, "%+11.3f", std::chrono::duration<double>(ahead).count());
  return text;
}

/// The step's line in the text, with the clocks of these hosts; what the lock looks like then, if
/// it has changed.
std::string line_of(const Step& step, const std::vector<std::size_t>& clocks,
                    const std::string* changed) {
  std::string text;
  if (step.as_before > 0) {
    text = "               ... " + std::to_string(step.as_before) +
           (step.as_before == 1 ? " step" : " steps") + " as before\n";
  }
  char time[64];
  std::snprintf(time, sizeof time, "%11.3f", static_cast<double>(step.at.count()) / 1e6);
  text += time;
  for (const std::size_t host : clocks) text += column(step.hosts[host].wall - step.at);
  text += "  ";
  const std::size_t width_of_head = 20 + kColumn * clocks.size() + 2 * step.lanes.size();
  for (const char lane : step.lanes) (text += lane) += ' ';
  const std::size_t width = step.who.size();
  text += ' ' + step.who + std::string(width < 5 ? 5 - width : 1, ' ') + step.words + "\n";
  if (changed == nullptr) return text;
  return text + std::string(width_of_head, ' ') + "=> " + *changed + "\n";
}

/// All that is below a directory, in order of its names.
void look_around(const Server& server, Inode directory, const std::string& path,
                 std::vector<SharedFile>& files) {
  const Node* const here = server.find(directory);
  if (here == nullptr) return;
  std::vector<Entry> entries = here->entries;
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  for (const Entry& entry : entries) {
    const Node* const node = server.find(entry.inode);
    if (node == nullptr) continue;
    files.push_back({path + entry.name, *node});
    files.back().node.entries.clear();
    look_around(server, entry.inode, path + entry.name + "/", files);
  }
}

}  // namespace

std::string spoken(std::string_view path) {
  if (path.starts_with("/share/")) path.remove_prefix(7);
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name.starts_with("held,") || name.starts_with("free,")) return spoken_state(name);
  // The last field of a claim is a long random number.
  const std::size_t bar = path.rfind('|');
  return std::string(bar == std::string_view::npos ? path : path.substr(0, bar + 5));
}

const char* word(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::operation: return "operation";
    case Step::Kind::arrival: return "arrival";
    case Step::Kind::crash: return "crash";
    case Step::Kind::incident: return "incident";
    case Step::Kind::call: return "call";
  }
  return "?";
}

bool SharedFile::operator==(const SharedFile& other) const {
  return path == other.path && node.status.inode == other.node.status.inode &&
         node.version == other.node.version && node.status.links == other.node.status.links &&
         node.contents == other.node.contents;
}

std::string Story::lock_now() {
  const Server& server = stage_.world().server();
  const Node* const lock =
      server.find(server.look_up(server.look_up(Server::kRoot, "share"), "lock"));
  if (lock == nullptr) return "no lock";
  if (lock->status.type != os::FileType::directory) {
    return "a file with " + std::to_string(lock->status.links) +
           " links: " + spoken(lock->contents);
  }
  std::string names;
  for (const Entry& entry : lock->entries) {
    names += (names.empty() ? "" : " + ") + spoken(entry.name);
  }
  return names.empty() ? "nothing" : names;
}

void Story::see(Step& step) {
  World& world = stage_.world();
  step.at = world.now();
  for (std::size_t i = 0; i < world.processes(); ++i) step.lanes += stage_.ledger().lane(i);
  for (std::size_t i = 0; i < world.setting().hosts.size(); ++i) {
    const HostState& host = world.host(i);
    step.hosts.push_back({host.wall(step.at).time_since_epoch(),
                          host.stamp(step.at).raw.time_since_epoch(), host.stands_until > step.at,
                          host.cut_until > step.at});
  }
  ShareState state{lock_now(), {}};
  const Server& server = world.server();
  look_around(server, server.look_up(Server::kRoot, "share"), "", state.files);
  if (states_.empty() || states_.back() != state) states_.push_back(std::move(state));
  step.state = states_.size() - 1;
}

void Story::add(Step step) {
  see(step);
  const std::string& lock = states_.back().lock;
  if (lock != last_lock_) seen_.clear();
  if (!seen_.insert(step.who + step.words).second) {
    ++repeats_;
    return;
  }
  step.as_before = std::exchange(repeats_, 0);
  last_lock_ = lock;
  steps_.push_back(std::move(step));
}

void Story::add(const Process& process, Step::Kind kind, const std::string& words, Mishap mishap) {
  Step step;
  step.kind = kind;
  step.process = process.index;
  step.host = process.host->index;
  step.who = name_of(process);
  step.words = words;
  step.mishap = mishap;
  add(std::move(step));
}

void Story::applied(const Request&, const Process& by) {
  // What comes late is nobody's answer.
  if (stage_.world().runs(by) || lock_now() == last_lock_) return;
  add(by, Step::Kind::arrival, "a request of its arrives");
}

void Story::answered(const Process& process, const Operation& operation, const Fate& fate,
                     int error) {
  std::string words = std::string(word(operation.call)) + " " + spoken(operation.path);
  if (!operation.to.empty()) words += " -> " + spoken(operation.to);
  words += ": ";
  if (error < 0) {
    words += "no answer";
  } else {
    words += error == 0 ? "done" : std::system_category().message(error);
  }
  if (error == 0 && operation.call == Call::list) {
    words += ", shows";
    if (operation.listing->names.empty()) words += " nothing";
    for (const std::string& name : operation.listing->names) words += " [" + spoken(name) + "]";
  }
  add(process, Step::Kind::operation, words + spoken_fate(fate), fate.mishap);
}

void Story::crashed(const Process& process) { add(process, Step::Kind::crash, "ENDS"); }

void Story::happened(const Incident& incident, std::size_t forgotten) {
  const bool server = incident.kind == Incident::Kind::server_crash;
  Step step;
  step.kind = Step::Kind::incident;
  if (!server) step.host = incident.host;
  step.who = server ? "server" : "host " + stage_.world().host(incident.host).setting.name;
  const bool steps = incident.kind == Incident::Kind::clock_step;
  step.words = std::string(word(incident.kind)) + (steps ? " by " : " for ") +
               millis(steps ? Duration(incident.amount) : incident.length);
  if (forgotten > 0) step.words += ", and forgets " + count(forgotten, "change");
  add(std::move(step));
}

void Story::acquires(const Process& process, Duration patience) {
  const bool for_ever = patience == Round::kForEver;
  say(process, "asks for the lock" + (for_ever ? "" : ", with a patience of " + millis(patience)));
}

void Story::granted(const Process& process, const Contender& lock) {
  const std::string token = lock.token() == 0 ? "" : ", token " + std::to_string(lock.token());
  say(process, "is granted the lock" + token + ", lease " + millis(lock.remaining()));
}

void Story::not_granted(const Process& process, std::error_code error) {
  say(process, "is not granted it", error);
}

void Story::refreshes(const Process& process, Duration) { say(process, "renews its lease"); }

void Story::refreshed(const Process& process, const Contender& lock, std::error_code error) {
  if (error) return say(process, "has not renewed it", error);
  say(process, "has renewed it, lease " + millis(lock.remaining()));
}

void Story::releases(const Process& process) { say(process, "gives it back"); }

void Story::released(const Process& process, std::error_code error) {
  say(process, error ? "has not given it back" : "has given it back", error);
}

void Story::say(const Process& process, const std::string& words, std::error_code error) {
  // What a process says of itself is told each time, and what it then does is told anew.
  std::erase_if(seen_, [&](const std::string& one) { return one.starts_with(name_of(process)); });
  add(process, Step::Kind::call, "-- " + words + (error ? ": " + error.message() : ""));
}

/// The hosts that somebody is on and whose wall clocks were not right all the time.
std::vector<std::size_t> Story::wrong_clocks() const {
  const Setting& setting = stage_.world().setting();
  std::vector<std::size_t> wrong;
  for (std::size_t host = 0; host < setting.hosts.size(); ++host) {
    const bool matters = std::any_of(
        setting.processes.begin(), setting.processes.end(),
        [&](const ProcessSetting& one) { return one.host == host && !one.rounds.empty(); });
    const bool is_wrong = std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
      return step.hosts[host].wall != step.at;
    });
    if (matters && is_wrong) wrong.push_back(host);
  }
  return wrong;
}

/// What the columns are.
std::string Story::head(const std::vector<std::size_t>& clocks) const {
  const Setting& setting = stage_.world().setting();
  std::string text = "\n   time, ms";
  for (const std::size_t host : clocks) {
    const std::string& name = setting.hosts[host].name;
    const auto same = [&](const HostSetting& one) { return one.name == name; };
    const bool alone = std::count_if(setting.hosts.begin(), setting.hosts.end(), same) == 1;
    const std::string title =
        name + (alone ? "" : "/" + std::to_string(setting.hosts[host].machine)) + ", s";
    text += std::string(kColumn - std::min(kColumn, title.size()), ' ') + title;
  }
  text += "  the lanes of p1, p2, ...:";
  for (const Lane& lane : lanes())
    text += std::string(" ") + lane.letter + ' ' + lane.meaning + ' ';
  text.back() = '\n';
  if (clocks.empty()) return text;
  return text + "              (s: how far the wall clock of a host is ahead of the true time)\n";
}

void Story::said(const Process& process, const std::string& words) { say(process, words); }

std::string Story::text() const {
  World& world = stage_.world();
  std::string text = "the processes and their hosts\n";
  for (std::size_t i = 0; i < world.processes(); ++i) {
    const HostState& host = *world.process(i).host;
    if (world.process(i).setting->rounds.empty()) continue;
    const HostClock& clock = world.setting().hosts[host.index].clock;
    char line[160];
    std::snprintf(line, sizeof line,
                  "  p%zu on host %s (machine %llu), wall clock %+.3f s, all clocks %+lld ppm\n",
                  i + 1, host.setting.name.c_str(),
                  static_cast<unsigned long long>(host.setting.machine),
                  std::chrono::duration<double>(clock.wall_offset).count(),
                  static_cast<long long>(clock.rate_ppm));
    text += line;
  }
  const std::vector<std::size_t> clocks = wrong_clocks();
  text += head(clocks);
  const std::string* lock = nullptr;
  for (const Step& step : steps_) {
    const std::string& now = states_[step.state].lock;
    const bool changed = lock == nullptr || *lock != now;
    lock = &now;
    text += line_of(step, clocks, changed ? &now : nullptr);
  }
  return text;
}

}  // namespace holdfast::harness::sim
