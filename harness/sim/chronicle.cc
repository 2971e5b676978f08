#include "harness/sim/chronicle.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

Why why_of(std::error_code error) {
  if (error == Errc::timed_out) return Why::timeout;
  if (error == Errc::cancelled) return Why::cancelled;
  if (error == Errc::lost) return Why::lost;
  if (error == Errc::not_held) return Why::not_held;
  if (error == Errc::stale_token) return Why::stale_token;
  return Why::error;
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

/// Hosts may share a name in the world; in a history a name stands for one.
std::string host_name(const Setting& setting, std::size_t host) {
  const std::string& name = setting.hosts[host].name;
  const auto same = std::count_if(setting.hosts.begin(), setting.hosts.end(),
                                  [&](const HostSetting& one) { return one.name == name; });
  return same > 1 ? name + "-" + std::to_string(host + 1) : name;
}

std::string worker_name(const Process& process, std::uint32_t life) {
  const std::string name = name_of(process);
  return life == 0 ? name : name + "'" + std::to_string(life + 1);
}

std::string worker_name(const Process& process) { return worker_name(process, process.lives); }

bool writes(const ProcessSetting& process) {
  return std::any_of(process.rounds.begin(), process.rounds.end(),
                     [](const Round& round) { return round.writes; });
}

bool is_of_fence(std::string_view path) { return path.starts_with(kFence); }

Op op_of(FenceCall call) { return call == FenceCall::raise ? Op::raise : Op::publish; }

}  // namespace

Chronicle::Chronicle(Stage& stage) : stage_(stage) {
  history_.locks = {"lock"};
  history_.names = {""};
}

std::int64_t Chronicle::tick() {
  at_ns_ = std::max(at_ns_ + 1, stage_.world().now().count());
  return at_ns_;
}

Chronicle::Line& Chronicle::line(const Process& process) { return lines_[process.index]; }

std::uint32_t Chronicle::name(std::string_view path) {
  if (path.empty()) return 0;
  if (path.starts_with(kBelow)) path.remove_prefix(kBelow.size());
  const auto next = static_cast<std::uint32_t>(history_.names.size());
  const auto [known, is_new] = names_.emplace(path, next);
  if (is_new) history_.names.emplace_back(path);
  return known->second;
}

Event& Chronicle::add(const Process& process, Op op, Phase phase) {
  return add(line(process).worker, op, phase);
}

Event& Chronicle::add(std::uint32_t worker, Op op, Phase phase) {
  Event event;
  event.at_ns = event.began_ns = tick();
  event.worker = worker;
  event.op = op;
  event.phase = phase;
  history_.events.push_back(event);
  return history_.events.back();
}

void Chronicle::comes(const Process& process) {
  const World& world = stage_.world();
  if (history_.hosts.empty()) {
    for (std::size_t i = 0; i < world.setting().hosts.size(); ++i) {
      history_.hosts.push_back({host_name(world.setting(), i), 0});
      clocks_.push_back({world.setting().hosts[i].clock.wall_offset, 0});
    }
    lines_.resize(world.processes());
  }
  end_cut_off(process);
  begin(process, process.lives, process.identity.pid);
}

void Chronicle::begin(const Process& process, std::uint32_t life, std::int64_t pid) {
  line(process) = {};
  line(process).lives = true;
  line(process).worker = static_cast<std::uint32_t>(history_.workers.size());
  history_.workers.push_back({worker_name(process, life),
                              static_cast<std::uint32_t>(process.host->index),
                              static_cast<std::uint32_t>(process.index), pid, true, 0});
  add(process, Op::worker, Phase::invoke);
}

/// Before a latecomer comes, who was there has gone: also who had not come to an end.
void Chronicle::end_cut_off(const Process& comes) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Process& process = stage_.world().process(i);
    if (lines_[i].lives && (!process.alive || i == comes.index)) crashed(process);
  }
}

/// The parent is another worker from now on.
void Chronicle::forked(const Process& process, bool parent_stays) {
  if (parent_stays) {
    parents_.push_back({line(process).worker, process.host->index, line(process).lease});
  } else {
    goes(process);
  }
  begin(process, process.lives + 1, process.host->next_pid);
}

void Chronicle::end_parents(std::size_t host) {
  for (const Parent& parent : parents_) {
    if (parent.host != host) continue;
    Fault& fault = add_fault("kill", tick(), {});
    fault.target = fault.worker_name = history_.workers[parent.worker].name;
    fault.host = static_cast<std::uint32_t>(host);
    fault.worker = parent.worker;
    fault.inside_hold = true;
  }
  std::erase_if(parents_, [host](const Parent& parent) { return parent.host == host; });
}

void Chronicle::goes(const Process& process) {
  add(process, Op::worker, Phase::ok);
  line(process).lives = line(process).inside = false;
}

