#include "harness/sim/exhaustive.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "harness/sim/branching.h"

namespace holdfast::harness::sim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostEndings = 100'000;

class Crew {
 public:
  Crew(const Setting& setting, const Bounds& bounds, const Limits& limits)
      : setting_(setting), bounds_(bounds), limits_(limits), begun_(Clock::now()) {
    waiting_.push_back({});
  }

  Covered run(const std::atomic<bool>& stop, const Watcher& watch) {
    std::vector<std::jthread> threads;
    working_ = limits_.threads;
    for (unsigned i = limits_.threads; i > 0; --i) threads.emplace_back([this] { work(); });
    std::unique_lock lock(mutex_);
    auto told = begun_;
    while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return over(); })) {
      const auto now = Clock::now();
      if (stop) end(End::interrupted);
      if (now - begun_ >= limits_.at_most) end(End::out_of_time);
      if (!watch || now - told < std::chrono::seconds(1)) continue;
      told = now;
      watch(covered());
    }
    lock.unlock();
    changed_.notify_all();
    threads.clear();
    Covered all = covered();
    if (failed_) all.failure = failure();
    return all;
  }

 private:
  /// Nothing is left to try, or nothing more shall be tried.
  bool over() const { return ended_ || (working_ == 0 && waiting_.empty()); }

  void end(End why) {
    if (over()) return;
    ended_ = true;
    covered_.end = why;
    changed_.notify_all();
  }

  Covered covered() {
    Covered all = covered_;
    all.states = known_.size();
    all.latecomers = setting_.latecomer ? gone_.size() : 0;
    all.memory_bytes = known_.bytes() + gone_.bytes();
    all.took = Clock::now() - begun_;
    all.worked = std::chrono::nanoseconds((std::clock() - worked_before_) *
                                          (1'000'000'000 / CLOCKS_PER_SEC));
    return all;
  }

  /// From the others, who have something to spare.
  bool take(std::vector<Branching::Path>& own) {
    std::unique_lock lock(mutex_);
    --working_;
    if (over()) changed_.notify_all();
    changed_.wait(lock, [this] { return over() || !waiting_.empty(); });
    if (over()) return false;
    own.push_back(std::move(waiting_.back()));
    waiting_.pop_back();
    ++working_;
    return true;
  }

  void work() {
    Stage stage;
    Branching branching(setting_, bounds_, stage, known_, gone_, limits_);
    std::vector<Branching::Path> own;
    while (!own.empty() || take(own)) {
      // The deepest branch first: so there are never many.
      branching.begin(std::move(own.back()));
      own.pop_back();
      const bool failed = stage.run(setting_, branching).has_value();
      if (!note(stage, branching, failed, own)) break;
    }
  }

  /// Whether to go on.
  bool note(Stage& stage, Branching& branching, bool failed, std::vector<Branching::Path>& own) {
    const Counts& counts = stage.counts();
    std::vector<Branching::Path>& others = branching.others();
    own.insert(own.end(), std::make_move_iterator(others.begin()),
               std::make_move_iterator(others.end()));
    const std::lock_guard lock(mutex_);
    ++covered_.executions;
    covered_.pruned += branching.cut() ? 1 : 0;
    covered_.transitions += branching.transitions();
    covered_.too_long += counts.too_long;
    covered_.grants += counts.grants;
    covered_.taken += counts.taken;
    covered_.deepest = std::max<std::uint64_t>(covered_.deepest, branching.path().size());
    if (!branching.cut() && covered_.endings.size() < kMostEndings) {
      covered_.endings.insert(branching.ending());
    }
    if (failed && !failed_) {
      failed_ = branching.path();
      end(End::violated);
    }
    if (known_.size() >= limits_.most_states) end(End::out_of_memory);
    if (waiting_.empty() && working_ < limits_.threads && own.size() > 1) {
      waiting_.push_back(std::move(own.front()));
      own.erase(own.begin());
      changed_.notify_all();
    }
    return !ended_;
  }

  /// The same schedule again, with its decisions by name.
  Failure failure() const {
    Stage stage;
    KnownStates none, none_gone;
    Branching branching(setting_, bounds_, stage, none, none_gone, limits_);
    branching.begin(*failed_);
    Recording recording(branching);
    const auto mistake = stage.run(setting_, recording);
    if (!mistake) std::abort();  // a schedule is what its decisions are
    return {setting_, recording.choices(), *mistake, {}};
  }

  const Setting& setting_;
  const Bounds& bounds_;
  const Limits& limits_;
  const Clock::time_point begun_;
  const std::clock_t worked_before_ = std::clock();
  KnownStates known_;
  KnownStates gone_;  // states in which all have
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Branching::Path> waiting_;
  unsigned working_ = 0;
  bool ended_ = false;
  Covered covered_;
  std::optional<Branching::Path> failed_;
};

}  // namespace

const char* word(End end) {
  switch (end) {
    case End::finished: return "finished";
    case End::violated: return "violated";
    case End::out_of_time: return "out_of_time";
    case End::out_of_memory: return "out_of_memory";
    case End::interrupted: return "interrupted";
  }
  return "?";
}

Duration long_delay(const Setting& setting) {
  const Options& options = setting.options;
  const auto apart =
      static_cast<Duration::rep>(static_cast<double>(options.lifetime.count()) * options.drift);
  const Duration needed = options.lifetime + Duration(apart) + options.margin;
  const Duration step = setting.clock_step;
  return (needed + step - Duration(1)) / step * step;
}

Covered explore_all(const Setting& setting, const Bounds& bounds, const Limits& limits,
                    const std::atomic<bool>& stop, const Watcher& watch) {
  const bool fits = setting.clock_step > Duration::zero() && setting.latency_seed == 0 &&
                    setting.incidents.empty() && setting.hosts.size() >= setting.processes.size() &&
                    limits.threads > 0;
  if (!fits) std::abort();
  return Crew(setting, bounds, limits).run(stop, watch);
}

}  // namespace holdfast::harness::sim
