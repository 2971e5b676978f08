// Whose turn it is: a process's, that of a request which comes late, of what befalls a host or the
// server, or of time itself.
#include <algorithm>

#include "harness/sim/process.h"
#include "harness/sim/world.h"

namespace holdfast::harness::sim {

/// A timer that is not due at a step of time is late until the next one.
Duration World::on_grid(Duration time) const {
  const Duration step = setting_->clock_step;
  if (step == Duration::zero() || time >= kNever) return time;
  return (time + step - Duration(1)) / step * step;
}

/// All that can still happen, in order, and when it can.
template <class Visit>
void World::visit(const Visit& visit) const {
  for (std::size_t i = 0; i < used_; ++i) {
    const Process& process = *processes_[i];
    if (process.ended) continue;
    visit(static_cast<Actor>(i), std::max(process.ready_at, process.host->stands_until));
  }
  for (const Late& late : late_) visit(kLate + static_cast<Actor>(late.process), late.due);
  for (std::size_t i = 0; i < happened_.size(); ++i) {
    if (!happened_[i]) visit(kIncident + static_cast<Actor>(i), setting_->incidents[i].at);
  }
}

/// Whose turn it is; nullptr: nobody's, ever. What is not a process's turn is done here.
Process* World::pick() {
  while (!stopped_ && ++steps_ < most_steps_) {
    bool somebody = false;
    Duration earliest = Duration::max();
    visit([&](Actor actor, Duration due) {
      somebody = somebody || actor < kLate;
      earliest = std::min(earliest, due);
    });
    if (!somebody || !pass(earliest)) return nullptr;
    able_.clear();
    visit([&](Actor actor, Duration due) {
      if (due <= now_) able_.push_back(actor);
    });
    if (setting_->clock_step > Duration::zero()) able_.push_back(kTime);
    const Actor actor = choose();
    if (actor == kTime) {
      now_ += setting_->clock_step;
      disturbed_at_ = now_;
    } else if (actor >= kIncident) {
      happen(actor - kIncident);
    } else if (actor >= kLate) {
      deliver(actor - kLate);
    } else {
      last_ = actor;
      return processes_[actor].get();
    }
  }
  return nullptr;
}

/// Time goes on until then, if anybody waits for that; false: it ends here.
bool World::pass(Duration until) {
  if (until >= kNever) {
    stuck_ = true;
    observer_->stands_still();
    return false;
  }
  if (until <= now_) return true;
  now_ = until;
  observer_->passed();
  return !stopped_;
}

Actor World::choose() {
  if (able_.size() == 1 || calm_) return able_.front();
  const auto last = std::find(able_.begin(), able_.end(), last_);
  Turn turn;
  turn.able = able_;
  turn.usual = last == able_.end() ? 0 : static_cast<std::size_t>(last - able_.begin());
  const Actor usual = able_[turn.usual];
  if (usual < kLate) {
    const Process& process = *processes_[usual];
    turn.call = process.last_call;
    turn.number = process.calls[static_cast<std::size_t>(process.last_call)];
  }
  return able_[std::min(decisions_->next(turn), able_.size() - 1)];
}

void World::happen(std::size_t index) {
  const Incident& incident = setting_->incidents[index];
  happened_[index] = true;
  HostState& host = *hosts_[std::min(incident.host, setting_->hosts.size() - 1)];
  const Duration until = now_ + incident.length;
  std::size_t forgotten = 0;
  switch (incident.kind) {
    case Incident::Kind::server_crash:
      forgotten = server_.crash(static_cast<std::size_t>(incident.amount));
      down_until_ = std::max(down_until_, until);
      break;
    case Incident::Kind::partition:
      host.cut_until = std::max(host.cut_until, until);
      hold_back(host, host.cut_until);
      break;
    case Incident::Kind::suspend:
      // One after the other: elapsed time must not go back.
      host.suspended += incident.length;
      host.stands_until = std::max(host.stands_until, now_) + incident.length;
      hold_back(host, host.stands_until);
      break;
    case Incident::Kind::pause: host.stands_until = std::max(host.stands_until, until); break;
    case Incident::Kind::clock_step:
      host.setting.clock.wall_offset += Duration(incident.amount);
      break;
    case Incident::Kind::host_crash:
      host.client.reset(setting_->mount);
      host.parents.clear();
      std::erase_if(late_, [&](const Late& late) {
        return processes_[late.process]->host == &host && late.leaves >= now_;
      });
      for (std::size_t i = 0; i < used_; ++i) {
        Process& process = *processes_[i];
        if (process.host != &host || !process.alive) continue;
        end_process(process);
        process.killed = true;
        process.ready_at = now_;
      }
      break;
  }
  observer_->happened(incident, forgotten);
}

}  // namespace holdfast::harness::sim
