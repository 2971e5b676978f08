// What a checker finds, and the verdict that follows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::harness {

/// The classes of violation: harness/checker/README.md says what each means.
enum class Class {
  none,
  mutual_exclusion,
  token_regression,
  lost_update,
  unfenced_late_write,
  ghost_hold,
  false_hold,
  wedge,
  slow_recovery,
  starvation,
  spurious_loss,
  orphan,
  api_contract,
  overstay,
  out_of_contract,
  inconclusive,
  harness_error,
};

/// Causes of mutual_exclusion and of what goes with it, and of a wedge; kinds of inconclusive and
/// overstay.
enum class Cause {
  none,
  double_break,
  stolen_release,
  premature_break,
  false_refresh,
  lost_reply,
  failed_operation,
  duplicate_grant,
  server_lost_state,
  not_excluding,
  unexplained,
  left_by_the_dead,
  left_by_the_living,
  never_granted,
  vacuous,
  within_uncertainty,
  fault_not_effective,
  controller_lost,
  told_and_left,
  told_and_stayed,
  never_told,
  could_not_be_told,
};

/// The zero value is `unknown`: a verdict that nobody filled in passes nothing.
enum class Value { unknown = 0, valid, violated };

std::string_view name(Class of);
std::string_view name(Cause of);
std::string_view name(Value of);

/// What a party was about: the span that a finding tells of it.
enum class Doing {
  holding,
  waiting,  ///< in an acquire
  calling,  ///< in another call of the lock
  writing,  ///< to what the lock protects
};

std::string_view name(Doing of);

struct Party {
  std::uint32_t worker = 0;
  std::uint64_t token = 0;
  std::int64_t from_ns = 0;  ///< of what it was doing
  std::int64_t until_ns = 0;
  Doing doing = Doing::holding;
};

struct Finding {
  Class what = Class::none;
  Cause cause = Cause::none;
  bool certain = true;  ///< false: within the uncertainty of the clocks
  std::uint16_t lock = 0;
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::vector<Party> parties;         ///< the first is the one that was wronged
  std::vector<std::size_t> events;    ///< indices into History::events that led to it, in order
  std::vector<std::uint32_t> faults;  ///< ids of the faults near it
  std::string sentence;               ///< names the mistake, in words for a person
};

/// What became of one assertion.
enum class Outcome { not_checked = 0, passed, found, not_applicable };

struct CheckResult {
  std::string checker;
  Outcome outcome = Outcome::not_checked;
  std::string reason;                    ///< for not_applicable and not_checked
  std::vector<std::string> assumptions;  ///< what it checked before it judged
  std::map<Class, std::uint64_t> counts;
  std::vector<Finding> findings;  ///< the first ones; `counts` has them all
  std::int64_t took_ns = 0;
};

/// How much a run could have shown.
struct Power {
  std::uint64_t attempts = 0, grants = 0, contended_grants = 0;
  std::uint64_t handoffs_between_workers = 0, handoffs_between_hosts = 0;
  std::uint64_t kills_inside = 0, leases_run_out = 0;
  std::map<std::string, std::uint64_t> effective_faults;  ///< by counted_as()
  double violation_rate_bound =
      1;  ///< 95 % upper bound for violations per handoff: 3/N when none was found
  std::int64_t longest_echo_ns = 0;  ///< ordered mode: for which a holder waited
};

struct Verdict {
  Value value = Value::unknown;
  Class first_class = Class::none;  ///< of the worst finding
  Cause first_cause = Cause::none;
  std::string reason;  ///< one sentence, always
  std::map<Class, std::uint64_t> counts;
  std::vector<CheckResult> checks;
  Power power;
};

}  // namespace holdfast::harness
