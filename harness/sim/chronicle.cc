#include "harness/sim/chronicle.h"

#include <algorithm>
#include <utility>

#include "harness/sim/contender.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

Why why_of(std::error_code error) {
  if (error == Errc::timed_out) return Why::timeout;
  if (error == Errc::cancelled) return Why::cancelled;
  if (error == Errc::lost) return Why::lost;
  if (error == Errc::not_held) return Why::not_held;
  if (error == Errc::stale_token) return Why::stale_token;
  return Why::error;
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

}  // namespace holdfast::harness::sim
