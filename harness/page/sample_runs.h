// Small runs of every kind, with their histories: for tests of the page.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/history/history.h"
#include "harness/report/report.h"

namespace holdfast::harness {

struct SampleRun {
  std::string name;
  History history;
  Report report;
};

SampleRun valid_run();     ///< kills, a pause, bent clocks, and a lock that stands them
SampleRun violated_run();  ///< a lock that judges by another host's clock
SampleRun overstay_run();  ///< a paused holder stays past its lease
SampleRun wedged_run();    ///< a lock that nobody gets, and a lease that is over when it comes
SampleRun unknown_run();   ///< nobody waited
SampleRun hostile_run();   ///< every name in it is an attack
SampleRun unfit_run();     ///< cannot be judged

/// One baton, 32 workers on 4 hosts, that many holds one after the other.
SampleRun long_run(std::size_t holds);

/// An explored counterexample's story.json: two hosts, one of them 30 s ahead, and a lost reply.
std::string sample_story();

std::vector<SampleRun> sample_runs();

}  // namespace holdfast::harness
