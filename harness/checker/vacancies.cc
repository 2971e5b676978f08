#include "harness/checker/vacancies.h"

#include <algorithm>
#include <map>

namespace holdfast::harness {
namespace {

bool meet(const Span& a, const Span& b) {
  return a.from_ns <= b.until_ns && b.from_ns <= a.until_ns;
}

/// Until when each attempt on a lock that failed or was cut off may have come to hold it unseen.
std::vector<std::int64_t> unseen_ends(const Evidence& evidence, std::uint16_t lock) {
  std::vector<std::int64_t> ends;
  for (const std::uint32_t index : evidence.holds.attempts_of[lock]) {
    const Attempt& attempt = evidence.holds.attempts[index];
    if (attempt.outcome == Phase::ok) continue;
    for (const Span& pause : evidence.holds.pauses[attempt.worker]) {
      if (meet(pause, {attempt.sent_ns, attempt.back_ns})) ends.push_back(attempt.back_ns);
    }
    for (const Span& kill : evidence.holds.kills[attempt.worker]) {
      if (meet(kill, {attempt.sent_ns, attempt.back_ns})) ends.push_back(kill.until_ns);
    }
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

/// For how long this attempt may have had the lock within the span although it was not granted
/// then.
std::int64_t perhaps_held_ns(const Evidence& evidence, const Attempt& attempt, const Span& span) {
  std::int64_t all_ns = 0;
  for (const Span& pause : evidence.holds.pauses[attempt.worker]) {
    if (!meet(pause, span) || !meet(pause, {attempt.sent_ns, attempt.back_ns})) continue;
    if (evidence.terms.leases) return longest_lease_ns(evidence.terms);
    all_ns += pause.until_ns - pause.from_ns;
  }
  return all_ns;
}

/// Attempts of which nobody knows what they got. They may hold the lock until that was given up, or
/// somebody else is granted it.
class Unknown {
 public:
  Unknown(const Holds& holds, std::uint16_t lock) : holds_(holds), all_(holds.attempts_of[lock]) {}

  /// Until when they may have held it, as far as that is before `at_ns`; kNever: perhaps still.
  std::int64_t latest_before(std::int64_t at_ns) {
    for (; next_ < all_.size() && holds_.attempts[all_[next_]].sent_ns < at_ns; ++next_) {
      if (holds_.attempts[all_[next_]].outcome == Phase::info) open_.push_back(all_[next_]);
    }
    std::erase_if(open_, [&](std::uint32_t index) {
      const std::int64_t gone_ns = holds_.attempts[index].gone_ns;
      if (gone_ns > at_ns) return false;
      latest_ns_ = std::max(latest_ns_, gone_ns);
      return true;
    });
    return open_.empty() ? latest_ns_ : kNever;
  }
  void granted(std::int64_t at_ns) {
    std::erase_if(open_,
                  [&](std::uint32_t index) { return holds_.attempts[index].back_ns <= at_ns; });
  }

 private:
  const Holds& holds_;
  const std::vector<std::uint32_t>& all_;
  std::size_t next_ = 0;
  std::vector<std::uint32_t> open_;
  std::int64_t latest_ns_ = 0;
};

/// When the last pause of a granted worker within its own call ended: it may have had the lock from
/// before that pause on.
std::int64_t last_pause_of_taker(const Evidence& evidence, std::uint32_t index) {
  const Hold& hold = evidence.holds.holds[index];
  const std::int64_t sent_ns = evidence.holds.attempts[hold.attempt].sent_ns;
  std::int64_t last_ns = std::numeric_limits<std::int64_t>::min();
  for (const Span& pause : evidence.holds.pauses[hold.worker]) {
    if (meet(pause, {sent_ns, hold.from_ns})) last_ns = std::max(last_ns, pause.until_ns);
  }
  return last_ns;
}

/// The holds of one lock so far, and when the last of them was given up.
class Ended {
 public:
  explicit Ended(const Evidence& evidence) : evidence_(evidence) {}

  void add(std::uint32_t index) {
    const Hold& hold = evidence_.holds.holds[index];
    // Whoever is not known to have given it up has, when somebody else is granted it afterwards.
    std::erase_if(open_, [&](std::uint32_t open) {
      const Hold& before = evidence_.holds.holds[open];
      const std::int64_t unsure_ns = uncertainty_ns(evidence_.history, before.worker, hold.worker);
      if (before.until_ns + unsure_ns > hold.from_ns) return false;
      note(open, hold.from_ns);
      return true;
    });
    if (hold.gone_ns == kNever) {
      open_.push_back(index);
    } else {
      note(index, hold.gone_ns);
    }
  }

  bool all() const { return open_.empty(); }
  std::int64_t since_ns() const { return since_ns_; }
  std::uint32_t last() const { return last_; }

 private:
  void note(std::uint32_t index, std::int64_t gone_ns) {
    if (last_ != kNone && gone_ns < since_ns_) return;
    since_ns_ = gone_ns;
    last_ = index;
  }

  const Evidence& evidence_;
  std::vector<std::uint32_t> open_;
  std::uint32_t last_ = kNone;  ///< the one that ended last
  std::int64_t since_ns_ = 0;
};

/// The vacancies of one lock that are longer than `more_than_ns`.
std::vector<Vacancy> vacancies_of(const Evidence& evidence, std::uint16_t lock,
                                  std::int64_t more_than_ns) {
  const std::vector<std::int64_t> unseen = unseen_ends(evidence, lock);
  std::vector<Vacancy> found;
  std::size_t next_unseen = 0;
  std::int64_t seen_ns = 0;  // the last of those unseen
  Ended ended(evidence);
  Unknown unknown(evidence.holds, lock);
  const auto vacant_until = [&](std::int64_t until_ns, std::uint32_t next) {
    while (next_unseen < unseen.size() && unseen[next_unseen] <= until_ns) {
      seen_ns = unseen[next_unseen++];
    }
    std::int64_t from_ns = std::max({ended.since_ns(), seen_ns, unknown.latest_before(until_ns)});
    if (next != kNone) from_ns = std::max(from_ns, last_pause_of_taker(evidence, next));
    if (!ended.all() || from_ns == kNever || until_ns - from_ns <= more_than_ns) return;
    found.push_back({lock, {from_ns, until_ns}, ended.last(), next, 0, kNobody, 0});
  };
  for (const std::uint32_t index : evidence.holds.holds_of[lock]) {
    vacant_until(evidence.holds.holds[index].from_ns, index);
    ended.add(index);
    unknown.granted(evidence.holds.holds[index].from_ns);
  }
  vacant_until(evidence.history.end_ns, kNone);
  return found;
}

/// Fills in who waited longest, for vacancies of one lock that are in order and do not overlap.
void find_waiters(const Evidence& evidence, std::vector<Vacancy>& vacancies) {
  if (vacancies.empty()) return;
  const auto& attempts = evidence.holds.attempts_of[vacancies.front().lock];
  std::vector<std::uint32_t> pending;
  std::size_t next = 0;
  for (Vacancy& vacancy : vacancies) {
    for (; next < attempts.size(); ++next) {
      if (evidence.holds.attempts[attempts[next]].sent_ns >= vacancy.span.until_ns) break;
      pending.push_back(attempts[next]);
    }
    std::erase_if(pending, [&](std::uint32_t index) {
      return evidence.holds.attempts[index].back_ns <= vacancy.span.from_ns;
    });
    vacancy.unsure_ns = worst_uncertainty_ns(evidence.history);
    std::map<std::uint32_t, std::int64_t> waited;
    for (const std::uint32_t index : pending) {
      const Attempt& attempt = evidence.holds.attempts[index];
      // An error is a refusal to wait: who gets one after the other is not waiting for a holder.
      if (attempt.why != Why::error) {
        waited[attempt.worker] += waited_ns(evidence, attempt, vacancy.span);
      }
      vacancy.unsure_ns += perhaps_held_ns(evidence, attempt, vacancy.span);
    }
    for (const auto& [worker, time_ns] : waited) {
      if (time_ns <= vacancy.waited_ns) continue;
      vacancy.waited_ns = time_ns;
      vacancy.waiter = worker;
    }
  }
}

}  // namespace

std::int64_t waited_ns(const Evidence& evidence, const Attempt& attempt, const Span& span) {
  Span waiting{std::max(attempt.sent_ns, span.from_ns), std::min(attempt.back_ns, span.until_ns)};
  for (const Span& kill : evidence.holds.kills[attempt.worker]) {
    if (kill.until_ns >= attempt.sent_ns) {
      waiting.until_ns = std::min(waiting.until_ns, kill.from_ns);
    }
  }
  if (waiting.empty()) return 0;
  std::int64_t waited = waiting.until_ns - waiting.from_ns;
  std::int64_t counted_to_ns = waiting.from_ns;
  for (const Span& pause : evidence.holds.pauses[attempt.worker]) {
    const std::int64_t from_ns = std::max(pause.from_ns, counted_to_ns);
    const std::int64_t until_ns = std::min(pause.until_ns, waiting.until_ns);
    if (until_ns <= from_ns) continue;
    waited -= until_ns - from_ns;
    counted_to_ns = until_ns;
  }
  return waited;
}

std::int64_t longest_lease_ns(const Terms& terms) {
  return terms.leases ? terms.lifetime_ns + terms.margin_ns : 0;
}

std::vector<Vacancy> find_vacancies(const Evidence& evidence, std::int64_t more_than_ns) {
  std::vector<Vacancy> all;
  more_than_ns += worst_uncertainty_ns(evidence.history);
  for (std::uint16_t lock = 0; lock < evidence.history.locks.size(); ++lock) {
    std::vector<Vacancy> found = vacancies_of(evidence, lock, more_than_ns);
    find_waiters(evidence, found);
    for (const Vacancy& vacancy : found) {
      if (vacancy.waited_ns > more_than_ns) all.push_back(vacancy);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Vacancy& a, const Vacancy& b) {
    return a.span.from_ns < b.span.from_ns;
  });
  return all;
}

}  // namespace holdfast::harness
