#include <algorithm>

#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness::naive {
namespace {

struct Write {
  Range span;  ///< clean: from the grant on; else while it may have been written
  std::uint64_t value = 0;
  std::uint32_t worker = 0;
  bool clean = false;
  std::size_t back = 0;
};

std::vector<Write> writes(const NaiveHistory& it, std::uint16_t lock) {
  std::vector<Write> found;
  for (std::size_t i = 0; i < it.events().size(); ++i) {
    const Event& event = it.events()[i];
    if (event.lock != lock || !it.is(i, Op::update, Phase::invoke)) continue;
    const Held* held = it.hold_before(i);
    const auto back = it.answer(i);
    if (back) {
      bool clean = false;
      for (const Range& lease : held == nullptr ? std::vector<Range>{} : held->entitled) {
        clean = clean || (lease.from <= held->from && it.at(*back) < lease.until &&
                          it.at(*back) <= held->until);
      }
      found.push_back({{clean ? held->from : it.at(i), it.at(*back)},
                       it.events()[*back].value,
                       event.worker,
                       clean,
                       *back});
      continue;
    }
    Time over = it.last();
    for (const Range& kill : it.faults("kill", event.worker)) {
      if (kill.until >= it.at(i)) over = std::min(over, kill.until);
    }
    const bool adds_one = held != nullptr && held->died && held->entitled.size() == 1 &&
                          it.at(i) <= held->until && held->entitled.front().until > over;
    if (!adds_one) found.push_back({{it.at(i), over}, 0, event.worker, false, i});
  }
  std::sort(found.begin(), found.end(),
            [](const Write& a, const Write& b) { return a.back < b.back; });
  return found;
}

bool dirty(const NaiveHistory& it, const std::vector<Write>& all, Range span) {
  for (const Write& write : all) {
    if (write.clean) continue;
    if (write.span.from - it.widest() <= span.until &&
        span.from <= write.span.until + it.widest()) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::uint64_t lost_updates(const NaiveHistory& it) {
  if (!it.terms().counter || !it.terms().final_counter) return 0;
  std::uint64_t found = 0, least = 0;
  for (std::uint16_t lock = 0; lock < it.history().locks.size(); ++lock) {
    const std::vector<Write> all = writes(it, lock);
    std::uint64_t least_of_lock = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const Write& later = all[k];
      if (!later.clean) continue;
      bool unseen = false;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const Write& earlier = all[i];
        if (!earlier.clean || i == k) continue;
        const Time from = std::min(earlier.span.from, later.span.from) - it.widest();
        const bool before = earlier.span.until < later.span.from - it.widest();
        const bool set_back = before && earlier.value >= later.value;
        const bool twins = i < k && earlier.value == later.value;
        if (set_back || twins) unseen = unseen || !dirty(it, all, {from, later.span.until});
      }
      found += unseen ? 1 : 0;
      if (!dirty(it, all, {later.span.from - it.widest(), it.last()})) {
        least_of_lock = std::max(least_of_lock, later.value);
      }
    }
    least += least_of_lock;
  }
  return found + (*it.terms().final_counter < least ? 1 : 0);
}

}  // namespace holdfast::harness::naive
