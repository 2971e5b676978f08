#include "harness/commands/control_runs.h"

#include <filesystem>
#include <iostream>

#include "harness/commands/run_places.h"
#include "harness/report/figures.h"
#include "harness/report/report.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

void note(ControlRow& row, const TrialEnd& end) {
  static const TableOrigin here = origin_here();
  row.origin = here;
  ++row.runs;
  if (end.status == ExitStatus::violated) ++row.accused;
  if (end.status != ExitStatus::violated && end.status != ExitStatus::as_expected) ++row.otherwise;
  if (end.folder.empty()) return;
  if (const auto report = report_run(end.folder)) {
    row.grants += report->verdict.power.grants;
    row.handoffs += report->verdict.power.handoffs_between_workers;
  }
}

/// The rows that another series left in the file; none: there is no such file.
Result<ControlTable> read_rows(const std::string& file) {
  if (!std::filesystem::exists(file)) return ControlTable{};
  const auto text = read_stored(file);
  if (!text) return tl::unexpected(text.error());
  return parse_controls(*text, file);
}

}  // namespace

void ControlRuns::take(const Turn& turn, const Trial&, const TrialEnd& end) {
  const Scenario& scenario = scenario_of(turn);
  ControlRow& row = table_.row_of(scenario);
  if (end.status == ExitStatus::unknown && try_again(turn)) {
    // A busy machine can keep everybody from meeting: that accuses nobody, and shows nothing.
    ++row.repeated;
    return;
  }
  note(row, end);
  settle(end.status);
  if (end.status == ExitStatus::as_expected) return;
  out() << scenario.name << ": " << describe(end.status) << "\n  "
        << (end.folder.empty() ? skip_reason(end.said) : as_typed(end.folder)) << "\n"
        << std::flush;
}

Result<void> ControlRuns::tell(const std::string& folder) {
  const std::uint64_t repeated = table_.sum(&ControlRow::repeated);
  out() << table_.sum(&ControlRow::runs) << " runs of sound locks in " << with_decimals(seconds_, 0)
        << " s: " << table_.sum(&ControlRow::accused) << " accused, " << not_expected()
        << " not as expected";
  if (repeated != 0) out() << "; " << repeated << " more showed nothing and were repeated";
  out() << "\n";
  const auto others = read_rows(folder + "/controls.json");
  if (!others) return tl::unexpected(others.error());
  table_.keep(*others);
  if (options_.json) std::cout << control_json(table_);
  auto written = write_table(folder, "controls", control_markdown(table_), control_json(table_));
  if (written) out() << "the table  " << as_typed(folder) << "/controls.md\n";
  return written;
}

}  // namespace holdfast::harness
