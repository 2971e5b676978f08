// holdfast negative: locks with a mistake each, in scenarios of their own or all in one.
#pragma once

#include <optional>

#include "harness/commands/negative_table.h"
#include "harness/commands/trial_series.h"

namespace holdfast::harness {

/// Each mistake is to be found as what it is.
class PlantedRuns : public TrialSeries {
 public:
  using TrialSeries::TrialSeries;

 protected:
  void take(const Turn& turn, const Trial& trial, const TrialEnd& end) override;
  Result<void> tell(const std::string& folder) override;

  /// Of a run that was judged.
  virtual NegativeRow row_of_run(const Scenario& planted, const Report& report,
                                 const History& history) const;
  /// Whether the row is what the series is for; if not, the mistake is tried again.
  virtual bool is_enough(const NegativeRow& row) const { return row.right; }
  virtual ExitStatus status_of(const NegativeRow& row) const;
  /// The command that repeats the run.
  virtual std::string again(const Scenario& planted, const Trial& trial) const;
  virtual std::string table_name() const { return "negative"; }

  NegativeTable table_;

 private:
  std::optional<NegativeRow> judge(const Scenario& planted, const TrialEnd& end) const;
};

/// What one scenario would have found: each of the locks in the place of its own, whose hosts,
/// work, faults and mount stay what they are. A measure: what is missed is no failure.
class PowerRuns final : public PlantedRuns {
 public:
  /// `in` is the scenario; its own contender and expectation do not matter.
  PowerRuns(SeriesOptions options, Scenario in);

 private:
  Trial trial_of(const Scenario& planted) const override;
  NegativeRow row_of_run(const Scenario& planted, const Report& report,
                         const History& history) const override;
  bool is_enough(const NegativeRow& row) const override { return row.caught; }
  ExitStatus status_of(const NegativeRow& row) const override;
  std::string again(const Scenario& planted, const Trial& trial) const override;
  std::string table_name() const override { return "power"; }

  const Scenario in_;
};

}  // namespace holdfast::harness
