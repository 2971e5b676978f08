// holdfast report: a stored run, shown in another form.
#include "harness/report/report.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>

#include "harness/commands/command_line.h"
#include "harness/commands/run_places.h"
#include "harness/commands/stored_runs.h"
#include "harness/page/page.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

constexpr const char* kExamples =
    R"(RUN is the folder that `holdfast run` says under "report", any file in it, or a folder that
holds one run only. The run is judged again from what was recorded, by this very program, and shown
as text (what stood on the terminal), markdown (summary.md), json (report.json), junit (junit.xml)
or html (report.html). So a report.json of an older schema is made anew as one of this program's:

  holdfast report RUN --format json --output RUN/report.json

Nothing is changed but the file that --output names. `holdfast check` says whether the verdict is
still the one that the run came to.

Examples:
  holdfast report reports/runs/smoke-baton/20261123T171802Z-5a3f09c1
  holdfast report RUN --format markdown >> "$GITHUB_STEP_SUMMARY"
  holdfast report RUN --format json | jq .latency.handoff.all.p99_ns

Exit status: 0 it was shown, whatever the verdict; 3 there is no such run, or it is not whole;
4 the output cannot be written.)";

using Shown = Result<std::string>;

Shown as_text(const std::string& folder, const JudgedRun& run) {
  return report_text(run.report, as_typed(folder));
}
Shown as_markdown(const std::string&, const JudgedRun& run) { return report_markdown(run.report); }
Shown as_json(const std::string&, const JudgedRun& run) { return report_json(run.report); }
Shown as_junit(const std::string&, const JudgedRun& run) { return junit_xml(run.report); }
Shown as_page(const std::string& folder, const JudgedRun& run) {
  return page_of_run(folder, run.report, run.history);
}

struct Format {
  const char* name;
  Shown (*render)(const std::string& folder, const JudgedRun& run);
};

constexpr std::array kFormats = {Format{"text", as_text}, Format{"markdown", as_markdown},
                                 Format{"json", as_json}, Format{"junit", as_junit},
                                 Format{"html", as_page}};

/// CLI11's own way of saying what is allowed is a list in braces.
std::string known_format(const std::string& word) {
  std::string all;
  for (const Format& format : kFormats) {
    if (word == format.name) return "";
    all += (all.empty() ? "" : ", ") + std::string(format.name);
  }
  return "found \"" + word + "\", allowed are " + all;
}

/// Why a folder with no whole run in it cannot be shown, and what can be done about it.
Problem not_whole(const std::string& path, const Problem& why) {
  const std::string folder =
      path.ends_with("/report.json") ? path.substr(0, path.size() - 12) : path;
  if (!read_stored(folder + "/report.json") || read_stored(folder + "/run.json")) return why;
  return {folder,
          "has a report.json, but not what was recorded (scenario.json, facts.json, run.json, "
          "history/), which every format is made of: keep the whole folder of a run"};
}

Result<std::string> only_run(const std::string& path) {
  const auto found = find_stored_runs(path);
  if (!found) return tl::unexpected(not_whole(path, found.error()));
  if (found->runs.size() == 1) return found->runs.front();
  constexpr std::size_t kNamed = 5;
  std::string named;
  for (std::size_t i = 0; i < std::min(kNamed, found->runs.size()); ++i) {
    named += "\n  " + found->runs[i];
  }
  if (found->runs.size() > kNamed) named += "\n  ...";
  return problem(path, "holds " + std::to_string(found->runs.size()) +
                           " runs, one is shown at a time:" + named);
}

int fail(const std::string& words, int status) {
  std::cerr << "holdfast report: " << words << "\n";
  return status;
}

}  // namespace

int report_command(const Arguments& arguments) {
  CLI::App app("Shows a stored run as text, Markdown, JSON, JUnit's XML or a page.",
               "holdfast report");
  std::string path, format = kFormats.front().name, output;
  app.footer(kExamples);
  app.add_option("RUN", path, "the folder of a run")->required()->type_name("");
  app.add_option("--format", format, "text (the default), markdown, json, junit, html")
      ->type_name("FORMAT")
      ->check(CLI::Validator(known_format, "").description(""));
  app.add_option("--output", output, "the file to write; default: standard output")
      ->type_name("FILE");
  if (const auto status = parse(app, arguments)) return *status;
  const auto folder = only_run(path);
  if (!folder) return fail(folder.error().text(), kBadUsage);
  const auto run = judge_run(*folder);
  if (!run) {
    return fail(run.error().text() +
                    "\n  a run's folder has scenario.json, facts.json, run.json "
                    "and history/, as the run left them",
                kBadUsage);
  }
  const auto chosen = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& known) { return format == known.name; });
  const Shown text = chosen->render(*folder, *run);
  if (!text) return fail(text.error().text(), kBadUsage);
  if (output.empty()) {
    std::cout << *text << std::flush;
    return std::cout ? kDone : fail("standard output cannot be written", kHarnessFailed);
  }
  const auto written = write_stored(output, *text);
  return written ? kDone : fail(written.error().text(), kHarnessFailed);
}

}  // namespace holdfast::harness
