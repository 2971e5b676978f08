#include "harness/checker/double_holds.h"

#include "harness/checker/assumptions.h"
#include "harness/checker/overlaps.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {

std::optional<std::uint64_t> count_double_holds(const History& history, const Terms& terms) {
  if (check_assumptions(history, terms, Stage::goes_on).outcome == Outcome::found) {
    return std::nullopt;
  }
  const Trail trail(history, terms);
  const Holds holds = find_holds(history, terms, trail);
  const Evidence evidence{history, terms, holds};
  return find_overlaps(evidence, Contract(evidence)).violation_count;
}

}  // namespace holdfast::harness
