// The properties: what a lock must never do, checked after every step with the world's knowledge.
//
// A hold is entitled from the return of acquire until release is called, the process ends, or the
// lock itself says that no lease remains. From that follow, in the words of the harness's verdicts:
//   mutual_exclusion  two entitled holds at once
//   token_regression  a later grant with a token that is not higher
//   spurious_loss     an entitled hold's state on the server was ended, by whomever
//   false_hold        acquire or refresh reported success, and the server's state says otherwise
//   ghost_hold        acquire reported failure, yet the lock is, or comes to be, held in its name
//   api_contract      release or refresh said something else than what became of the grant; an
//                     error that nothing explains; patience overrun where nothing went wrong
//   wedge             somebody waits, nothing goes wrong any more, and nobody gets the lock for
//                     longer than progress.h says; or ever, as nobody will wake
// and what fence_record.h says of the resource that the lock protects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/sim/contender.h"
#include "harness/sim/fence_record.h"
#include "harness/sim/progress.h"
#include "harness/sim/world.h"

namespace holdfast::harness::sim {

struct Mistake {
  std::string checker;
  std::string sentence;  ///< what happened, in words
  /// stolen_release, double_break, premature_break, refresh_against_break, where a lock file was
  /// removed under its holder, by whoever was about to; server_lost_state, where the server has
  /// forgotten.
  std::string cause;
  Duration at{};
  bool out_of_contract = false;  ///< clocks were further apart than the lock's contract allows
};

/// "mutual_exclusion (premature_break, out_of_contract)".
std::string words_of(const Mistake& mistake);
/// All causes that there are.
const std::vector<std::string>& causes();

/// Which mistakes count. What is left out is any.
struct Sought {
  std::string checker{};
  std::string cause{};
  bool out_of_contract = false;  ///< only what is

  bool is(const Mistake& mistake) const;
  bool operator==(const Sought&) const = default;
};

/// Only what is of the same kind: for a schedule that is to fail as it did.
Sought like(const Mistake& mistake);

/// Where a process is, as far as its lock is concerned.
struct Lane {
  char letter;
  const char* meaning;
  const char* name;  ///< for programs
};
/// All there are.
const std::vector<Lane>& lanes();

/// What a number of schedules have shown.
struct Counts {
  std::uint64_t schedules = 0;
  std::uint64_t steps = 0;
  std::uint64_t acquires = 0;
  std::uint64_t grants = 0;
  std::uint64_t handoffs = 0;  ///< grants to another process than the one before
  std::uint64_t taken = 0;     ///< holds that others ended: take-overs and burns
  std::uint64_t crashes = 0;
  std::uint64_t mishaps = 0;
  std::uint64_t incidents = 0;
  std::uint64_t too_long = 0;  ///< schedules that were cut off
  /// The longest that somebody waited since the newest grant, renewal or fault, as a part of what
  /// is allowed (progress.h).
  double longest_wait = 0;

  void add(const Counts& other);
};

/// A keeper says that the lease is lost.
struct KeeperLoss {
  bool by_word = false;   ///< of a renewal
  bool renewing = false;  ///< one is under way
  Duration late{};        ///< since the lease was over, by what it knew
  bool warned = false;    ///< it had told that the lease would end
};

class Ledger final : public Observer {
 public:
  static constexpr Duration kPatienceSlack = std::chrono::seconds(1);
  /// For how long a schedule goes on after a mistake, and how long those who know only what
  /// processes see leave a lock to nobody: they cannot tell when something last went wrong.
  static Duration enough(const Options& options) {
    return std::chrono::minutes(1) + 3 * (options.lifetime + options.slop);
  }

  /// So many steps in which no time passes, nobody sleeps and nothing is under way are enough for
  /// whoever can go on: no more will ever come to help.
  static constexpr std::uint64_t kMostStill = 10'000;

  /// Everything anew. The references are kept.
  void reset(World& world, const Kind& kind);
  /// Whether the schedule goes on for a while after the first mistake, for what comes of it to be
  /// seen.
  void go_on(bool go_on) { goes_on_ = go_on; }
  /// Only such mistakes count.
  void look_for(Sought sought) { sought_ = std::move(sought); }

  const std::optional<Mistake>& mistake() const { return mistake_; }
  const Counts& counts() const { return counts_; }
  const Standing& standing() const { return standing_; }
  /// Where a process is: the letter of one of lanes().
  char lane(std::size_t process) const;
  /// Whether the lock's state on the server is this process's, of this life.
  bool owns(const Process& process) const;
  /// Whether there is a reason for this error, which is neither a timeout nor a loss: what the
  /// world did, or that this process has not got rid of the lock.
  bool explains(const Process& process, std::error_code error) const;
  /// For how long, in all, something went wrong before the first mistake.
  Duration disturbed() const { return disturbed_; }
  /// What its later verdicts depend on.
  void add_to(Digest& digest) const;
  /// Whose grants there were, in order, and what became of them.
  void add_grants(Digest& digest) const;
  /// Whether an operator has broken this grant by force.
  bool is_broken(std::uint64_t grant) const;
  /// A process on another host than the newest hold's; the first one, if there is none.
  std::size_t stranger() const;
  /// Whether a process waits for the lock, for as long as it takes.
  bool waits_for_ever(std::size_t process) const;

