// Writes the page of each sample run, NAME.html, into a folder: for looking at, and for the test
// that opens them in a browser.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness/page/page.h"
#include "harness/page/sample_runs.h"
#include "harness/report/stored_file.h"

namespace {

using namespace holdfast::harness;

void write(const std::string& folder, const std::string& name, const SampleRun& run,
           const std::string& story = "null") {
  const auto written =
      write_stored(folder + "/" + name + ".html", page_html(run.report, run.history, story));
  if (written) return;
  std::fprintf(stderr, "%s\n", written.error().text().c_str());
  std::exit(4);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
    return 3;
  }
  const std::string folder = arguments[1];
  write(folder, "valid", valid_run());
  write(folder, "violated", violated_run());
  write(folder, "overstay", overstay_run());
  write(folder, "unknown", unknown_run());
  write(folder, "hostile", hostile_run());
  write(folder, "unfit", unfit_run());
  write(folder, "explored", violated_run(), sample_story());
  write(folder, "long", long_run(100'000));
  write(folder, "longer", long_run(1'000'000));
}
