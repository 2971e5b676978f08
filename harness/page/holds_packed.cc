// Holds, one after the other, as packed numbers.
//
// Each: its worker; its lock; its beginning, after that of the hold before; how long its acquire
// took; how long it lasted; how long giving it back took; its end (HoldEnd) + 8 if there is a token
// + 16 if it was told of a loss + 32 if a lease ends; then what there is of: the token, after the
// one before; the lease's end, after the hold's end; when it was told, after the beginning. Last,
// how many gaps there are between its leases, and of each its beginning, after that of the hold,
// and its length.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/page/packed.h"
#include "harness/page/timeline_parts.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

constexpr std::uint64_t kHasToken = 8, kTold = 16, kLeaseEnds = 32;

class HoldsPacked {
 public:
  explicit HoldsPacked(const Holds& holds) : holds_(holds) {}

  void add(const Hold& hold) {
    const Attempt& attempt = holds_.attempts[hold.attempt];
    const std::int64_t lease_end_ns = holds_.lease_end(hold);
    const bool lease_ends = lease_end_ns != kNever, told = hold.told != kNone;
    packed_.put(hold.worker);
    packed_.put(hold.lock);
    packed_.put_step(from_ns_, hold.from_ns);
    packed_.put_length(attempt.sent_ns, hold.from_ns);
    packed_.put_length(hold.from_ns, hold.until_ns);
    packed_.put_length(hold.until_ns, std::min(hold.gone_ns, holds_.end_ns));
    packed_.put(static_cast<std::uint64_t>(hold.end) | (hold.token != 0 ? kHasToken : 0U) |
                (told ? kTold : 0U) | (lease_ends ? kLeaseEnds : 0U));
    if (hold.token != 0) packed_.put_signed(static_cast<std::int64_t>(hold.token - token_));
    if (lease_ends) packed_.put_step(hold.until_ns, lease_end_ns);
    if (told) packed_.put_length(hold.from_ns, hold.told_ns);
    add_gaps(hold);
    from_ns_ = hold.from_ns;
    if (hold.token != 0) token_ = hold.token;
  }

  std::string base64() const { return packed_.base64(); }

 private:
  void add_gaps(const Hold& hold) {
    const auto leases = holds_.leases_of(hold);
    packed_.put(leases.size() - 1);
    for (std::size_t i = 1; i < leases.size(); ++i) {
      // A lease may be over before the call has come back with it.
      const std::int64_t over_ns = std::max(leases[i - 1].until_ns, hold.from_ns);
      packed_.put_length(hold.from_ns, over_ns);
      packed_.put_length(over_ns, leases[i].from_ns);
    }
  }

  const Holds& holds_;
  Packed packed_;
  std::int64_t from_ns_ = 0;
  std::uint64_t token_ = 0;
};

/// Marks `around` holds before and after the first that begins at or after `at_ns`.
void mark(const Holds& holds, std::int64_t at_ns, std::size_t around, std::vector<bool>& wanted) {
  const auto at =
      std::lower_bound(holds.holds.begin(), holds.holds.end(), at_ns,
                       [](const Hold& hold, std::int64_t ns) { return hold.from_ns < ns; });
  mark_around(static_cast<std::size_t>(at - holds.holds.begin()), around, wanted);
}

}  // namespace

void mark_around(std::size_t place, std::size_t around, std::vector<bool>& wanted) {
  const std::size_t to = std::min(wanted.size(), place + around);
  for (std::size_t i = place - std::min(place, around); i < to; ++i) wanted[i] = true;
}

std::vector<std::uint32_t> chosen_holds(const Played& played, std::size_t most) {
  const Holds& holds = played.holds;
  std::vector<bool> wanted(holds.holds.size(), holds.holds.size() <= most);
  if (holds.holds.size() > most) {
    const auto& faults = played.report.faults;
    const std::size_t every = 1 + 2 * faults.size() / (most / 2 + 1);
    const std::size_t places = 2 * played.report.violations.size() + faults.size() / every;
    const std::size_t around = std::clamp<std::size_t>(most / (2 * places + 1), 1, 1'000);
    for (const Violation& violation : played.report.violations) {
      mark(holds, violation.finding.from_ns, around, wanted);
      for (const Party& party : violation.finding.parties) mark(holds, party.from_ns, 2, wanted);
    }
    for (std::size_t i = 0; i < faults.size(); i += every) {
      mark(holds, faults[i].start_ns, around, wanted);
    }
  }
  std::vector<std::uint32_t> chosen;
  for (std::size_t i = 0; i < wanted.size() && chosen.size() < most; ++i) {
    if (wanted[i]) chosen.push_back(static_cast<std::uint32_t>(i));
  }
  return chosen;
}

json holds_json(const Played& played, const std::vector<std::uint32_t>& chosen) {
  HoldsPacked packed(played.holds);
  for (const std::uint32_t index : chosen) packed.add(played.holds.holds[index]);
  return {{"count", chosen.size()}, {"of", played.holds.holds.size()}, {"packed", packed.base64()}};
}

}  // namespace holdfast::harness
