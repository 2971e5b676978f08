#include "harness/checker/leases.h"

#include <algorithm>

namespace holdfast::harness {
namespace {

/// The ends of earlier holds of one lock. A waiting acquire does not eat the lease of a lock that
/// says nothing of its lease's end: it is counted from when the lock can last have become free.
class EndsOfEarlierHolds {
 public:
  /// The latest one that is not after `at_ns`; calls come in the order of `at_ns`.
  std::int64_t latest_until(std::int64_t at_ns) {
    std::erase_if(open_, [&](std::int64_t end_ns) {
      if (end_ns > at_ns) return false;
      latest_ns_ = std::max(latest_ns_, end_ns);
      return true;
    });
    return latest_ns_;
  }
  void add(std::int64_t end_ns) { open_.push_back(end_ns); }

 private:
  std::int64_t latest_ns_ = std::numeric_limits<std::int64_t>::min();
  std::vector<std::int64_t> open_;  ///< few: in a right history one
};

class LeaseFinder {
 public:
  LeaseFinder(const History& history, const Terms& terms, std::span<const News> news,
              std::span<const std::uint32_t> first_news, Holds& holds)
      : history_(history), terms_(terms), news_(news), first_news_(first_news), holds_(holds) {}

  void find(const std::vector<std::uint32_t>& holds_of_a_lock) {
    EndsOfEarlierHolds ends;
    for (const std::uint32_t index : holds_of_a_lock) {
      Hold& hold = holds_.holds[index];
      hold.first_lease = static_cast<std::uint32_t>(holds_.leases.size());
      holds_.leases.push_back({hold.from_ns, first_end(hold, ends)});
      for (std::uint32_t i = first_news_[index]; i < first_news_[index + 1]; ++i) apply(news_[i]);
      hold.leases = static_cast<std::uint32_t>(holds_.leases.size()) - hold.first_lease;
      ends.add(std::min(hold.until_ns, holds_.leases.back().until_ns));
    }
  }

 private:
  std::int64_t first_end(const Hold& hold, EndsOfEarlierHolds& ends) const {
    const std::int64_t earlier_ns = ends.latest_until(hold.from_ns);
    if (!terms_.leases) return kNever;
    const std::int64_t own_word = history_.events[hold.granted].until_ns;
    if (terms_.own_lock && own_word != 0) return own_word;
    return std::max(holds_.attempts[hold.attempt].sent_ns, earlier_ns) + terms_.lifetime_ns;
  }

  void apply(const News& news) {
    if (!terms_.leases) return;
    Span& newest = holds_.leases.back();
    if (news.lost) {
      Hold& hold = holds_.holds[news.hold];
      if (news.back_ns == hold.told_ns) hold.left_when_told_ns = newest.until_ns - news.back_ns;
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
  std::span<const News> news_;
  std::span<const std::uint32_t> first_news_;
  Holds& holds_;
};

}  // namespace

void find_leases(const History& history, const Terms& terms, std::vector<News> news, Holds& holds) {
  std::stable_sort(news.begin(), news.end(),
                   [](const News& a, const News& b) { return a.hold < b.hold; });
  // News of hold h are news[first[h] .. first[h + 1]).
  std::vector<std::uint32_t> first(holds.holds.size() + 1, 0);
  for (const News& item : news) ++first[item.hold + 1];
  for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];

  holds.leases.reserve(holds.holds.size());
  LeaseFinder finder(history, terms, news, first, holds);
  for (const auto& holds_of_a_lock : holds.holds_of) finder.find(holds_of_a_lock);
}

}  // namespace holdfast::harness
