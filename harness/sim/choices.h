// A schedule's decisions by name: so that they can be kept, taken out one by one, and taken again.
//
// Only what differs from the uneventful course is kept. A choice says at which operation of which
// process it was taken: "the second rename of p1"; it does not say how many decisions, or other
// operations, came before. So it stays what it was when others are taken out, and when code that
// has nothing to do with it does more or less than before; and one whose moment never comes says
// so.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "harness/sim/decisions.h"

namespace holdfast::harness::sim {

struct Choice {
  enum class What : std::uint8_t { turn, fate };
  What what = What::fate;
  /// fate: whose operation. turn: who would have gone on.
  Actor actor = 0;
  /// The operation, and the how manieth of its kind it is. turn: that it was about to begin, or had
  /// begun last.
  Call call = Call::status;
  std::uint32_t number = 0;
  Fate fate{};
  std::uint32_t nth = 0;  ///< turn: the n-th time it was asked about, counted from 0
  Actor instead = 0;      ///< turn: who went on

  bool operator==(const Choice&) const = default;
};

using Choices = std::vector<Choice>;

/// Counts how often one and the same turn was asked about.
class TurnCounter {
 public:
  void reset() { asked_.fill({}); }
  std::uint32_t count(const Turn& turn);

 private:
  struct Asked {
    Call call = Call::status;
    std::uint32_t number = ~std::uint32_t{0};
    std::uint32_t times = 0;
  };
  std::array<Asked, 64> asked_{};
};

/// Takes another's decisions, and keeps what is out of the ordinary.
class Recording final : public Decisions {
 public:
  explicit Recording(Decisions& real) : real_(real) {}
  std::size_t next(const Turn& turn) override;
  Fate fate(const Sending& sending) override;
  bool ends() override { return real_.ends(); }
  const Choices& choices() const { return choices_; }

 private:
  Decisions& real_;
  Choices choices_;
  TurnCounter counter_;
};

/// Takes the decisions that were kept.
class Replaying final : public Decisions {
 public:
  /// `choices` are kept by reference.
  explicit Replaying(const Choices& choices);
  std::size_t next(const Turn& turn) override;
  Fate fate(const Sending& sending) override;
  /// What never came to pass, by index: its moment did not come, or it was not possible then.
  std::vector<std::size_t> missed() const;

 private:
  const Choice* take(const Choice& wanted);

  const Choices& choices_;
  std::vector<bool> taken_;
  TurnCounter counter_;
};

}  // namespace holdfast::harness::sim
