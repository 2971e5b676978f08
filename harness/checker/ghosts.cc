#include "harness/checker/ghosts.h"

#include <algorithm>
#include <limits>

#include "harness/checker/server_faults.h"

namespace holdfast::harness {

/// The call that was reported as failed and had made what a worker holds unawares.
class Makings {
 public:
  Makings(const Evidence& evidence, const Trail& trail)
      : history_(evidence.history), trail_(trail), applied_(evidence.history) {}

  struct Making {
    std::uint32_t event = kNone;  ///< kNone: it is not known
    const Fault* fault = nullptr;
  };
  /// The newest one before `witness`, if nobody has taken or removed anything since.
  Making behind(const Attempt& attempt, std::uint32_t witness) {
    const std::map<std::uint32_t, Making>& all = makings_of(attempt.worker, attempt.lock);
    const auto after = all.upper_bound(witness);
    if (after == all.begin()) return {};
    const Making& newest = std::prev(after)->second;
    const bool stands = newest.event != kNone && !changed_since(newest.event, witness);
    return stands ? newest : Making();
  }

 private:
  /// By event: from when on it is the newest of this worker, or there is none. Found at the first
  /// question.
  const std::map<std::uint32_t, Making>& makings_of(std::uint32_t worker, std::uint16_t lock) {
    const auto [place, is_new] = makings_.try_emplace({worker, lock});
    std::map<std::uint32_t, Making>& all = place->second;
    if (!is_new) return all;
    for (const std::uint32_t i : trail_.files_of(worker)) {
      const Event& event = history_.events[i];
      if (event.lock != lock) continue;
      const Deed deed = trail_.deed(event);
      if (event.phase == Phase::ok) {
        if (deed == Deed::takes || deed == Deed::removes) all[i] = {};
      } else if (deed == Deed::takes) {
        if (const Fault* const fault = applied_.of(event)) all[i] = {i, fault};
      }
    }
    return all;
  }

  /// Whether somebody is known to have taken or removed something since.
  bool changed_since(std::uint32_t making, std::uint32_t witness) {
    const Event& made = history_.events[making];
    const std::vector<std::uint32_t>& all = changes_of(made.lock);
    for (auto at = std::ranges::upper_bound(all, making); at != all.end() && *at <= witness; ++at) {
      if (history_.events[*at].began_ns > made.at_ns) return true;
    }
    return false;
  }

  const std::vector<std::uint32_t>& changes_of(std::uint16_t lock) {
    const auto [place, is_new] = changes_.try_emplace(lock);
    std::vector<std::uint32_t>& all = place->second;
    if (!is_new) return all;
    for (const std::uint32_t i : trail_.within(lock, 0, kNone - 1)) {
      const Deed deed = trail_.deed(history_.events[i]);
      const bool changes = deed == Deed::takes || deed == Deed::removes;
      if (changes && history_.events[i].phase == Phase::ok) all.push_back(i);
    }
    return all;
  }

