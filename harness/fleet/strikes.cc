#include "harness/fleet/strikes.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "harness/fleet/deaths.h"
#include "harness/history/recorder.h"
#include "harness/nemesis/crash_mark.h"

namespace holdfast::harness {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Kind = FaultSpec::Kind;

/// How long a host is looked over for somebody inside, and how often: holds are short.
constexpr int kLooks = 60;
constexpr microseconds kBetweenLooks{300};
/// How often it is looked whether a stopped process stands still, or runs again.
constexpr milliseconds kBetweenGlances{1};
/// Beyond a pause's length: whoever has not been seen standing still by then is let go.
constexpr std::chrono::seconds kUntilStill{1};

/// The kill at its crash point that ended this worker; none: something else did. `last`: what it
/// recorded last, which for one that killed itself is the operation that it did that at.
std::optional<CrashMark> crash_of(const Departure& departure, const std::optional<Event>& last) {
  if (!departure.crash) return std::nullopt;
  if (!departure.crash_mark.empty()) {
    auto mark = read_crash_mark(departure.crash_mark);
    if (mark) mark->operation = text(*departure.crash) + ": " + mark->operation;
    return mark;
  }
  if (!last || last->op != Op::file || last->phase != Phase::invoke) return std::nullopt;
  const bool named = departure.crash->operation != "any";
  return CrashMark{last->at_ns,
                   text(*departure.crash) + (named ? "" : ": " + std::string(name(last->file)))};
}

}  // namespace

/// A holder is being looked for.
struct Strikes::Search {
  Search(asio::io_context& context, const Strike& of)
      : strike(of), random(of.seed), timer(context) {}
  Strike strike;
  Random random;
  asio::steady_timer timer;
  int looks = 0;
};

/// A worker stands still, or is about to.
struct Strikes::Standstill {
  Standstill(asio::io_context& context, const Target& target, const Fault& planned)
      : pause(target, planned),
        length(planned.planned_pause_ns),
        given_up(std::chrono::steady_clock::now() + length + kUntilStill),
        timer(context) {}
  Pause pause;
  nanoseconds length;
  std::chrono::steady_clock::time_point given_up;
  asio::steady_timer timer;
  bool waited = false;
};

struct Strikes::Timers {
  explicit Timers(asio::io_context& context) : settle(context), tick(context) {}
  asio::steady_timer settle;
  asio::steady_timer tick;
  std::vector<std::weak_ptr<Search>> searches;
};

Strikes::Strikes(asio::io_context& context, Crew& crew, std::unique_ptr<BentClock> clock,
                 Listener listener)
    : context_(context),
      crew_(crew),
      clock_(std::move(clock)),
      listener_(std::move(listener)),
      timers_(std::make_unique<Timers>(context)) {
  if (clock_) keep_ticking();
}

Strikes::~Strikes() = default;

Fault Strikes::planned(const Strike& strike) const {
  Fault fault;
  fault.id = strike.id;
  fault.kind = name(strike.kind);
  fault.target = strike.target;
  fault.host = crew_.orders().host;
  fault.planned_pause_ns = strike.pause_ns;
  return fault;
}

void Strikes::refuse(Fault fault, const std::string& why) {
  fault.start_ns = fault.end_ns = recorder_now_ns();
  fault.effective = false;
  fault.why_not = why;
  listener_.struck(fault);
}

void Strikes::inject(const Strike& strike) {
  if (finished_) return refuse(planned(strike), "the run was about to end");
  if (strike.kind == Kind::clock) return set_clock(strike);
  switch (strike.whom) {
    case Strike::Whom::slot: return hit(strike, strike.slot - crew_.orders().first_slot);
    case Strike::Whom::hosts:
      for (std::size_t index = 0; index < crew_.size(); ++index) hit(strike, index);
      return;
    case Strike::Whom::holder: break;
  }
  std::erase_if(timers_->searches, [](const auto& search) { return search.expired(); });
  auto search = std::make_shared<Search>(context_, strike);
  timers_->searches.push_back(search);
  look_for_holder(search);
}

void Strikes::look_for_holder(const std::shared_ptr<Search>& search) {
  if (finished_) return refuse(planned(search->strike), "the run was about to end");
  if (find_and_hit(search->strike, search->random)) return;
  if (++search->looks == kLooks) return listener_.nobody_inside(search->strike.id);
  search->timer.expires_after(kBetweenLooks);
  search->timer.async_wait([this, search](const error_code&) { look_for_holder(search); });
}

bool Strikes::find_and_hit(const Strike& strike, Random& random) {
  std::vector<Target> targets;
  std::vector<std::size_t> indices;
  for (std::size_t index = 0; index < crew_.size(); ++index) {
    const bool busy =
        kills_.contains(index) || (strike.kind == Kind::pause && pauses_.contains(index));
    const auto target = crew_.at_work(index);
    if (busy || !target) continue;
    targets.push_back(*target);
    indices.push_back(index);
  }
  const auto found = find_holder(targets, random);
  if (found) hit(strike, indices[*found]);
  return found.has_value();
}

void Strikes::hit(const Strike& strike, std::size_t index) {
  Fault fault = planned(strike);
  const auto target = crew_.at_work(index);
  if (!target) return refuse(fault, "its worker was just being started");
  fault.worker_name = target->worker;
  if (kills_.contains(index)) return refuse(fault, "its worker was just being killed");
  if (strike.kind == Kind::kill) return kill(fault, index, *target);
  if (pauses_.contains(index)) return refuse(fault, "its worker stood still already");
  pause(fault, index, *target);
}

