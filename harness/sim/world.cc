#include "harness/sim/world.h"

#include <algorithm>
#include <utility>

#include "harness/random/random.h"
#include "harness/sim/process.h"

namespace holdfast::harness::sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::uint64_t kNotTheProcess = ~std::uint64_t{0} >> 8;  // of a stream of random bits

/// By how much a clock is ahead that has run at this rate since the start.
Duration gained(Duration now, std::int64_t rate_ppm) {
  return rate_ppm == 0 ? Duration() : Duration(now.count() / 1000 * rate_ppm / 1000);
}

}  // namespace

os::Stamp HostState::stamp(Duration now) const {
  // No two hosts were started together.
  const Duration boot = now + gained(now, setting.clock.rate_ppm) + std::chrono::hours(1 + index);
  return {os::RawTime(boot - suspended), os::BootTime(boot)};
}

os::WallTime HostState::wall(Duration now) const {
  return os::WallTime(now + gained(now, setting.clock.rate_ppm) + setting.clock.wall_offset);
}

Duration HostState::after(Duration now, Duration length) const {
  if (length <= Duration::zero()) return now;
  if (length >= kNever) return kNever;
  if (setting.clock.rate_ppm == 0) return now + length;
  const std::int64_t rate = setting.clock.rate_ppm;
  const auto host_micros = length.count() / 1000 + 1;
  return now + Duration((host_micros - host_micros * rate / (kMillion + rate) + 1) * 1000);
}

World::World() = default;

World::~World() = default;

void World::reset(const Setting& setting, Decisions& decisions, Observer& observer) {
  setting_ = &setting;
  decisions_ = &decisions;
  observer_ = &observer;
  used_ = processes_used_ = 0;
  late_.clear();
  happened_.assign(setting.incidents.size(), false);
  now_ = down_until_ = disturbed_at_ = {};
  steps_ = 0;
  stopped_ = calm_ = stamps_matter_ = false;
  last_ = 0;
  server_.reset(setting.server);
  while (hosts_.size() < setting.hosts.size()) {
    hosts_.push_back(std::make_unique<HostState>(server_, hosts_.size()));
  }
  for (std::size_t i = 0; i < setting.hosts.size(); ++i) {
    HostState& host = *hosts_[i];
    host.setting = setting.hosts[i];
    host.client.reset(setting.mount);
    host.suspended = host.stands_until = host.cut_until = {};
    host.next_pid = host.setting.first_pid;
    host.parents.clear();
  }
}

/// A process or thread that does nothing yet.
Process& World::slot(std::size_t index) {
  if (index == processes_.size()) processes_.push_back(std::make_unique<Process>(*this, index));
  Process& process = *processes_[index];
  process.ended = process.killed = false;
  process.alive = true;
  process.ready_at = now_;
  process.operations = process.lives = 0;
  process.calls.fill(0);
  process.last_call = Call::status;
  process.forks = 0;
  process.about_to = nullptr;
  process.befallen = process.under_way = false;
  process.sends_again = 0;
  process.told.begin(numberings_);
  process.noticed = 0;
  process.chances = 0;
  process.thread_of = nullptr;
  return process;
}

Process& World::add(const ProcessSetting& setting, std::function<void(Process&)> body) {
  Process& process = slot(used_++);
  processes_used_ = used_;
  process.host = hosts_[setting.host].get();
  process.setting = &setting;
  process.identity = {process.host->setting.name, process.host->next_pid++, 1,
                      process.host->setting.machine};
  process.body = std::move(body);
  return process;
}

Process& World::start_thread(Process& process, std::function<void(Process&)> body) {
  std::size_t index = processes_used_;
  const auto is_taken = [&](const Process& one) { return !one.ended || one.thread_of != &process; };
  while (index < used_ && is_taken(*processes_[index])) ++index;
  if (index == used_) ++used_;
  Process& thread = slot(index);
  thread.thread_of = &process;
  thread.host = process.host;
  thread.setting = process.setting;
  thread.identity = process.identity;
  thread.body = std::move(body);
  thread.done = std::stop_source();
  thread.fiber.start([this, &thread] { live(thread); });
  return thread;
}

void World::join(Process& process, Process& thread) {
  while (!thread.ended) wait(process, kNever, thread.done.get_token());
}

Ending World::run(std::uint64_t most) { return run_fibers(most, 0, used_); }

/// Of these processes.
Ending World::run_fibers(std::uint64_t most, std::size_t first, std::size_t end) {
  most_steps_ = most;
  stuck_ = false;
  for (std::size_t i = first; i < end; ++i) {
    Process& process = *processes_[i];
    process.fiber.start([this, &process] { live(process); });
  }
  next_ = pick();
  while (next_ != nullptr) {
    Process& process = *next_;
    current_ = &process;
    process.fiber.resume();
    current_ = nullptr;
    if (process.fiber.ended()) next_ = pick();
  }
  const Ending ending = stopped_                ? Ending::stopped
                        : stuck_                ? Ending::stuck
                        : steps_ >= most_steps_ ? Ending::too_long
                                                : Ending::all_done;
  end_fibers();
  return ending;
}

