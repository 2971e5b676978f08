#include "harness/checker/ghosts.h"

#include <algorithm>
#include <limits>

#include "harness/checker/failed_operation.h"
#include "harness/checker/origins.h"
#include "harness/result/count.h"

namespace holdfast::harness {

/// What a worker holds unawares: by which request, that no call was told of, it was made; or by
/// which such request what its worker had made could no longer be told for its own; or after which
/// failed operation its worker left it.
class Makings {
 public:
  Makings(const Evidence& evidence, const Trail& trail)
      : evidence_(evidence), history_(evidence.history), trail_(trail), origins_(evidence, trail) {}

  struct Making {
    std::uint32_t event = kNone;       ///< the call whose request it was
    const Unheard* request = nullptr;  ///< nullptr: it is not known
    bool of_claim = false;             ///< it is of the claim, of which the entry is a link
    std::uint32_t failed = kNone;      ///< its worker's operation on what it had made
  };
  /// The newest one before `witness`, if nobody has taken or removed anything since.
  Making behind(const Attempt& attempt, std::uint32_t witness) {
    const std::map<std::uint32_t, Making>& all = makings_of(attempt.worker, attempt.lock);
    const auto after = all.upper_bound(witness);
    if (after == all.begin()) return {};
    const Making& newest = std::prev(after)->second;
    if (newest.event == kNone) return {};
    const std::int64_t made_ns = history_.events[newest.event].at_ns;
    if (newest.request == nullptr) return left(attempt, newest.event, witness);
    const std::int64_t since_ns = std::max(made_ns, newest.request->at_ns);
    return changed_since(attempt.lock, since_ns, witness) ? Making() : newest;
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
      if (deed != Deed::takes && deed != Deed::removes) continue;
      if (event.phase == Phase::ok) {
        all[i] = {deed == Deed::takes ? i : kNone, nullptr};
      } else if (const Unheard* const request = trail_.request_of(i)) {
        if (deed == Deed::takes) all[i] = {i, request};
      }
    }
    for (const std::uint32_t unheard : trail_.unheard_of(lock)) {
      const Event& made = trail_.did(unheard);
      if (made.worker != worker || trail_.deed(made) != Deed::takes) continue;
      // Its program goes on when it has been answered, if it was still waiting.
      const auto at = std::ranges::lower_bound(history_.events, made.at_ns, {}, &Event::at_ns);
      const auto after = static_cast<std::uint32_t>(at - history_.events.begin());
      const std::uint32_t call = trail_.recorded(unheard);
      all[std::max(call, after)] = {call, trail_.unheard(unheard)};
    }
    return all;
  }

  /// An own entry that its worker could not tell for its own any more, or had an error with.
  Making left(const Attempt& attempt, std::uint32_t making, std::uint32_t witness) {
    const Event& made = history_.events[making];
    if (changed_since(made.lock, made.at_ns, witness)) return {};
    const Unheard* const request = origins_.of_claim(making, history_.events[witness].at_ns);
    if (request != nullptr) return {trail_.index_of(*request), request, true};
    const std::uint32_t failed =
        failed_operation_after(evidence_, making, std::max(witness, attempt.back));
    return failed == kNone ? Making() : Making{making, nullptr, false, failed};
  }

  /// Whether somebody is known to have taken or removed something since this instant.
  bool changed_since(std::uint16_t lock, std::int64_t since_ns, std::uint32_t witness) {
    const std::vector<std::uint32_t>& all = changes_of(lock);
    const auto from = std::ranges::upper_bound(
        all, since_ns, {}, [this](std::uint32_t i) { return history_.events[i].at_ns; });
    return std::any_of(from, all.end(), [&](std::uint32_t i) {
      return i <= witness && history_.events[i].began_ns > since_ns;
    });
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

  const Evidence& evidence_;
  const History& history_;
  const Trail& trail_;
  Origins origins_;
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

void show(Finding& finding, std::uint32_t event) {
  const auto place = std::lower_bound(finding.events.begin(), finding.events.end(), event);
  if (place == finding.events.end() || *place != event) finding.events.insert(place, event);
}

void name_failed_operation(const Evidence& evidence, const Makings::Making& making,
                           Finding& finding) {
  finding.cause = Cause::failed_operation;
  for (const std::uint32_t event : {making.event, making.failed}) show(finding, event);
  finding.sentence += " It had made its entry at " +
                      seconds(evidence.history.events[making.event].at_ns) + ", and " +
                      words_of_failed(evidence, making.failed) + ".";
}

void name_lost_reply(const Evidence& evidence, const Makings::Making& making, Finding& finding) {
  const Event& made = evidence.history.events[making.event];
  finding.cause = Cause::lost_reply;
  show(finding, making.event);
  show_fault(*making.request, finding);
  if (!making.of_claim) {
    finding.sentence += " Its entry was made by a call";
  } else if (making.request->file == FileOp::unlink) {
    finding.sentence += " The claim that it is a link of was removed by a call";
  } else {
    finding.sentence += " What it is was emptied by a call";
  }
  finding.sentence +=
      " at " + seconds(made.at_ns) +
      (making.request->repeated() ? ", once more" : " that was reported as failed") + ": " +
      words_of(*making.request) + ".";
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
    Finding& made = ghosts_[known].finding;
    if (making.request != nullptr) name_lost_reply(evidence_, making, made);
    if (making.failed != kNone) name_failed_operation(evidence_, making, made);
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
