// An unfenced counter, read and written inside the lock, must not lose an update that was made
// inside an entitled hold.
//
// Each update writes one more than the same hold read, so from one hold to the next the number
// rises. When it was read is not recorded: at the earliest when the hold began. So only *clean*
// updates count: of a hold that was entitled from its beginning until after the write. A write that
// was not clean (of a holder that had overstayed) puts an old number back; what it meets is not
// held against the lock. Where clocks are uncertain, all spans are as long as they can have been.
#include <algorithm>
#include <limits>
#include <vector>

#include "harness/checker/checks.h"
#include "harness/checker/fenwick.h"

namespace holdfast::harness {
namespace {

struct Update {
  std::uint32_t invoke = kNone;
  std::uint32_t back = kNone;
  Span span;  ///< from the grant of its hold until it had been written
  std::uint64_t value = 0;
};

/// The updates of one lock's counter.
struct Counter {
  std::vector<Update> clean;  ///< in the order in which they came back
  std::vector<Span> dirty;    ///< while others may have written
};

class Reader {
 public:
  explicit Reader(const Evidence& evidence)
      : evidence_(evidence),
        unsure_ns_(worst_uncertainty_ns(evidence.history)),
        counters_(evidence.history.locks.size()),
        hold_(evidence.history.workers.size(), kNone),
        invoke_(evidence.history.workers.size(), kNone) {}

  std::vector<Counter> read() {
    const auto& events = evidence_.history.events;
    std::uint32_t next_hold = 0;
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const Event& event = events[i];
      if (next_hold < evidence_.holds.holds.size() &&
          evidence_.holds.holds[next_hold].granted == i) {
        hold_[event.worker] = next_hold++;
      }
      if (event.op != Op::update) continue;
      if (event.phase == Phase::invoke) {
        invoke_[event.worker] = i;
      } else {
        finish(event, i);
        invoke_[event.worker] = kNone;
      }
    }
    for (const std::uint32_t invoke : invoke_) {
      if (invoke != kNone) cut_off(events[invoke]);
    }
    return std::move(counters_);
  }

 private:
  const Hold* hold_of(std::uint32_t worker) const {
    const std::uint32_t hold = hold_[worker];
    return hold == kNone ? nullptr : &evidence_.holds.holds[hold];
  }

  void finish(const Event& event, std::uint32_t i) {
    Counter& counter = counters_[event.lock];
    const std::uint32_t invoke = invoke_[event.worker];
    const Hold* const hold = hold_of(event.worker);
    const Span since_grant{hold == nullptr ? event.at_ns : hold->from_ns, event.at_ns};
    if (hold == nullptr || !evidence_.holds.entitled_through(*hold, since_grant)) {
      counter.dirty.push_back(
          {evidence_.history.events[invoke].at_ns - unsure_ns_, event.at_ns + unsure_ns_});
    } else if (event.phase == Phase::ok) {
      counter.clean.push_back(
          {invoke, i, {since_grant.from_ns - unsure_ns_, since_grant.until_ns}, event.value});
    }
  }

  /// An update that never came back may have been written until its process was surely gone. As
  /// long as the lease lasted, that can only have added one.
  void cut_off(const Event& invoke) {
    Span span{invoke.at_ns, evidence_.holds.end_ns};
    for (const Span& kill : evidence_.holds.kills[invoke.worker]) {
      if (kill.until_ns >= invoke.at_ns) span.until_ns = std::min(span.until_ns, kill.until_ns);
    }
    const Hold* const hold = hold_of(invoke.worker);
    const bool entitled = hold != nullptr && hold->end == HoldEnd::died && hold->leases == 1 &&
                          invoke.at_ns <= hold->until_ns &&
                          evidence_.holds.lease_end(*hold) > span.until_ns;
    if (entitled) return;
    counters_[invoke.lock].dirty.push_back({span.from_ns - unsure_ns_, span.until_ns + unsure_ns_});
  }

