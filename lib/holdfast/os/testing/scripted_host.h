// A clock and a host that do what a test says: nothing here sleeps, and no two runs differ.
//
// How they differ from the real thing: waiting takes no time but moves the clock; nothing wakes a
// wait early but the script; a process is dead when the test says so.
#pragma once

#include <holdfast/os/os.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace holdfast::os::testing {

/// Stands still until it is moved. Several hosts of one test may have one each, or share one.
class ManualClock final : public Clock {
 public:
  Stamp now() override { return {RawTime(raw_), BootTime(boot_)}; }
  WallTime wall() override { return WallTime(wall_); }

  void advance(Duration by) { raw_ += by, boot_ += by, wall_ += by; }
  /// The host sleeps: CLOCK_MONOTONIC_RAW stands still.
  void suspend(Duration by) { boot_ += by, wall_ += by; }
  void step_wall(Duration by) { wall_ += by; }

 private:
  Duration raw_ = std::chrono::hours(1);
  Duration boot_ = std::chrono::hours(2);
  Duration wall_ = std::chrono::hours(24 * 365 * 56);
};

class ScriptedHost final : public Host {
 public:
  ScriptedHost(ManualClock& clock, Process self) : clock_(clock), self_(std::move(self)) {}

  /// Called for every wait, before the clock is moved: here others act. What it returns is what the
  /// wait returns; `changed` and `ended` leave the clock alone.
  std::function<Wake(Duration at_most)> on_wait;
  bool notifies = false;        ///< whether watches are told of changes
  std::string arrives;          ///< what a watch has learnt by a wait that ended with `changed`
  Duration spins{};             ///< how long a wait is to look without sleeping
  std::set<std::int64_t> dead;  ///< pids of this machine that are proved dead
  std::uint64_t waits = 0;
  Duration waited{};
  std::uint64_t forks = 0;

  Process self() override { return self_; }
  Life life(const Process& process) override {
    const bool ours =
        self_.machine != 0 && self_.machine == process.machine && self_.host == process.host;
    return ours && dead.contains(process.pid) ? Life::proved_dead : Life::not_proved_dead;
  }
  std::uint64_t random_bits() override { return ++random_ * 0x9e3779b97f4a7c15 ^ self_pid(); }
  std::uint64_t fork_count() override { return forks; }
  std::unique_ptr<Watch> watch(const std::string& directory) override;
  Wake sleep(Duration at_most, const std::stop_token& stop) override;

 private:
  std::uint64_t self_pid() const { return static_cast<std::uint64_t>(self_.pid) << 32; }

  ManualClock& clock_;
  Process self_;
  std::uint64_t random_ = 0;
};

}  // namespace holdfast::os::testing