  const History& history_;
  const Trail& trail_;
  AppliedRequests applied_;
  std::map<std::pair<std::uint32_t, std::uint16_t>, std::map<std::uint32_t, Making>> makings_;
  std::map<std::uint16_t, std::vector<std::uint32_t>> changes_;  ///< successful ones
};

namespace {

Finding finding_of(const Evidence& evidence, const Attempt& attempt, std::uint32_t witness,
                   const std::string& says) {
  Finding finding;
  finding.what = Class::ghost_hold;
  finding.lock = attempt.lock;
  finding.from_ns = attempt.sent_ns;
  finding.to_ns = std::max(attempt.back_ns, evidence.history.events[witness].at_ns);
  finding.parties = {{attempt.worker, 0, attempt.sent_ns, attempt.back_ns, Doing::waiting}};
  finding.events = in_order({attempt.invoke, attempt.back, witness});
  finding.faults = faults_near(evidence, {finding.from_ns, finding.to_ns}, finding.parties);
  finding.sentence = "The acquire of " + who(evidence, attempt.worker) + " of " +
                     which(evidence, attempt.lock) + " came back at " + seconds(attempt.back_ns) +
                     " as failed, and yet " + says + ".";
  return finding;
}

void name_lost_reply(const Evidence& evidence, const Makings::Making& making, Finding& finding) {
  const Event& made = evidence.history.events[making.event];
  finding.cause = Cause::lost_reply;
  const auto place = std::lower_bound(finding.events.begin(), finding.events.end(), making.event);
  if (place == finding.events.end() || *place != making.event) {
    finding.events.insert(place, making.event);
  }
  if (std::ranges::find(finding.faults, making.fault->id) == finding.faults.end()) {
    finding.faults.insert(finding.faults.begin(), making.fault->id);
  }
  finding.sentence += " Its entry was made by a call at " + seconds(made.at_ns) +
                      " that was reported as failed and had been applied (" +
                      making.fault->at_operation + ").";
}

constexpr std::size_t kNew = std::numeric_limits<std::size_t>::max();

}  // namespace

bool says_mine(const Event& event) {
  return event.op == Op::probe && event.phase == Phase::ok &&
         event.value == static_cast<std::uint64_t>(ProbedState::mine);
}

Ghosts::Ghosts(const Evidence& evidence, const Trail& trail)
    : evidence_(evidence), trail_(trail), makings_(std::make_unique<Makings>(evidence, trail)) {}

Ghosts::~Ghosts() = default;

void Ghosts::add(const Attempt& attempt, std::uint32_t witness, const std::string& says) {
  const Makings::Making making = makings_->behind(attempt, witness);
  std::size_t& newest = newest_.try_emplace({attempt.worker, attempt.lock}, kNew).first->second;
  std::size_t known = kNew;
  if (making.event != kNone) known = by_making_.try_emplace(making.event, kNew).first->second;
  if (known == kNew && newest != kNew && !changed(attempt, ghosts_[newest].witness, witness)) {
    known = newest;
  }
  if (known == kNew) {
    known = ghosts_.size();
    ghosts_.push_back({finding_of(evidence_, attempt, witness, says), witness, 0});
    if (making.event != kNone) name_lost_reply(evidence_, making, ghosts_[known].finding);
  } else {
    ghosts_[known].witness = witness;
    ++ghosts_[known].refusals;
  }
  newest = known;
  if (making.event != kNone) by_making_[making.event] = known;
}

void Ghosts::add_applied(const Attempt& attempt, std::uint32_t rename) {
  Finding finding = finding_of(evidence_, attempt, rename,
                               "the lock came to be held in its name by a rename of " +
                                   seconds(evidence_.history.events[rename].at_ns) +
                                   " that was reported as failed and had been applied");
  finding.cause = Cause::lost_reply;
  ghosts_.push_back({std::move(finding), rename, 0});
}

void Ghosts::tell(CheckResult& result) {
  for (Ghost& ghost : ghosts_) {
    if (ghost.refusals > 0) {
      ghost.finding.sentence +=
          " " + count(ghost.refusals, "later acquire") + " of its failed while it held that.";
    }
    harness::add(result, std::move(ghost.finding));
  }
}

/// Whether something may have ended what the worker had, after `from` and up to `to`: a grant to
/// anybody, a making or a removal by anybody, or the lock's own word.
bool Ghosts::changed(const Attempt& attempt, std::uint32_t from, std::uint32_t to) {
  const std::vector<std::uint32_t>& all = changes_of(attempt.lock);
  for (auto at = std::ranges::upper_bound(all, from); at != all.end() && *at <= to; ++at) {
    const Event& event = evidence_.history.events[*at];
    if (event.op != Op::probe || event.worker == attempt.worker) return true;
  }
  return false;
}

/// What may have ended somebody's hold: of probes, those that did not say that it is the worker's.
const std::vector<std::uint32_t>& Ghosts::changes_of(std::uint16_t lock) {
  const auto [place, is_new] = changes_.try_emplace(lock);
  for (std::uint32_t i = 0; is_new && i < evidence_.history.events.size(); ++i) {
    const Event& event = evidence_.history.events[i];
    if (event.lock != lock || event.phase != Phase::ok) continue;
    const Deed deed = event.op == Op::file ? trail_.deed(event) : Deed::nothing;
    if (event.op == Op::acquire || (event.op == Op::probe && !says_mine(event)) ||
        deed == Deed::takes || deed == Deed::removes ||
        (event.op == Op::file && trail_.is_transition(event))) {
      place->second.push_back(i);
    }
  }
  return place->second;
}

}  // namespace holdfast::harness
