// Writes the page of each sample run, NAME.html, into a folder, or of those that are named: for
// looking at, and for the test that opens them in a browser.
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "harness/page/page.h"
#include "harness/page/sample_runs.h"
#include "harness/report/stored_file.h"

namespace {

using namespace holdfast::harness;

struct Sample {
  const char* name;
  std::function<SampleRun()> make;
  std::string story = "null";
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"valid", valid_run},
      {"violated", violated_run},
      {"overstay", overstay_run},
      {"wedged", wedged_run},
      {"unknown", unknown_run},
      {"hostile", hostile_run},
      {"unfit", unfit_run},
      {"explored", violated_run, sample_story()},
      {"long", [] { return long_run(100'000); }},
      {"longer", [] { return long_run(1'000'000); }},
  };
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [NAME...]\n", arguments[0]);
    return 3;
  }
  const std::set<std::string> wanted(arguments + 2, arguments + count);
  for (const Sample& sample : samples()) {
    if (!wanted.empty() && !wanted.contains(sample.name)) continue;
    const SampleRun run = sample.make();
    const auto written = write_stored(std::string(arguments[1]) + "/" + sample.name + ".html",
                                      page_html(run.report, run.history, sample.story));
    if (written) continue;
    std::fprintf(stderr, "%s\n", written.error().text().c_str());
    return 4;
  }
}
