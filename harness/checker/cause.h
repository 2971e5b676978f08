// Why two entitled holds met, and why a hold was lost: read off the recorded file operations, never
// guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/checker/contract.h"
#include "harness/checker/overlaps.h"
#include "harness/checker/trail.h"

namespace holdfast::harness {

struct Explanation {
  Cause cause = Cause::unexplained;
  std::string sentence;               ///< begins with a capital, ends with a full stop
  std::vector<std::uint32_t> events;  ///< that show it
  std::uint32_t culprit = kNobody;    ///< whose file operation it was, where there was one
  std::uint32_t removal = kNone;      ///< the deed that took away an entry, where it is known
  std::uint32_t victim = kNone;       ///< ... which this take, a deed, had made
  /// The request of which no call was told, where one is behind it.
  const Unheard* request = nullptr;
};

/// What each cause means, and by what it is recognised, is said in README.md, "Causes".
Explanation explain(const Evidence& evidence, const Trail& trail, const Contract& contract,
                    const Overlap& overlap);

/// Who took away the entry of this hold, whose holder was told of the loss by the event `told`;
/// none: nobody did but its own program, or the lock has no entry.
std::optional<Explanation> explain_loss(const Evidence& evidence, const Trail& trail,
                                        const Contract& contract, const Hold& hold,
                                        std::uint32_t told);

}  // namespace holdfast::harness