void Strikes::kill(const Fault& fault, std::size_t index, const Target& target) {
  kills_.emplace(index, Kill(target, fault));
}

void Strikes::pause(const Fault& fault, std::size_t index, const Target& target) {
  pauses_[index] = std::make_unique<Standstill>(context_, target, fault);
  look_after(index);
}

/// Goes with a pause through its three stages: until it stands still, while it does, until it runs.
void Strikes::look_after(std::size_t index) {
  const auto found = pauses_.find(index);
  if (found == pauses_.end()) return;
  Standstill& still = *found->second;
  nanoseconds next = kBetweenGlances;
  if (still.waited) {
    still.pause.go_on();
    if (still.pause.over()) return end_pause(index);
  } else if (still.pause.stopped()) {
    still.waited = true;
    next = still.length;
  } else if (std::chrono::steady_clock::now() >= still.given_up) {
    return end_pause(index);  // it was stopped in part, perhaps, and must not be for ever
  }
  still.timer.expires_after(next);
  still.timer.async_wait([this, index](const error_code& error) {
    if (!error) look_after(index);
  });
}

void Strikes::end_pause(std::size_t index) {
  const auto still = pauses_.extract(index);
  still.mapped()->pause.go_on();
  listener_.struck(still.mapped()->pause.measured());
}

void Strikes::departed(const Departure& departure) {
  if (pauses_.contains(departure.index)) end_pause(departure.index);
  if (const auto kill = kills_.extract(departure.index)) {
    const Fault fault = kill.mapped().measured(departure.target);
    listener_.struck(fault);
    if (fault.effective) return;  // else somebody was faster
  }
  if (departure.how != Departure::How::killed) return;
  Fault fault;
  fault.host = crew_.orders().host;
  const std::optional<Event> last = last_event(departure.history);
  if (const auto crash = crash_of(departure, last)) {
    fault.target = crew_.orders().crashes.at(departure.crash->spec).target;
    fault.at_operation = crash->operation;
    return listener_.struck(crashed_at(departure.target, fault, crash->at_ns));
  }
  // Somebody else's SIGKILL, such as that of a kernel short of memory. It is not ours, but the
  // history must know why this hold ended. It can have come at any time since the last event.
  fault.target = "outside";
  listener_.struck(crashed_at(departure.target, fault, last ? last->at_ns : recorder_now_ns()));
}

void Strikes::set_clock(const Strike& strike) {
  Fault fault = planned(strike);
  if (!clock_) return refuse(fault, "this host's clock cannot be bent");
  measure_clock();
  end_clock();
  ClockSetting setting;
  setting.rate = strike.rate;
  for (std::size_t i = 0; i < strike.offsets_ns.size(); ++i) {
    if (strike.hosts.at(i) != fault.host) continue;
    setting.offset_ns = strike.offsets_ns[i];
    fault.planned_offset_ns = strike.offsets_ns[i];
  }
  announce_clock(fault);
  clock_->set(setting, fault);
  const nanoseconds settling = clock_->settling();
  if (settling == nanoseconds(0)) return measure_clock();
  timers_->settle.expires_after(settling);
  timers_->settle.async_wait([this](const error_code& error) {
    if (!error) measure_clock();
  });
}

/// Should this host be lost before it has measured, it is known at least that its clock was set.
void Strikes::announce_clock(Fault fault) {
  fault.start_ns = fault.end_ns = recorder_now_ns();
  fault.why_not = "it was not measured yet";
  listener_.in_force(fault);
}

void Strikes::measure_clock() {
  if (!clock_ || !clock_->pending()) return;
  put_in_force(clock_->measured());
}

/// Also one that was not measured: the clock was set, and it is not known that it is right.
void Strikes::put_in_force(const Fault& fault) {
  bent_ = fault;
  listener_.in_force(fault);
}

/// From now on it is not where it is said to be.
void Strikes::lose_clock(const std::string& why) {
  measure_clock();
  if (!bent_ || !bent_->effective) return;
  Fault lost = *bent_;
  end_clock();
  lost.start_ns = lost.end_ns = recorder_now_ns();
  lost.effective = false;
  lost.why_not = why;
  lost.measured_offset_ns = 0;
  lost.measured_rate = 1;
  put_in_force(lost);
}

void Strikes::end_clock() {
  if (!bent_) return;
  bent_->end_ns = recorder_now_ns();
  listener_.struck(*std::exchange(bent_, std::nullopt));
}

void Strikes::crew_is_gone() { end_clock(); }

void Strikes::keep_ticking() {
  timers_->tick.expires_after(BentClock::kTick);
  timers_->tick.async_wait([this](const error_code& error) {
    if (error) return;
    if (const auto moved = clock_->tick(); !moved) lose_clock(moved.error().text());
    keep_ticking();
  });
}

void Strikes::finish() {
  finished_ = true;
  measure_clock();
  timers_->settle.cancel();
  timers_->tick.cancel();
  for (const auto& search : timers_->searches) {
    if (const auto still = search.lock()) still->timer.cancel();
  }
  timers_->searches.clear();
  for (const auto& [index, still] : pauses_) {
    still->waited = true;
    still->timer.cancel();
    still->pause.stopped();
    still->pause.go_on();
  }
  while (!pauses_.empty()) end_pause(pauses_.begin()->first);
}

void Strikes::kill_stragglers() {
  for (const std::size_t index : crew_.present()) {
    if (kills_.contains(index)) continue;
    Fault fault;
    fault.host = crew_.orders().host;
    fault.target = "straggler";
    if (const auto target = crew_.anybody(index)) kill(fault, index, *target);
  }
}

}  // namespace holdfast::harness
