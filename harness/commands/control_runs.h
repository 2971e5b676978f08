// holdfast negative --control: runs of sound locks, none of which may be accused.
#pragma once

#include "harness/commands/control_table.h"
#include "harness/commands/trial_series.h"

namespace holdfast::harness {

class ControlRuns final : public TrialSeries {
 public:
  using TrialSeries::TrialSeries;

 private:
  void take(const Turn& turn, const Trial& trial, const TrialEnd& end) override;
  Result<void> tell(const std::string& folder) override;

  ControlTable table_;
};

}  // namespace holdfast::harness
