#include "harness/checker/leases.h"

#include <algorithm>

namespace holdfast::harness {
namespace {

constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

/// The ends of earlier holds of one lock. A waiting acquire does not eat the lease of a lock that
/// says nothing of its lease's end: it is counted from when the lock can last have become free. A
/// grant that came back when its own lease was over counts only from then on: by its end alone it
/// would come before a hold that was given earlier.
class EndsOfEarlierHolds {
 public:
  EndsOfEarlierHolds(const History& history, bool in_order)
      : history_(history), in_order_(in_order), ends_(in_order ? 1 : history.hosts.size()) {}

  void add(const Hold& hold, std::int64_t end_ns) {
    auto& ends = ends_[in_order_ ? 0 : history_.workers[hold.worker].host];
    const End end = {std::max(end_ns, hold.from_ns), end_ns};
    auto at = ends.insert(std::ranges::upper_bound(ends, end.known_ns, {}, &End::known_ns), end);
    for (; at != ends.end(); ++at) {  // mostly the last one
      if (at != ends.begin()) at->latest_ns = std::max(at->latest_ns, std::prev(at)->latest_ns);
    }
  }

  /// The earliest instant that the latest end surely before `at_ns` of this worker can have been.
  std::int64_t latest_before(std::uint32_t worker, std::int64_t at_ns) const {
    const std::uint32_t own = history_.workers[worker].host;
    std::int64_t latest_ns = kNoTime;
    for (std::uint32_t host = 0; host < ends_.size(); ++host) {
      const std::int64_t unsure_ns =
          in_order_ || host == own
              ? 0
              : history_.hosts[host].uncertainty_ns + history_.hosts[own].uncertainty_ns;
      const auto& ends = ends_[host];
      const auto after = std::ranges::upper_bound(ends, at_ns - unsure_ns, {}, &End::known_ns);
      if (after == ends.begin()) continue;
      latest_ns = std::max(latest_ns, std::prev(after)->latest_ns - unsure_ns);
    }
    return latest_ns;
  }

 private:
  const History& history_;
  bool in_order_;
  struct End {
    std::int64_t known_ns;   ///< from when on it counts
    std::int64_t latest_ns;  ///< of all up to this one
  };
  std::vector<std::vector<End>> ends_;  ///< by host, by known_ns; by nothing if all agree
};

class LeaseFinder {
 public:
  LeaseFinder(const History& history, const Terms& terms, const Trail& trail,
              std::span<const News> news, std::span<const std::uint32_t> first_news, Holds& holds)
      : history_(history),
        terms_(terms),
        trail_(trail),
        news_(news),
        first_news_(first_news),
        holds_(holds) {}

  void find(const std::vector<std::uint32_t>& holds_of_a_lock) {
    EndsOfEarlierHolds ends(history_, trail_.in_order());
    for (const std::uint32_t index : holds_of_a_lock) {
      Hold& hold = holds_.holds[index];
      hold.first_lease = static_cast<std::uint32_t>(holds_.leases.size());
      holds_.leases.push_back({hold.from_ns, first_end(hold, ends)});
      for (std::uint32_t i = first_news_[index]; i < first_news_[index + 1]; ++i) apply(news_[i]);
      hold.leases = static_cast<std::uint32_t>(holds_.leases.size()) - hold.first_lease;
      if (terms_.leases) {
        ends.add(hold, std::min(hold.until_ns, holds_.leases.back().until_ns));
      }
    }
  }

 private:
  std::int64_t first_end(const Hold& hold, const EndsOfEarlierHolds& ends) const {
    if (!terms_.leases) return kNever;
    const std::int64_t own_word = history_.events[hold.granted].until_ns;
    if (terms_.own_lock && own_word != 0) return own_word;
    const std::int64_t earlier_ns = ends.latest_before(hold.worker, not_yet_taken_ns(hold));
    return std::max(holds_.attempts[hold.attempt].sent_ns, earlier_ns) + terms_.lifetime_ns;
  }

  /// An instant at which the lock surely was not this holder's yet. A grant can come back long
  /// after it was given, when others have had the lock since: that must not count as a new lease.
  std::int64_t not_yet_taken_ns(const Hold& hold) const {
    const Attempt& attempt = holds_.attempts[hold.attempt];
    if (trail_.knows(hold.worker)) {
      const std::uint32_t take = trail_.take_of(attempt);
      return take == kNone ? attempt.sent_ns : history_.events[take].began_ns;
    }
    std::int64_t at_ns = hold.from_ns;
    for (const Span& pause : holds_.pauses[hold.worker]) {
      if (pause.until_ns >= attempt.sent_ns) at_ns = std::min(at_ns, pause.from_ns);
    }
    return at_ns;
  }

  void apply(const News& news) {
    if (!terms_.leases) return;
    Span& newest = holds_.leases.back();
    if (news.kind != News::Kind::renewed) {
      if (news.kind == News::Kind::lost) {
        holds_.holds[news.hold].left_when_told_ns = newest.until_ns - news.back_ns;
      }
      newest.until_ns = std::min(newest.until_ns, news.back_ns);
      return;
    }
    const bool own_word = terms_.own_lock && news.until_ns != 0;
    const std::int64_t until_ns = own_word ? news.until_ns : news.sent_ns + terms_.lifetime_ns;
    if (news.back_ns <= newest.until_ns) {
      newest.until_ns = std::max(newest.from_ns, until_ns);
    } else if (until_ns > news.back_ns) {
      // Renewed when it had run out: entitled again, but not in between.
      holds_.leases.push_back({news.back_ns, until_ns});
    }
  }

  const History& history_;
  const Terms& terms_;
  const Trail& trail_;
  std::span<const News> news_;
  std::span<const std::uint32_t> first_news_;
  Holds& holds_;
};

}  // namespace

void find_leases(const History& history, const Terms& terms, const Trail& trail,
                 std::vector<News> news, Holds& holds) {
  std::stable_sort(news.begin(), news.end(),
                   [](const News& a, const News& b) { return a.hold < b.hold; });
  // News of hold h are news[first[h] .. first[h + 1]).
  std::vector<std::uint32_t> first(holds.holds.size() + 1, 0);
  for (const News& item : news) ++first[item.hold + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];

  holds.leases.reserve(holds.holds.size());
  LeaseFinder finder(history, terms, trail, news, first, holds);
  for (const auto& holds_of_a_lock : holds.holds_of) finder.find(holds_of_a_lock);
}

}  // namespace holdfast::harness
