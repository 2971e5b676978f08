// What both protocols share: a lease that belongs to one process, and a call of acquire that waits.
//
// Fault model: a process forks, and its child owns nothing; clocks stand still for a lease and for
// its waiters at different times (os/time.h says which of them counts); an error passes, or stays
// for as long as a lease. What a lock is on disk, and how it is taken, is the protocol's own.
#pragma once

#include <holdfast/protocol/pace.h>
#include <holdfast/protocol/protocol.h>

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

namespace holdfast {

class LeaseProtocol : public Protocol {
 public:
  void set_lifetime(Duration lifetime) final { options_.lifetime = lifetime; }
  bool held() const final { return remaining() > Duration::zero(); }
  Duration remaining() const final;
  std::optional<os::RawTime> lease_end() const final;
  WaitCounts waits() const final { return pace_.counts(); }
  const Failure& last_failure() const final { return failure_; }

 protected:
  enum class Phase {
    none,
    held,
    leaving,  ///< ours, but no more relied on: it must be given back
  };
  enum class Step { granted, look, wait, end };

  /// What one call of acquire knows.
  struct Waiting {
    Patience patience;
    const Request& request;
    os::Stamp start;
    Duration pause{};                       ///< of the next wait, at most; 0: as the pace has it
    Duration rest{};                        ///< of the next wait, whatever happens; 0: none
    std::optional<os::Process> holder{};    ///< whose end should wake us
    std::optional<os::RawTime> prove_at{};  ///< when to ask the kernel about it again
    int turns = 0;
    std::error_code trouble{};  ///< an error that may pass, since `trouble_since`
    os::Stamp trouble_since{};
    std::error_code error{};  ///< why it ends
    Grant granted{};
  };

  static constexpr int kTurns = 8;  // of a one-attempt call that somebody always gets ahead of
  static constexpr Duration kSettle = std::chrono::milliseconds(250);  // for a doubtful request
  static constexpr Duration kShortPause = std::chrono::milliseconds(20);
  static constexpr Duration kProveAgain = std::chrono::milliseconds(10);

  LeaseProtocol(const std::string& watched, const Options& options, os::System system);

  /// Whether acquire may begin: already_held, if it is held.
  bool may_acquire(std::error_code& error);
  /// Turns and waits until the lock is granted, or there is nothing left to hope for: then
  /// `waiting.error` says why. `turn` and `wait` return what to do next.
  template <class Turn, class Wait>
  Step persist(Waiting& waiting, Step step, Turn turn, Wait wait) {
    while (step != Step::granted && step != Step::end) {
      if (is_over(waiting, step)) return Step::end;
      if (step == Step::wait) step = wait();
      if (step == Step::look) step = turn();
    }
    return step;
  }
  /// One wait of such a call.
  os::Wake wait(Waiting& waiting);
  /// Whether this error, which may pass, has lasted for as long as a lease: who waits for ever
  /// wants to know.
  bool stays(Waiting& waiting, std::error_code error);

  bool forked() const { return system_.host->fork_count() != fork_count_; }
  /// What the parent holds, knows to be its own and watches stays the parent's.
  void notice_fork();
  /// Finds out who we are, once per process.
  void identify();
  Duration patience_left(os::Stamp start, Duration patience) const;
  std::error_code note(std::error_code error, const char* call, const std::string& path);

  Options options_;
  os::System system_;
  Pace pace_;
  Failure failure_;
  bool place_checked_ = false;  // renames are judged by name here
  Phase phase_ = Phase::none;

 private:
  bool is_over(Waiting& waiting, Step step);

  /// When the lease that is held was asked for, and what is left of it; asked only while `held`.
  virtual os::Stamp lease_start() const = 0;
  virtual Duration lease_left(const os::Stamp& now) const = 0;
  /// Forgets what was the parent process's.
  virtual void forget_parent() = 0;
  /// Learns this process's name and number.
  virtual void learn_self() = 0;

  std::uint64_t fork_count_;
  bool identified_ = false;
};

}  // namespace holdfast
