// The highest token known before an instant, when instants of different hosts are uncertain.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/history/history.h"

namespace holdfast::harness {

class HighestSoFar {
 public:
  explicit HighestSoFar(const History& history);

  struct Entry {
    std::int64_t at_ns = 0;
    std::uint64_t token = 0;
    std::uint32_t what = 0xffffffff;  ///< whatever the caller calls it
  };

  /// Calls come in the order of `at_ns`.
  void add(std::uint32_t worker, const Entry& entry);
  /// The highest among those that were surely before `at_ns` of this worker; nullptr: none were.
  const Entry* before(std::uint32_t worker, std::int64_t at_ns) const;

 private:
  const History& history_;
  /// By host: those that were higher than everything before them, so both at_ns and token rise.
  std::vector<std::vector<Entry>> rises_;
};

}  // namespace holdfast::harness
