#include "harness/sim/choices.h"

#include <algorithm>

namespace holdfast::harness::sim {

std::uint32_t TurnCounter::count(const Turn& turn) {
  Asked& asked = asked_[turn.able[turn.usual] % asked_.size()];
  if (asked.call != turn.call || asked.number != turn.number) asked = {turn.call, turn.number, 0};
  return asked.times++;
}

std::size_t Recording::next(const Turn& turn) {
  const Actor usual = turn.able[turn.usual];
  const std::uint32_t nth = counter_.count(turn);
  const std::size_t next = std::min(real_.next(turn), turn.able.size() - 1);
  if (next != turn.usual) {
    choices_.push_back({.what = Choice::What::turn,
                        .actor = usual,
                        .call = turn.call,
                        .number = turn.number,
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
                        .call = sending.call,
                        .number = sending.number,
                        .fate = fate});
  }
  return fate;
}

Replaying::Replaying(const Choices& choices) : choices_(choices), taken_(choices.size(), false) {}

/// The choice for this moment.
const Choice* Replaying::take(const Choice& wanted) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const Choice& choice = choices_[i];
    if (choice.what != wanted.what || choice.actor != wanted.actor || choice.call != wanted.call ||
        choice.number != wanted.number || choice.nth != wanted.nth) {
      continue;
    }
    taken_[i] = true;
    return &choice;
  }
  return nullptr;
}

std::size_t Replaying::next(const Turn& turn) {
  const Actor usual = turn.able[turn.usual];
  const Choice* const choice = take({.what = Choice::What::turn,
                                     .actor = usual,
                                     .call = turn.call,
                                     .number = turn.number,
                                     .nth = counter_.count(turn)});
  if (choice == nullptr) return turn.usual;
  const auto found = std::find(turn.able.begin(), turn.able.end(), choice->instead);
  if (found != turn.able.end()) return static_cast<std::size_t>(found - turn.able.begin());
  taken_[static_cast<std::size_t>(choice - choices_.data())] = false;
  return turn.usual;
}

Fate Replaying::fate(const Sending& sending) {
  const Choice* const choice = take({.what = Choice::What::fate,
                                     .actor = static_cast<Actor>(sending.process),
                                     .call = sending.call,
                                     .number = sending.number});
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
