// The decisions of one schedule of an exhaustive exploration: first as they are given, then the
// first of what is possible each time, while all the other ways are noted down.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <mutex>
#include <vector>

#include "harness/sim/exhaustive.h"

namespace holdfast::harness::sim {

/// The digests that were met. Any number of threads.
class KnownStates {
 public:
  /// Whether it is a new one.
  bool insert(std::uint64_t digest);
  std::uint64_t size() const { return size_; }
  /// Of memory, for the digests.
  std::uint64_t bytes();

 private:
  struct Part {
    std::mutex mutex;
    boost::unordered_flat_set<std::uint64_t> digests;
  };
  std::array<Part, 64> parts_;
  std::atomic<std::uint64_t> size_{0};
};

class Branching final : public Decisions {
 public:
  /// Which way was gone wherever there were several, from the beginning.
  using Path = std::vector<std::uint8_t>;

  /// All are kept by reference.
  Branching(const Setting& setting, const Bounds& bounds, Stage& stage, KnownStates& known,
            KnownStates& gone, const Limits& limits);

  /// A schedule that begins like this.
  void begin(Path path);
  std::size_t next(const Turn& turn) override;
  Fate fate(const Sending& sending) override;

  /// From what all have left behind, a latecomer comes once.
  bool ends() override;

  /// What was on the server in the end and who was granted what, as a digest; what was made beside
  /// the lock does not count.
  std::uint64_t ending() const { return ending_; }
  /// All decisions of the newest schedule.
  const Path& path() const { return path_; }
  /// How many steps it took, from one decision to the next, that were not taken before.
  std::uint64_t transitions() const { return transitions_; }
  /// Whether it came to a situation that was known.
  bool cut() const { return cut_; }
  /// The ways that it did not go; whoever reads them may take them.
  std::vector<Path>& others() { return others_; }

 private:
  /// What was left out of a decision, unless it turns out that it matters.
  struct Doubt {
    std::size_t at = 0;    // the decision
    std::size_t ways = 0;  // that there were; 0: there is no doubt
    Actor actor = 0;
    std::uint64_t noticed = 0;
    /// Its reply could have come late; else: others could have gone on before it.
    bool of_reply = false;
  };

  std::size_t decide(std::size_t ways);
  std::size_t decide_unless(std::size_t ways, Actor actor, bool of_reply);
  void leave(std::size_t at, std::size_t ways);
  bool mattered(const Doubt& doubt) const;
  void settle_doubt();
  void meet();
  std::uint64_t situation() const;
  std::uint64_t ending_now() const;
  bool begins(Actor actor) const;
  bool unnoticed(Actor actor) const;
  bool is_private(const Process& process) const;
  bool is_settled(const Operation& operation) const;
  bool is_change(Call call) const;
  bool has_fates(const Process& process) const;
  bool lock_is_there() const;
  bool alike(Actor actor, Actor other) const;
  bool is_noticed(const Sending& sending) const;
  void add_fates(const Sending& sending);

  const Setting& setting_;
  const Bounds& bounds_;
  Stage& stage_;
  KnownStates& known_;
  KnownStates& gone_;  // those in which all have
  const bool merges_, reduces_;
  const bool answers_again_;  // the server knows all that is sent again
  bool plain_;                // nobody compares stamps, or remembers anything
  std::vector<Numbering> numberings_;
  Duration step_, long_;
  Bounds left_;
  Path path_;
  std::size_t at_ = 0;
  bool cut_ = false;
  std::uint64_t ending_ = 0;
  std::uint64_t transitions_ = 0;
  Doubt doubt_;
  std::vector<Path> others_;
  std::vector<std::size_t> ways_;
  std::vector<Fate> fates_;
};

}  // namespace holdfast::harness::sim
