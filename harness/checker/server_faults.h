// What the fault log knows of the server: requests that were carried out although their sender was
// told otherwise, and acknowledged changes that were forgotten.
#pragma once

#include <vector>

#include "harness/checker/evidence.h"

namespace holdfast::harness {

/// The first moment in this span at which a server is known to have taken back acknowledged
/// changes; nullptr: it is not known to have.
const Fault* server_forgot(const History& history, const Span& span);

/// Of an error that a mount gave: which, "ENOSPC"; empty: it is no such fault.
std::string error_given(const Fault& fault);

/// A request that took a name away, and that a server is known to have carried out once more in
/// this span, with success: whose name that was nobody can have known.
const Fault* removed_twice(const History& history, const Span& span);

/// A request that made a name, or put one in the place of another, and that may have been carried
/// out once more in this span: what it made may be there again.
const Fault* made_again(const History& history, const Span& span);

/// Requests that were carried out, though what came back was a failure. The log of an emulated
/// mount tells it: which request, from which host, and what became of it.
class AppliedRequests {
 public:
  explicit AppliedRequests(const History& history);

  /// Whether the log tells of no such request at all.
  bool none() const;
  /// The fault by which that befell this file operation, which failed; nullptr: none is known.
  const Fault* of(const Event& failed) const;

 private:
  const History& history_;
  std::vector<std::vector<const Fault*>> by_host_;  ///< in the order of their instants
};

}  // namespace holdfast::harness
