// Of a chronicle: what becomes of files, what befalls requests, hosts and the server, and what is
// left in the end.
#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/sim/chronicle.h"
#include "harness/sim/contender.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

constexpr std::string_view kBelow = "/share/";

FileOp file_op(Call call) {
  switch (call) {
    case Call::rename: return FileOp::rename;
    case Call::link: return FileOp::link;
    case Call::unlink: return FileOp::unlink;
    case Call::make_directory: return FileOp::mkdir;
    case Call::remove_directory: return FileOp::rmdir;
    case Call::create: return FileOp::open_create;
    case Call::list: return FileOp::list;
    case Call::read: return FileOp::open_read;
    case Call::status:
    case Call::file_system: return FileOp::stat;
    case Call::touch:
    case Call::set_modified: return FileOp::utime;
    case Call::sync: return FileOp::sync;
  }
  return FileOp::none;
}

/// As faults of an emulated mount are called, where there is one of that kind.
const char* fault_kind(Mishap mishap) {
  switch (mishap) {
    case Mishap::pause: return "pause";
    case Mishap::late_request: return "delay";
    case Mishap::late_reply: return "late_reply";
    case Mishap::lost_reply: return "lost_reply";
    case Mishap::duplicate: return "duplicate";
    case Mishap::silly: return "silly_rename";
    default: return "error";
  }
}

bool writes(const ProcessSetting& process) {
  return std::any_of(process.rounds.begin(), process.rounds.end(),
                     [](const Round& round) { return round.writes; });
}

bool is_of_fence(std::string_view path) { return path.starts_with(kFence); }

}  // namespace

std::uint32_t Chronicle::name(std::string_view path) {
  if (path.empty()) return 0;
  if (path.starts_with(kBelow)) path.remove_prefix(kBelow.size());
  const auto next = static_cast<std::uint32_t>(history_.names.size());
  const auto [known, is_new] = names_.emplace(path, next);
  if (is_new) history_.names.emplace_back(path);
  return known->second;
}

void Chronicle::begins(const Process& process, const Operation&) {
  if (lines_.empty()) return;
  line(process).began_ns = tick();
  line(process).touched = 0;
  line(process).asks = true;
}

void Chronicle::applied(const Request& request, const Process& by) {
  Line& of = line(by);
  of.touched = stage_.world().server().touched();
  for (Line& one : lines_) note_break(one.lease);
  for (Parent& parent : parents_) note_break(parent.lease);
  // A request that comes late, and gives the lock to somebody who knows nothing of it.
  const bool idle = of.lives && !of.in_call && !of.inside && by.lives == request.life;
  if (idle && stage_.ledger().owns(by)) ask(by);
}

void Chronicle::note_break(std::size_t& lease) {
  if (lease == 0 || !stage_.ledger().is_broken(history_.events[lease].token)) return;
  std::int64_t& until_ns = history_.events[std::exchange(lease, 0)].until_ns;
  until_ns = std::min(until_ns, std::max<std::int64_t>(1, at_ns_));
}

void Chronicle::answered(const Process& process, const Operation& operation, const Fate& fate,
                         int error) {
  const std::int64_t began_ns = line(process).began_ns;
  line(process).asks = false;
  if (fate.mishap != Mishap::none) add_mishap(process, operation, fate);
  if (is_of_fence(operation.path)) return;
  Event& event = add(process, Op::file, error == 0 ? Phase::ok : Phase::fail);
  event.file = file_op(operation.call);
  event.name = name(operation.path);
  event.other = name(operation.to);
  if (error < 0) {
    event.phase = Phase::invoke;  // the mark of an operation that its process does not survive
    return;
  }
  event.began_ns = began_ns;
  event.code = error;
  if (error == 0 && changes_names(operation.call)) event.value = line(process).touched;
  if (error == 0 && operation.call == Call::status) event.value = operation.status->inode;
}

Fault& Chronicle::add_fault(const char* kind, std::int64_t start_ns, Duration length) {
  Fault fault;
  fault.id = static_cast<std::uint32_t>(history_.faults.size() + 1);
  fault.kind = kind;
  fault.start_ns = start_ns;
  fault.end_ns = std::max(start_ns, stage_.world().now().count() + length.count());
  fault.effective = true;
  history_.faults.push_back(std::move(fault));
  return history_.faults.back();
}

void Chronicle::add_mishap(const Process& process, const Operation& operation, const Fate& fate) {
  std::string what = std::string(word(operation.call)) + " " + history_.names[name(operation.path)];
  if (!operation.to.empty()) what += " to " + history_.names[name(operation.to)];
  if (fate.mishap >= Mishap::crash_before) {
    line(process).crash_point =
        std::string(fate.mishap == Mishap::crash_before ? "before " : "in ") + what;
    return;
  }
  // What of it lies ahead: a copy that is still to come, a name that is still to go.
  const bool ahead = fate.mishap == Mishap::duplicate || fate.mishap == Mishap::failed_late ||
                     fate.mishap == Mishap::silly;
  Fault& fault = add_fault(fault_kind(fate.mishap), line(process).began_ns,
                           ahead ? fate.delay : Duration::zero());
  fault.target = history_.workers[line(process).worker].name;
  fault.at_operation = what + " (" + word(fate.mishap) + ")";
  if (fate.mishap != Mishap::pause) return;
  fault.worker_name = fault.target;
  fault.worker = line(process).worker;
  fault.inside_hold = line(process).inside;
  fault.planned_pause_ns = fault.measured_pause_ns = fate.delay.count();
  fault.end_ns = fault.start_ns + fate.delay.count();
}

