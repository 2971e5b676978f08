#include "harness/sim/choices.h"

#include <algorithm>

namespace holdfast::harness::sim {

std::uint32_t TurnCounter::count(Actor usual, std::uint32_t operation) {
  Asked& asked = asked_[usual % asked_.size()];
  if (asked.operation != operation) asked = {operation, 0};
  return asked.times++;
}

std::size_t Recording::next(const Turn& turn) {
  const Actor usual = turn.able[turn.usual];
  const std::uint32_t nth = counter_.count(usual, turn.operation);
  const std::size_t next = std::min(real_.next(turn), turn.able.size() - 1);
  if (next != turn.usual) {
    choices_.push_back({.what = Choice::What::turn,
                        .actor = usual,
                        .operation = turn.operation,
                        .nth = nth,
                        .instead = turn.able[next]});
  }
  return next;
}

Fate Recording::fate(const Sending& sending) {
  const Fate fate = real_.fate(sending);
  if (fate.mishap != Mishap::none) {
    choices_.push_back({.what = Choice::What::fate,
                        .actor = static_cast<Actor>(sending.process),
                        .operation = sending.operation,
                        .call = sending.call,
                        .fate = fate});
  }
  return fate;
}

Replaying::Replaying(const Choices& choices) : choices_(choices), taken_(choices.size(), false) {}

/// The choice for this moment.
const Choice* Replaying::take(const Choice& wanted) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const Choice& choice = choices_[i];
    if (choice.what != wanted.what || choice.actor != wanted.actor ||
        choice.operation != wanted.operation || choice.nth != wanted.nth) {
      continue;
    }
    if (choice.what == Choice::What::fate && choice.call != wanted.call) continue;
    taken_[i] = true;
    return &choice;
  }
  return nullptr;
}

std::size_t Replaying::next(const Turn& turn) {
  const Actor usual = turn.able[turn.usual];
  const Choice* const choice = take({.what = Choice::What::turn,
                                     .actor = usual,
                                     .operation = turn.operation,
                                     .nth = counter_.count(usual, turn.operation)});
  if (choice == nullptr) return turn.usual;
  const auto found = std::find(turn.able.begin(), turn.able.end(), choice->instead);
  if (found != turn.able.end()) return static_cast<std::size_t>(found - turn.able.begin());
  taken_[static_cast<std::size_t>(choice - choices_.data())] = false;
  return turn.usual;
}

Fate Replaying::fate(const Sending& sending) {
  const Choice* const choice = take({.what = Choice::What::fate,
                                     .actor = static_cast<Actor>(sending.process),
                                     .operation = sending.operation,
                                     .call = sending.call});
  return choice == nullptr ? Fate{} : choice->fate;
}

std::vector<std::size_t> Replaying::missed() const {
  std::vector<std::size_t> missed;
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    if (!taken_[i]) missed.push_back(i);
  }
  return missed;
}

}  // namespace holdfast::harness::sim
