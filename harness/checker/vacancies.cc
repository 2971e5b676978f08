#include "harness/checker/vacancies.h"

#include <algorithm>
#include <map>

namespace holdfast::harness {
namespace {

bool meet(const Span& a, const Span& b) {
  return a.from_ns <= b.until_ns && b.from_ns <= a.until_ns;
}

/// Until when each attempt on a lock, other than the granted ones, may have come to hold it unseen.
std::vector<std::int64_t> unseen_ends(const Evidence& evidence, std::uint16_t lock) {
  std::vector<std::int64_t> ends;
  for (const std::uint32_t index : evidence.holds.attempts_of[lock]) {
    const Attempt& attempt = evidence.holds.attempts[index];
    if (attempt.outcome == Phase::ok) continue;
    if (attempt.outcome == Phase::info) ends.push_back(attempt.gone_ns);
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

/// Whether this attempt may have had the lock for a while although it was not granted then.
bool may_have_had_it(const Evidence& evidence, const Attempt& attempt, const Span& span) {
  const auto& pauses = evidence.holds.pauses[attempt.worker];
  return (attempt.outcome == Phase::info && attempt.gone_ns > span.from_ns) ||
         std::any_of(pauses.begin(), pauses.end(), [&](const Span& pause) {
           return meet(pause, span) && meet(pause, {attempt.sent_ns, attempt.back_ns});
         });
}

/// Whether somebody may have the lock to the end, and beyond, without knowing.
bool is_open_ended(const Evidence& evidence, std::uint16_t lock) {
  const auto& attempts = evidence.holds.attempts_of[lock];
  return std::any_of(attempts.begin(), attempts.end(), [&](std::uint32_t index) {
    const Attempt& attempt = evidence.holds.attempts[index];
    return attempt.outcome == Phase::info && attempt.gone_ns > evidence.history.end_ns;
  });
}

/// When the last pause of a granted worker within its own call ended: it may have had the lock from
/// before that pause on.
std::int64_t last_pause_of_taker(const Evidence& evidence, std::uint32_t index) {
  const Hold& hold = evidence.holds.holds[index];
  const std::int64_t sent_ns = evidence.holds.attempts[hold.attempt].sent_ns;
  std::int64_t last_ns = sent_ns;
  for (const Span& pause : evidence.holds.pauses[hold.worker]) {
    if (meet(pause, {sent_ns, hold.from_ns})) last_ns = std::max(last_ns, pause.until_ns);
  }
  return last_ns == sent_ns ? std::numeric_limits<std::int64_t>::min() : last_ns;
}

/// The vacancies of one lock that are longer than `more_than_ns`.
std::vector<Vacancy> vacancies_of(const Evidence& evidence, std::uint16_t lock,
                                  std::int64_t more_than_ns) {
  const std::vector<std::int64_t> unseen = unseen_ends(evidence, lock);
  std::vector<Vacancy> found;
  std::size_t next_unseen = 0;
  std::int64_t gone_ns = 0;
  std::uint32_t before = kNone;
  const auto vacant_until = [&](std::int64_t until_ns, std::uint32_t next) {
    std::int64_t from_ns = gone_ns;
    for (; next_unseen < unseen.size() && unseen[next_unseen] <= until_ns; ++next_unseen) {
      from_ns = std::max(from_ns, unseen[next_unseen]);
    }
    // What was unseen stays so for all later vacancies: they begin later anyway.
    gone_ns = std::max(gone_ns, from_ns);
    if (next != kNone) from_ns = std::max(from_ns, last_pause_of_taker(evidence, next));
    if (until_ns - from_ns <= more_than_ns || from_ns == kNever) return;
    found.push_back({lock, {from_ns, until_ns}, before, next, 0, kNobody, false});
  };
  std::int64_t latest_gone_ns = -1;
  for (const std::uint32_t index : evidence.holds.holds_of[lock]) {
    const Hold& hold = evidence.holds.holds[index];
    vacant_until(hold.from_ns, index);
    // Whoever is not known to have given it up has been followed by somebody else.
    if (gone_ns == kNever) gone_ns = latest_gone_ns = hold.from_ns;
    gone_ns = std::max(gone_ns, hold.gone_ns);
    if (hold.gone_ns >= latest_gone_ns) {
      latest_gone_ns = hold.gone_ns;
      before = index;
    }
  }
  if (!is_open_ended(evidence, lock)) vacant_until(evidence.history.end_ns, kNone);
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
      const Attempt& attempt = evidence.holds.attempts[index];
      const bool is_open = attempt.outcome == Phase::info && attempt.gone_ns > vacancy.span.from_ns;
      return attempt.back_ns <= vacancy.span.from_ns && !is_open;
    });
    std::map<std::uint32_t, std::int64_t> waited;
    for (const std::uint32_t index : pending) {
      const Attempt& attempt = evidence.holds.attempts[index];
      waited[attempt.worker] += waited_ns(evidence, attempt, vacancy.span);
      vacancy.perhaps_taken =
          vacancy.perhaps_taken || may_have_had_it(evidence, attempt, vacancy.span);
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

std::vector<Vacancy> find_vacancies(const Evidence& evidence, std::int64_t more_than_ns) {
  std::vector<Vacancy> all;
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