void Chronicle::crashed(const Process& process) {
  Line& of = line(process);
  if (!of.lives) return;
  note_unanswered(of);
  Fault& fault = add_fault("kill", tick(), {});
  fault.target = fault.worker_name = history_.workers[of.worker].name;
  fault.host = static_cast<std::uint32_t>(process.host->index);
  fault.worker = of.worker;
  fault.inside_hold = of.inside;
  fault.at_operation = of.crash_point;
  of.lives = of.inside = false;
}

/// Whoever is in the midst of a request never hears what befell it, nor does the ledger count that.
void Chronicle::note_unanswered(const Line& of) {
  if (!of.lives || !of.asks) return;
  unanswered_ = std::max(unanswered_, Duration(tick() - of.began_ns));
}

/// The host's clock has shown what it did up to now.
void Chronicle::end_clock(std::size_t host) {
  const std::int64_t ppm = stage_.world().host(host).setting.clock.rate_ppm;
  Clock& clock = clocks_[host];
  const std::int64_t since_ns = std::exchange(clock.since_ns, at_ns_);
  if (clock.offset == Duration::zero() && ppm == 0) return;
  Fault& fault = add_fault("clock", since_ns, {});
  fault.target = history_.hosts[host].name;
  fault.host = static_cast<std::uint32_t>(host);
  fault.end_ns = at_ns_;
  fault.planned_offset_ns = fault.measured_offset_ns = clock.offset.count();
  fault.planned_rate = fault.measured_rate = 1 + static_cast<double>(ppm) / 1e6;
}

void Chronicle::happened(const Incident& incident, std::size_t forgotten) {
  if (history_.hosts.empty()) return;  // nobody has come
  tick();
  switch (incident.kind) {
    case Incident::Kind::host_crash: return end_parents(incident.host);
    case Incident::Kind::clock_step:
      end_clock(incident.host);
      clocks_[incident.host].offset += Duration(incident.amount);
      return;
    case Incident::Kind::server_crash:
      add_fault(forgotten > 0 ? "server_forgot" : "server_crash", at_ns_, incident.length).target =
          "server";
      return;
    case Incident::Kind::partition:
    case Incident::Kind::pause:
    case Incident::Kind::suspend: break;
  }
  const bool cut = incident.kind == Incident::Kind::partition;
  Fault& fault = add_fault(cut ? "partition" : "pause", at_ns_, incident.length);
  fault.host = static_cast<std::uint32_t>(incident.host);
  fault.target = history_.hosts[incident.host].name;
  if (!cut) fault.planned_pause_ns = fault.measured_pause_ns = incident.length.count();
}

void Chronicle::look_around(Inode directory, const std::string& path) {
  const Server& server = stage_.world().server();
  const Node* const here = server.find(directory);
  if (here == nullptr) return;  // forgotten
  for (const Entry& entry : here->entries) {
    if (path.empty() && is_of_fence(std::string(kBelow) + entry.name)) continue;
    const Node* const node = server.find(entry.inode);
    const bool is_directory = node != nullptr && node->status.type == os::FileType::directory;
    history_.left_behind.push_back(path + entry.name + (is_directory ? "/" : ""));
    if (is_directory) look_around(entry.inode, path + entry.name + "/");
  }
}

History Chronicle::finish() {
  tick();
  for (std::size_t i = 0; i < clocks_.size(); ++i) end_clock(i);
  for (const Line& of : lines_) note_unanswered(of);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    // What a schedule that was cut off leaves inside is asked to end; who is in a call is not.
    if (lines_[i].lives && !lines_[i].in_call) goes(stage_.world().process(i));
  }
  for (const Parent& parent : parents_) add(parent.worker, Op::worker, Phase::ok);
  history_.end_ns = tick();
  std::stable_sort(history_.faults.begin(), history_.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.start_ns < b.start_ns; });
  const Server& server = stage_.world().server();
  look_around(server.look_up(Server::kRoot, "share"), "");
  std::sort(history_.left_behind.begin(), history_.left_behind.end());
  return std::move(history_);
}

Terms Chronicle::terms() const {
  const Setting& setting = stage_.world().setting();
  const Options& options = setting.options;
  const Kind& kind = *find_kind(setting.contender);
  Terms terms;
  terms.own_lock = terms.in_process = terms.leases = true;
  terms.tokens = kind.tokens;
  terms.fenced = std::any_of(setting.processes.begin(), setting.processes.end(), writes);
  terms.lifetime_ns = options.lifetime.count();
  if (kind.wall_clocks) {
    terms.margin_ns = options.slop.count();
    terms.contract_offset_ns = options.slop.count();
  } else {
    const auto slack = static_cast<double>(options.lifetime.count()) * options.drift;
    terms.margin_ns = options.margin.count() + std::llround(slack);
    terms.contract_drift = options.drift;
  }
  const Duration disturbed = stage_.ledger().disturbed() + unanswered_;
  terms.timeout_slack_ns = (Ledger::kPatienceSlack + disturbed).count();
  terms.wedge_bound_ns = (Ledger::enough(options) + disturbed).count();
  return terms;
}

}  // namespace holdfast::harness::sim
