// The checkers: one file per property, each a pure function. What each class means, and what its
// checker assumes, is said in README.md.
#pragma once

#include "harness/checker/contract.h"
#include "harness/checker/evidence.h"
#include "harness/checker/overlaps.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {

CheckResult check_mutual_exclusion(const Evidence& evidence, const Trail& trail,
                                   const Contract& contract, const Overlaps& overlaps);
CheckResult check_token_regression(const Evidence& evidence, const Contract& contract);
CheckResult check_lost_update(const Evidence& evidence, const Contract& contract);
CheckResult check_unfenced_late_write(const Evidence& evidence);
CheckResult check_ghost_hold(const Evidence& evidence, const Trail& trail);
CheckResult check_false_hold(const Evidence& evidence, const Trail& trail,
                             const Contract& contract);
CheckResult check_wedge(const Evidence& evidence, const Trail& trail, const Contract& contract);
CheckResult check_slow_recovery(const Evidence& evidence, const Contract& contract);
CheckResult check_starvation(const Evidence& evidence);
CheckResult check_spurious_loss(const Evidence& evidence, const Trail& trail,
                                const Contract& contract);
CheckResult check_orphan(const Evidence& evidence);
CheckResult check_api_contract(const Evidence& evidence, const Contract& contract);
CheckResult check_overstay(const Evidence& evidence, const Overlaps& overlaps);
CheckResult check_out_of_contract(const Evidence& evidence, const Contract& contract,
                                  const Overlaps& overlaps);
/// Whether there is a witness of the lock's state: its own word, or its recorded file operations.
bool tells_its_state(const Evidence& evidence);
inline constexpr const char* kTellsNothing =
    "the contender does not tell its state, and its file operations were not recorded";

/// An overlap that is only possible, as a finding of check_inconclusive.
Finding uncertain_overlap(const Evidence& evidence, const Overlap& overlap);
CheckResult check_inconclusive(const Evidence& evidence, const Overlaps& overlaps,
                               const Power& power);

}  // namespace holdfast::harness
