#include "harness/sim/explorer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace holdfast::harness::sim {
namespace {

constexpr std::uint64_t kBatch = 64;
constexpr std::uint64_t kNone = ~std::uint64_t{0};

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t number) {
  return derived_seed(seed, "schedule", number);
}

class Crew {
 public:
  Crew(const Task& task, const std::atomic<bool>& stop) : task_(task), stop_(stop) {}

  Found run(const std::function<void(std::uint64_t)>& progress) {
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    running_ = std::max(1U, task_.threads);
    for (unsigned i = 0; i < std::max(1U, task_.threads); ++i) {
      threads.emplace_back([this] { work(); });
    }
    std::unique_lock lock(mutex_);
    while (!done_.wait_for(lock, std::chrono::seconds(1), [this] { return running_ == 0; })) {
      const bool late = std::chrono::steady_clock::now() - begun > task_.at_most;
      if (late || stop_) over_ = true;
      out_of_time_ = out_of_time_ || late;
      if (progress) progress(counts_.schedules);
    }
    lock.unlock();
    threads.clear();
    Found found{counts_, {}, failed_, out_of_time_, stop_ && failed_ == kNone};
    if (failed_ != kNone) {
      Stage stage;
      found.failure = run_one(task_, failed_, stage);
    }
    return found;
  }

 private:
  void work() {
    Stage stage;
    stage.look_for(task_.only);
    RandomDecisions decisions;
    for (;;) {
      const std::uint64_t from = task_.first + next_.fetch_add(kBatch);
      const std::uint64_t end = std::min(from + kBatch, task_.first + task_.schedules);
      // Lower numbers are still run when a higher one has failed.
      if (over_ || from >= end || from > failed_) break;
      Counts counts;
      for (std::uint64_t number = from; number < end; ++number) {
        const std::uint64_t seed = seed_of(task_.seed, number);
        const Setting setting = draw_setting(task_.range, seed);
        decisions.reset(task_.range, setting, seed);
        const bool failed = stage.run(setting, decisions).has_value();
        counts.add(stage.counts());
        if (!failed) continue;
        std::uint64_t known = failed_;
        while (number < known && !failed_.compare_exchange_weak(known, number)) {
        }
        break;
      }
      const std::lock_guard lock(mutex_);
      counts_.add(counts);
    }
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) done_.notify_all();
  }

  const Task& task_;
  const std::atomic<bool>& stop_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> failed_{kNone};
  std::atomic<bool> over_{false};
  bool out_of_time_ = false;
  std::mutex mutex_;
  std::condition_variable done_;
  unsigned running_ = 0;
  Counts counts_;
};

}  // namespace

std::optional<Failure> run_one(const Task& task, std::uint64_t number, Stage& stage) {
  const Range& range = task.range;
  const std::uint64_t own = seed_of(task.seed, number);
  stage.look_for(task.only);
  Setting setting = draw_setting(range, own);
  RandomDecisions decisions;
  decisions.reset(range, setting, own);
  Recording recording(decisions);
  const auto mistake = stage.run(setting, recording);
  if (!mistake) return std::nullopt;
  return Failure{std::move(setting), recording.choices(), *mistake, task.seed};
}

Found explore(const Task& task, const std::atomic<bool>& stop,
              const std::function<void(std::uint64_t)>& progress) {
  return Crew(task, stop).run(progress);
}

}  // namespace holdfast::harness::sim
