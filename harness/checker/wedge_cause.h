// Why nobody gets a lock that nobody holds: whose entry, or state, stands there.
#pragma once

#include "harness/checker/cause.h"
#include "harness/checker/server_faults.h"
#include "harness/checker/trail.h"
#include "harness/checker/vacancies.h"

namespace holdfast::harness {

/// Of one wedge after another. README.md, "Causes", says what each means.
class WedgeCauses {
 public:
  WedgeCauses(const Evidence& evidence, const Trail& trail);

  /// What stood there `allowed_ns` after the lock had become vacant, and who had made it.
  Explanation of(const Vacancy& vacancy, std::int64_t allowed_ns) const;

 private:
  bool made_unawares(std::uint32_t making) const;
  Explanation unawares(std::uint32_t making) const;
  Explanation left_by(std::uint32_t making, std::int64_t at_ns) const;
  Explanation nothing_stands(const Vacancy& vacancy, std::int64_t at_ns) const;

  std::uint32_t standing(std::uint16_t lock, std::uint32_t last) const;
  bool has_died(std::uint32_t worker, std::uint16_t lock, std::int64_t by_ns) const;

  const Evidence& evidence_;
  const std::vector<Event>& events_;
  const Trail& trail_;
  std::vector<bool> exclusive_;  ///< by lock: making its file has been refused to somebody
};

}  // namespace holdfast::harness
