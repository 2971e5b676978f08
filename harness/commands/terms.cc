#include "harness/commands/terms.h"

#include <algorithm>

#include "harness/contender/options.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/fault_sorts.h"

namespace holdfast::harness {
namespace {

std::optional<std::int64_t> in_ns(const std::optional<Nanoseconds>& duration) {
  if (!duration) return std::nullopt;
  return duration->count();
}

void set_bounds(const Bounds& bounds, Terms& terms) {
  terms.recovery_bound_ns = in_ns(bounds.recovery);
  terms.wait_bound_ns = in_ns(bounds.wait);
  terms.bypass_bound = bounds.bypassed;
  terms.orphan_bound = bounds.orphans;
  terms.overstay_bound = bounds.overstays;
  terms.wedge_bound_ns = bounds.wedge.count();
  terms.timeout_slack_ns = bounds.timeout_slack.count();
}

/// Whether a killed holder's lease must run out before anybody else comes in.
bool never_proves_death(const ContenderSpec& contender) {
  if (contender.lock != "baton" && contender.lock != "link") return false;
  const auto options = own_options(contender);
  return options && !options->proof_of_death;
}

/// What the faults must have brought about, or the run has shown nothing of what it is about. Only
/// what is aimed at a holder can be counted on to hit one.
void set_wants(const Scenario& scenario, Terms& terms) {
  terms.wants_contention = true;  // nobody was ever kept out, so nobody knows whether he would be
  terms.wants_of_each_fault = scenario.expect.effective;
  const auto want = [&](const std::string& kind) {
    auto& wanted = terms.wants_faults;
    if (std::find(wanted.begin(), wanted.end(), kind) == wanted.end()) wanted.push_back(kind);
  };
  const auto want_with_sorts = [&](const std::string& kind, const std::vector<std::string>& sorts) {
    want(kind);
    for (const std::string& sort : sorts) want(kind + " " + sort);
  };
  if (scenario.mount) {
    for (const MountFault& fault : scenario.mount->faults) {
      want_with_sorts(mount_fault_kinds()[static_cast<std::size_t>(fault.kind)], sorts_of(fault));
      if (fault.forget > 0) want("server_forgot");
    }
    if (scenario.mount->soft) want("given_up");
  }
  if (scenario.lab) {
    for (const LabFault& fault : scenario.lab->faults) {
      want_with_sorts(lab_fault_kinds()[static_cast<std::size_t>(fault.kind)], sorts_of(fault));
    }
  }
  for (const FaultSpec& fault : scenario.faults) {
    want(name(fault.kind));
    const bool named = !fault.operation.empty() && fault.operation != "any";
    if (named) want(name(fault.kind) + " " + fault.operation);
    if (fault.target != "holder") continue;
    if (fault.kind == FaultSpec::Kind::kill) {
      terms.wants_kills_inside = true;
      if (terms.leases && never_proves_death(scenario.contender)) terms.wants_expiry = true;
    }
    if (fault.kind == FaultSpec::Kind::pause && terms.leases &&
        longest(fault.length).count() > terms.lifetime_ns + terms.margin_ns) {
      terms.wants_expiry = true;
    }
  }
}

}  // namespace

Terms terms_of(const Scenario& scenario, const Traits& traits) {
  Terms terms;
  terms.own_lock = traits.own;
  terms.in_process = !scenario.contender.lock.empty();
  terms.leases = traits.leases;
  terms.tokens = traits.tokens;
  terms.fenced = scenario.work.resource == Resource::fenced;
  terms.counter = scenario.work.resource == Resource::counter;
  terms.lifetime_ns = scenario.contender.lifetime.count();
  terms.margin_ns = traits.margin_ns;
  if (traits.clock_offset_ms >= 0) terms.contract_offset_ns = traits.clock_offset_ms * 1'000'000;
  if (traits.drift_ppm >= 0) terms.contract_drift = static_cast<double>(traits.drift_ppm) / 1e6;
  terms.steady_server_clock = traits.steady_server_clock;
  set_bounds(scenario.bounds, terms);
  set_wants(scenario, terms);
  return terms;
}

}  // namespace holdfast::harness