void Chronicle::acquires(const Process& process, Duration patience) {
  line(process).in_call = true;
  Event& event = add(process, Op::acquire, Phase::invoke);
  if (patience == Round::kForEver) return;
  event.until_ns = process.host->after(Duration(event.at_ns), patience).count();
}

/// The lease's end on the world's clock, by the lock's own word; never too late.
std::int64_t Chronicle::lease_end(const Process& process, const Contender& lock) {
  const double rate = 1 + static_cast<double>(process.host->setting.clock.rate_ppm) / 1e6;
  const auto left = static_cast<double>(lock.remaining().count());
  const auto end = stage_.world().now().count() + static_cast<std::int64_t>(left / rate);
  return std::max<std::int64_t>(1, end);
}

void Chronicle::granted(const Process& process, const Contender& lock) {
  line(process).in_call = false;
  if (is_over(lock)) {
    add(process, Op::acquire, Phase::info);
    return;
  }
  line(process).inside = true;
  Event& event = add(process, Op::acquire, Phase::ok);
  note_lease(process, lock, event);
  ask(process);
}

/// Whether an operator has broken the hold before its holder was told of it, or told so again.
bool Chronicle::is_over(const Contender& lock) const {
  return stage_.ledger().is_broken(lock.token());
}

void Chronicle::note_lease(const Process& process, const Contender& lock, Event& event) {
  event.token = lock.token();
  event.until_ns = lease_end(process, lock);
  line(process).lease = history_.events.size() - 1;
}

/// An error for which the world knows no reason has none.
Event& Chronicle::answer(const Process& process, Op op, std::error_code error) {
  line(process).in_call = false;
  const bool unknown = error == Errc::outcome_unknown;
  Event& event = add(process, op, !error ? Phase::ok : unknown ? Phase::info : Phase::fail);
  if (!error) return event;
  const Why why = why_of(error);
  const bool explained = why != Why::error || stage_.ledger().explains(process, error);
  event.code = static_cast<std::int32_t>(explained ? why : Why::none);
  return event;
}

void Chronicle::not_granted(const Process& process, std::error_code error) {
  answer(process, Op::acquire, error);
  if (error != Errc::outcome_unknown) ask(process);
}

/// A shorter lease may be the one that others see from now on, whatever comes back.
void Chronicle::refreshes(const Process& process, Duration lifetime) {
  if (line(process).lease != 0 && lifetime != Round::kForEver) {
    std::int64_t& until_ns = history_.events[line(process).lease].until_ns;
    const Duration shortest = process.host->after(stage_.world().now(), lifetime);
    until_ns = std::min<std::int64_t>(until_ns, shortest.count());
  }
  line(process).in_call = true;
  add(process, Op::refresh, Phase::invoke);
}

void Chronicle::refreshed(const Process& process, const Contender& lock, std::error_code error) {
  if (!error && is_over(lock)) error = Errc::outcome_unknown;
  Event& event = answer(process, Op::refresh, error);
  if (error == Errc::lost) line(process).inside = false;
  if (error) return;
  note_lease(process, lock, event);
  ask(process);
}

void Chronicle::releases(const Process& process) {
  line(process).in_call = true;
  line(process).inside = false;
  add(process, Op::release, Phase::invoke);
}

void Chronicle::released(const Process& process, std::error_code error) {
  answer(process, Op::release, error);
  if (!error) ask(process);
}

/// Whose the lock is, by its state on the server. What may only have been moved aside says nothing.
void Chronicle::ask(const Process& process) {
  const Ledger& ledger = stage_.ledger();
  const Standing& standing = ledger.standing();
  if (!standing.held && find_kind(stage_.world().setting().contender)->wall_clocks) return;
  add(process, Op::probe, Phase::invoke);
  const ProbedState state = !standing.held         ? ProbedState::free
                            : ledger.owns(process) ? ProbedState::mine
                                                   : ProbedState::other;
  add(process, Op::probe, Phase::ok).value = static_cast<std::uint64_t>(state);
}

void Chronicle::asks_fence(const Process& process, FenceCall call, Token token) {
  line(process).in_call = true;
  add(process, op_of(call), Phase::invoke).token = token;
}

void Chronicle::fence_told(const Process& process, FenceCall call, Token token,
                           std::error_code error) {
  answer(process, op_of(call), error).token = token;
}

/// Who breaks a hold has the lock for a moment.
void Chronicle::breaks(const Process& process, std::uint64_t) { line(process).in_call = true; }

void Chronicle::broke(const Process& process, std::error_code) { line(process).in_call = false; }

void Chronicle::told_of_loss(const Process& process) {
  if (line(process).inside) add(process, Op::told, Phase::ok);
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
  fault.target = worker_name(process);
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