void World::end_fibers() {
  stopped_ = true;
  for (std::size_t i = 0; i < used_; ++i) {
    Process& process = *processes_[i];
    process.killed = true;
    process.alive = false;
    current_ = &process;
    while (!process.fiber.ended()) process.fiber.resume();
  }
  current_ = nullptr;
}

Ending World::run_latecomer(std::size_t index, std::function<void(Process&)> body,
                            std::uint64_t most) {
  happened_.assign(happened_.size(), true);
  stopped_ = false;
  calm_ = true;
  Process& process = *processes_[index];
  process.body = std::move(body);
  process.ended = process.killed = false;
  process.ready_at = now_;
  be_born(process);
  return run_fibers(steps_ + most, index, index + 1);
}

Duration World::disturbed_until() const {
  Duration until = std::max(disturbed_at_, down_until_);
  for (std::size_t i = 0; i < setting_->hosts.size(); ++i) {
    until = std::max({until, hosts_[i]->stands_until, hosts_[i]->cut_until});
  }
  for (const Late& late : late_) until = std::max(until, late.due);
  for (std::size_t i = 0; i < processes_used_; ++i) {
    if (processes_[i]->alive && processes_[i]->befallen) until = std::max(until, now_);
  }
  return until;
}

/// Another life.
void World::be_born(Process& process) {
  const bool same = process.setting->same_pid;
  if (!same) process.identity.pid = process.host->next_pid++;
  ++process.identity.start;
  ++process.lives;
  process.befallen = process.under_way = false;
  process.sends_again = 0;
  process.told.begin(numberings_);
  process.alive = true;
}

void World::fork(Process& process, bool parent_stays) {
  observer_->forked(process, parent_stays);
  if (parent_stays) {
    process.host->parents.push_back(process.identity);
  } else {
    for (SimWatch* const watch : process.host->watches) watch->tell_end(process.identity);
  }
  process.identity.pid = process.host->next_pid++;
  ++process.identity.start;
  ++process.lives;
  ++process.forks;
}

/// All of a process's lives.
void World::live(Process& process) {
  for (bool again = false;; again = true) {
    try {
      if (again) wait(process, now_ + process.setting->restart_after);
      if (process.killed) throw Crash{};
      if (again) be_born(process);
      process.body(process);
      break;
    } catch (const Crash&) {
    }
    const bool once = calm_ || process.thread_of != nullptr;
    if (stopped_ || once || process.setting->restart_after == Duration::zero()) break;
    process.killed = false;
  }
  process.ended = true;
  process.alive = false;
  if (process.thread_of != nullptr && !stopped_) process.done.request_stop();
}

void World::end_process(Process& process) {
  if (!process.alive) return;
  process.alive = false;
  process.about_to = nullptr;
  if (process.thread_of != nullptr) return;
  observer_->crashed(process);
  for (std::size_t i = processes_used_; i < used_; ++i) {
    Process& thread = *processes_[i];
    if (thread.thread_of != &process || thread.ended) continue;
    thread.alive = false;
    thread.killed = true;
    thread.ready_at = now_;
  }
  for (SimWatch* const watch : process.host->watches) watch->tell_end(process.identity);
}

void World::crash(Process& process) {
  end_process(process);
  throw Crash{};
}

void World::yield(Process& process) {
  Process* const next = pick();
  if (next != &process) {
    next_ = next;
    process.fiber.suspend();
  }
  if (process.killed) crash(process);
}

void World::turn(Process& process) {
  if (current_ != &process) return;
  process.ready_at = now_;
  yield(process);
}

os::Wake World::wait(Process& process, Duration until) {
  if (current_ != &process) {
    while (until > now_) {
      Duration next = until;
      for (const Late& late : late_) next = std::min(next, late.due);
      now_ = std::max(now_, next);
      for (const Late& late : std::vector<Late>(late_)) {
        if (late.due <= now_) deliver(late.process);
      }
    }
    return os::Wake::elapsed;
  }
  process.woken = os::Wake::elapsed;
  process.ready_at = on_grid(until);
  yield(process);
  return process.woken;
}

os::Wake World::wait(Process& process, Duration until, const std::stop_token& stop) {
  if (!stop.stop_possible()) return wait(process, until);
  const std::stop_callback bell(stop, [&] { wake(process, os::Wake::stopped); });
  return wait(process, until);
}

void World::wake(Process& process, os::Wake why) {
  if (process.ready_at <= now_) return;
  process.ready_at = now_;
  process.woken = why;
}

std::uint64_t World::chance(Process& process) {
  // A counter of its own for each life: the mixing is one to one, so nothing recurs.
  const std::uint64_t stream = (std::uint64_t{process.index} << 56) |
                               (std::uint64_t{process.lives} << 48) | process.chances++;
  const std::uint64_t seed = setting_->chance_seed * 0x5851f42d4c957f2d;
  // Where situations are told apart, processes that are alike have the same chances.
  if (setting_->clock_step > Duration::zero()) {
    return marked(Random(seed ^ (stream & kNotTheProcess)).bits(), process.index);
  }
  return Random(seed ^ stream).bits();
}

std::size_t World::late_requests(std::size_t process) const {
  return static_cast<std::size_t>(std::count_if(
      late_.begin(), late_.end(), [&](const Late& late) { return late.process == process; }));
}

}  // namespace holdfast::harness::sim
