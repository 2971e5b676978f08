// What the contender declared not to tolerate, and whether the injected clock faults went beyond
// it.
//
// Nothing declared: nothing excluded. Hosts are compared with each other, since a lock knows no
// other clock; and each with its own past, since a lease that was written under one offset is
// judged under another. A clock that was bent and could not be measured is anywhere. And where a
// lock judges by the stamps of files, the clock that gives them must be left alone: how far it is
// off is nothing to the lock, that it is set is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/checker/evidence.h"

namespace holdfast::harness {

class Contract {
 public:
  explicit Contract(const Evidence& evidence);

  /// Whether anything is excused at all.
  static bool declares(const Terms& terms) {
    return terms.contract_offset_ns || terms.contract_drift || terms.steady_server_clock;
  }

  struct Breach {
    bool found = false;
    std::string sentence;  ///< "clocks were 30 s apart, the contract allows 10 s"
  };
  /// Whether within `span` clock faults were in effect beyond what was declared.
  Breach breach(const Span& span) const;

  /// How far apart the hosts' wall clocks were within `span`, by the injected faults; for words.
  std::int64_t clocks_apart_ns(const Span& span) const;

 private:
  struct Range {
    std::int64_t low_ns, high_ns;
    double slow, fast;
  };
  Range range(const Span& span) const;
  Breach hosts_clocks(const Span& span) const;
  Breach server_clock(const Span& span) const;

  const Evidence& evidence_;
  std::vector<const Fault*> clock_faults_;  ///< of hosts, by start
  std::vector<const Fault*> unmeasured_;  ///< clock faults of which nobody knows how far they went
  std::vector<const Fault*> server_settings_;  ///< of the clock that stamps files
};

}  // namespace holdfast::harness