  const Evidence& evidence_;
  std::int64_t unsure_ns_;
  std::vector<Counter> counters_;
  std::vector<std::uint32_t> hold_;    ///< by worker: its newest hold
  std::vector<std::uint32_t> invoke_;  ///< by worker: its update in progress
};

/// When anything unclean was in progress.
class Dirt {
 public:
  explicit Dirt(std::vector<Span> spans) : spans_(std::move(spans)) {
    std::sort(spans_.begin(), spans_.end(),
              [](const Span& a, const Span& b) { return a.from_ns < b.from_ns; });
    std::int64_t latest = kNone_ns;
    for (const Span& span : spans_) latest_.push_back(latest = std::max(latest, span.until_ns));
  }

  /// The latest end of all that had begun by `at_ns`.
  std::int64_t latest_end(std::int64_t at_ns) const {
    const auto after =
        std::upper_bound(spans_.begin(), spans_.end(), at_ns,
                         [](std::int64_t at, const Span& span) { return at < span.from_ns; });
    if (after == spans_.begin()) return kNone_ns;
    return latest_[static_cast<std::size_t>(after - spans_.begin()) - 1];
  }
  bool within(const Span& span) const { return latest_end(span.until_ns) >= span.from_ns; }

 private:
  static constexpr std::int64_t kNone_ns = std::numeric_limits<std::int64_t>::min();
  std::vector<Span> spans_;
  std::vector<std::int64_t> latest_;  ///< the latest end among the first ones
};

Finding finding_of(const Evidence& evidence, std::uint16_t lock, const Update& lost,
                   const Update& later) {
  const auto& events = evidence.history.events;
  const Event& first = events[lost.back];
  const Event& second = events[later.back];
  Finding finding;
  finding.what = Class::lost_update;
  finding.lock = lock;
  finding.from_ns = lost.span.from_ns;
  finding.to_ns = later.span.until_ns;
  finding.parties = {{first.worker, 0, lost.span.from_ns, lost.span.until_ns, Doing::writing},
                     {second.worker, 0, later.span.from_ns, later.span.until_ns, Doing::writing}};
  finding.events = in_order({lost.invoke, lost.back, later.invoke, later.back});
  finding.faults = faults_near(evidence, {finding.from_ns, finding.to_ns}, finding.parties);
  finding.sentence = "The counter of " + which(evidence, lock) + " lost the update of " +
                     who(evidence, first.worker) + ", who wrote " + std::to_string(lost.value) +
                     " at " + seconds(first.at_ns) + ": " + who(evidence, second.worker) +
                     " wrote " + std::to_string(later.value) + " at " + seconds(second.at_ns) +
                     "; both were entitled.";
  return finding;
}

/// For each clean update, by index, an earlier one that it did not see; kNone: none is known.
using Unseen = std::vector<std::uint32_t>;

/// Updates that wrote no more than one that had come back before their hold began. All at once:
/// updates are let in by falling beginning, so that those in dirt are not in yet.
void find_setbacks(const std::vector<Update>& clean, const Dirt& dirt, Unseen& unseen) {
  std::vector<std::uint32_t> by_begin(clean.size());
  for (std::uint32_t i = 0; i < clean.size(); ++i) by_begin[i] = i;
  std::vector<std::uint32_t> by_dirt = by_begin;
  std::vector<std::int64_t> dirt_end(clean.size());
  for (std::size_t i = 0; i < clean.size(); ++i) {
    dirt_end[i] = dirt.latest_end(clean[i].span.until_ns);
  }
  std::stable_sort(by_begin.begin(), by_begin.end(), [&](std::uint32_t a, std::uint32_t b) {
    return clean[a].span.from_ns > clean[b].span.from_ns;
  });
  std::stable_sort(by_dirt.begin(), by_dirt.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return dirt_end[a] > dirt_end[b]; });
  MaxTree tree(clean.size());
  std::size_t in = 0;
  for (const std::uint32_t later : by_dirt) {
    for (; in < by_begin.size() && clean[by_begin[in]].span.from_ns > dirt_end[later]; ++in) {
      tree.set(by_begin[in], clean[by_begin[in]].value);
    }
    const auto end = std::partition_point(clean.begin(), clean.end(), [&](const Update& it) {
      return it.span.until_ns < clean[later].span.from_ns;
    });
    const auto highest = tree.before(static_cast<std::size_t>(end - clean.begin()));
    if (highest.any() && highest.value >= clean[later].value) {
      unseen[later] = static_cast<std::uint32_t>(highest.place);
    }
  }
}