  void threw(const Process& process, const std::string& what);

  void acquires(const Process& process, Duration patience) override;
  void granted(const Process& process, const Contender& lock) override;
  void not_granted(const Process& process, std::error_code error) override;
  void refreshes(const Process& process, Duration lifetime) override;
  void refreshed(const Process& process, const Contender& lock, std::error_code error) override;
  void releases(const Process& process) override;
  void released(const Process& process, std::error_code error) override;
  void breaks(const Process& process, std::uint64_t shown) override;
  void broke(const Process& process, std::error_code error) override;

  // What is asked beside. Before the call:
  void wants_token(const Process& process, Token least);
  void is_stopped(const Process& process);
  void asks_state(const Process& process);
  // After it:
  void told_state(const Process& process, State state, std::error_code error);
  /// A child tried to use what its parent holds.
  void child_answered(const Process& process, const char* call, std::error_code error);
  void keeper_lost(const Process& process, const KeeperLoss& loss);
  void fence_answered(const Process& process, const char* call, std::error_code error,
                      Verdict verdict);
  FenceRecord& fence() { return fence_; }
  /// All who were there have gone; what comes is the first process once more, and nothing goes
  /// wrong any more.
  void latecomer_comes();
  void latecomer_gave_up();

  void applied(const Request& request, const Process& by) override;
  void answered(const Process& process, const Operation& operation, const Fate& fate,
                int error) override;
  void crashed(const Process& process) override;
  void happened(const Incident& incident, std::size_t forgotten) override;
  void passed() override { check_progress(); }
  void stands_still() override;
  void forked(const Process& process, bool parent_stays) override;

 private:
  enum class Stage { idle, acquiring, holding, releasing, breaking };
  struct Worker {
    Stage stage = Stage::idle;
    bool owes = false;  // something is left for a release
    bool crashed = false;
    const Contender* lock = nullptr;
    std::uint64_t grant = 0;  // of the server, that it was told to have; 0: none
    Duration since{};
    Duration patience{};
    Duration lease_end{};  // while it refreshes or releases: as it was before
    std::uint32_t life = 0;
    std::uint64_t judged = 0;  // the file at the lock's path that it has looked at last
    Duration judged_at{};
    Token least = 0;                        // that it wants
    Duration stopped_at = Round::kForEver;  // its acquire was told to stop
    std::uint64_t changes = 0;              // of the standing, before it asked for the state
  };
  struct Grant {
    std::uint64_t id;
    std::size_t process;
    std::uint32_t life;
    bool ended = false;
    bool by_another = false;
    std::string how{};    // it was ended, if by another
    std::string cause{};  // what that means, if the holder was entitled
    bool broken = false;  // by force: its holder is entitled no more
    Duration renewed_at{};
  };
  /// What a parent holds, whose child goes on in its place.
  struct Orphan {
    std::uint64_t grant;
    std::size_t process;
    const HostState* host;
    os::Stamp since;
    Duration left;
  };
  /// An operator's break, and what it was to end.
  struct Forced {
    std::size_t process;
    std::uint64_t grant;
  };

  bool entitled(std::size_t process) const;
  bool entitled(const Orphan& orphan) const;
  bool nothing_went_wrong() const;
  std::string cause_of_ending(const Grant& grant, const Worker& ender) const;
  Grant* find(std::uint64_t id);
  void end_grant(const Request& request, const Process& by);
  void begin_grant(const Request& request, const Process& by);
  void check_explained(const Process& process, std::error_code error, const char* call);
  void check_patience(const Process& process);
  void check_loss(const Process& process, const Grant* grant, Duration lease_end);
  void note_lease(const Process& process);
  void check_progress();
  void check_livelock();
  std::pair<std::size_t, Duration> longest_wait();
  /// A wait counts from then on, at the earliest.
  void progress(Duration until) {
    quiet_since_ = std::max(quiet_since_, until);
    still_since_ = world_->steps();
  }
  bool out_of_contract() const;
  std::string fate_of(std::uint64_t grant);
  std::string cause_of(std::uint64_t grant);
  void find_mistake(const char* checker, std::string sentence, std::string cause = {});

  World* world_ = nullptr;
  const Kind* kind_ = nullptr;
  std::vector<Worker> workers_;
  std::vector<Grant> grants_;
  std::vector<Orphan> orphans_;
  std::vector<Forced> forced_;
  FenceRecord fence_;
  bool fenced_ = false;  // there is a fence to be watched
  Standing standing_;
  std::optional<Mistake> mistake_;
  Sought sought_;
  bool goes_on_ = false;
  Counts counts_;
  Token highest_ = 0;
  std::size_t last_holder_ = 0;
  std::uint64_t changes_ = 0;  // of the standing
  Duration most_wait_{};
  Duration quiet_since_{};         // the newest grant, renewal or fault
  Duration still_at_{};            // the newest instant,
  std::uint64_t still_since_ = 0;  // and its first step, or that of what has come of it
  Duration disturbed_{};
  bool errors_injected_ = false;
  bool state_forgotten_ = false;
};

/// "1.500 ms".
std::string millis(Duration duration);
/// "p2", as people are told.
std::string name_of(const Process& process);

}  // namespace holdfast::harness::sim
