// Reports of small runs of every kind, for tests of what a report says.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "harness/report/report.h"

namespace holdfast::harness {

struct SampleReport {
  std::string name;
  Report report;

  friend void PrintTo(const SampleReport& sample, std::ostream* out) { *out << sample.name; }
};

Report valid_sample();        ///< own lock, all faults, fenced, every figure there is
Report violated_sample();     ///< a program that judges by another host's clock
Report planted_sample();      ///< the same, expected by its scenario
Report fence_sample();        ///< a fence that accepts a stale write
Report also_sample();         ///< the same and files left behind, which its scenario expects
Report overstay_sample();     ///< a paused holder stays past its lease: no fault of the lock
Report unknown_sample();      ///< nobody waited
Report foreign_sample();      ///< another program, hostile names, uncertain clocks, open arrivals
Report empty_sample();        ///< nothing at all happened
Report unfit_sample();        ///< a history that cannot be judged
Report interrupted_sample();  ///< Ctrl-C

const std::vector<SampleReport>& sample_reports();

}  // namespace holdfast::harness
