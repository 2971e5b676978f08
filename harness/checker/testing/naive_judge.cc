#include "harness/checker/testing/naive_judge.h"

#include <algorithm>
#include <string_view>

#include "harness/checker/testing/naive_classes.h"

namespace holdfast::harness {
namespace {

std::string kind(Class what, Cause cause) {
  return std::string(name(what)) + "/" + std::string(name(cause));
}

/// Classes of which the second judge knows cause or kind.
bool has_kinds(Class what) {
  return what == Class::mutual_exclusion || what == Class::wedge || what == Class::overstay ||
         what == Class::inconclusive;
}

void count_overlaps(const naive::NaiveHistory& it, Counts& counts) {
  const naive::Overlapping found = naive::overlapping(it);
  for (const naive::Pair& pair : found.certain) {
    ++counts["mutual_exclusion"];
    ++counts[kind(Class::mutual_exclusion, naive::cause_of(it, pair))];
  }
  counts["out_of_contract"] = found.excused.size();
  counts[kind(Class::inconclusive, Cause::within_uncertainty)] = found.uncertain.size();
  for (const naive::Held* stayed : found.stayed) {
    if (!it.terms().leases) break;
    ++counts["overstay"];
    ++counts[kind(Class::overstay, naive::kind_of_stay(it, *stayed))];
  }
}

void count_what_makes_it_inconclusive(const naive::NaiveHistory& it, Counts& counts) {
  counts[kind(Class::inconclusive, Cause::vacuous)] = naive::vacuous(it);
  counts[kind(Class::inconclusive, Cause::fault_not_effective)] = naive::faults_missing(it);
  counts[kind(Class::inconclusive, Cause::controller_lost)] = naive::hosts_lost(it);
  for (const Cause cause : {Cause::vacuous, Cause::fault_not_effective, Cause::controller_lost,
                            Cause::within_uncertainty}) {
    counts["inconclusive"] += counts[kind(Class::inconclusive, cause)];
  }
}

Value verdict_of(const Terms& terms, Counts& counts) {
  for (const char* what :
       {"mutual_exclusion", "token_regression", "lost_update", "unfenced_late_write", "ghost_hold",
        "false_hold", "wedge", "slow_recovery", "starvation", "spurious_loss", "orphan",
        "api_contract"}) {
    if (counts[what] > 0) return Value::violated;
  }
  if (terms.overstay_bound && counts["overstay"] > *terms.overstay_bound) return Value::violated;
  const bool unread = terms.counter && !terms.final_counter;
  const bool open = counts["out_of_contract"] > 0 || counts["inconclusive"] > 0;
  return unread || open ? Value::unknown : Value::valid;
}

}  // namespace

Counts naive_judge(const History& history, const Terms& terms) {
  const naive::NaiveHistory it(history, terms);
  Counts counts;
  count_overlaps(it, counts);
  counts["token_regression"] = naive::token_regressions(it);
  counts["lost_update"] = naive::lost_updates(it);
  counts["unfenced_late_write"] = naive::late_writes(it);
  counts["ghost_hold"] = naive::ghost_holds(it);
  counts["false_hold"] = naive::false_holds(it);
  for (const Cause cause : naive::wedges(it)) {
    ++counts["wedge"];
    ++counts[kind(Class::wedge, cause)];
  }
  counts["slow_recovery"] = naive::slow_recoveries(it);
  counts["starvation"] = naive::starved(it);
  counts["spurious_loss"] = naive::spurious_losses(it);
  counts["orphan"] = naive::orphans(it);
  counts["api_contract"] = naive::breaches(it);
  count_what_makes_it_inconclusive(it, counts);
  counts["verdict"] = static_cast<std::uint64_t>(verdict_of(terms, counts));
  counts["grants"] = it.held().size();
  counts["contended"] = naive::contended(it);
  counts["kills_inside"] = naive::kills_inside(it);
  counts["leases_run_out"] = naive::leases_run_out(it);
  std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
  return counts;
}

Counts counts_of(const Verdict& verdict) {
  Counts counts;
  for (const auto& [what, number] : verdict.counts) counts[std::string(name(what))] = number;
  for (const CheckResult& check : verdict.checks) {
    for (const Finding& finding : check.findings) {
      if (has_kinds(finding.what)) ++counts[kind(finding.what, finding.cause)];
    }
  }
  counts["verdict"] = static_cast<std::uint64_t>(verdict.value);
  counts["grants"] = verdict.power.grants;
  counts["contended"] = verdict.power.contended_grants;
  counts["kills_inside"] = verdict.power.kills_inside;
  counts["leases_run_out"] = verdict.power.leases_run_out;
  std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
  return counts;
}

}  // namespace holdfast::harness