/// Updates of holds that overlapped may have been written in either order; but two that wrote
/// the same number did not see each other. The one that began last is the likeliest to be clear of
/// dirt.
void find_twins(const std::vector<Update>& clean, const Dirt& dirt, Unseen& unseen) {
  std::vector<std::uint32_t> by_value(clean.size());
  for (std::uint32_t i = 0; i < clean.size(); ++i) by_value[i] = i;
  std::stable_sort(by_value.begin(), by_value.end(), [&](std::uint32_t a, std::uint32_t b) {
    return clean[a].value < clean[b].value;
  });
  std::uint32_t newest = kNone;
  for (const std::uint32_t later : by_value) {
    if (newest == kNone || clean[newest].value != clean[later].value) {
      newest = later;
      continue;
    }
    const std::int64_t from_ns = std::min(clean[newest].span.from_ns, clean[later].span.from_ns);
    const bool is_clear = !dirt.within({from_ns, clean[later].span.until_ns});
    if (unseen[later] == kNone && is_clear) unseen[later] = newest;
    if (clean[later].span.from_ns > clean[newest].span.from_ns) newest = later;
  }
}

void check_counter(const Evidence& evidence, const Contract& contract, std::uint16_t lock,
                   const Counter& counter, const Dirt& dirt, CheckResult& result) {
  Unseen unseen(counter.clean.size(), kNone);
  find_setbacks(counter.clean, dirt, unseen);
  find_twins(counter.clean, dirt, unseen);
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    if (unseen[i] == kNone) continue;
    const Update& lost = counter.clean[unseen[i]];
    const Update& later = counter.clean[i];
    if (contract.breach({lost.span.from_ns, later.span.until_ns}).found) continue;
    add(result, finding_of(evidence, lock, lost, later));
  }
}

/// What the counter must say at least, by its last clean updates.
std::uint64_t least_final(const Evidence& evidence, const Counter& counter, const Dirt& dirt) {
  std::uint64_t least = 0;
  for (const Update& update : counter.clean) {
    if (dirt.within({update.span.from_ns, evidence.holds.end_ns})) continue;
    least = std::max(least, update.value);
  }
  return least;
}

}  // namespace

CheckResult check_lost_update(const Evidence& evidence, const Contract& contract) {
  if (!evidence.terms.counter) {
    return not_applicable("lost_update", "the protected resource is no unfenced counter");
  }
  if (!evidence.terms.final_counter) {
    return not_checked("lost_update", "nobody read what the counters said in the end");
  }
  CheckResult result =
      result_of("lost_update", {"an update was read and written within one hold",
                                "only holds that were entitled from grant to write count",
                                "each update writes one more than it read"});
  const std::vector<Counter> counters = Reader(evidence).read();
  std::uint64_t least = 0;
  for (std::uint16_t lock = 0; lock < counters.size(); ++lock) {
    const Dirt dirt(counters[lock].dirty);
    check_counter(evidence, contract, lock, counters[lock], dirt, result);
    least += least_final(evidence, counters[lock], dirt);
  }
  if (*evidence.terms.final_counter < least) {
    Finding finding;
    finding.what = Class::lost_update;
    finding.from_ns = finding.to_ns = evidence.holds.end_ns;
    finding.sentence = "In the end the counters said " +
                       std::to_string(*evidence.terms.final_counter) +
                       "; by the last updates inside entitled holds they must say at least " +
                       std::to_string(least) + ".";
    add(result, std::move(finding));
  }
  return result;
}

}  // namespace holdfast::harness
