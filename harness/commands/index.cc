// holdfast index: a page of all runs below a folder.
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "harness/archive/index_page.h"
#include "harness/commands/command_line.h"
#include "harness/commands/run_places.h"
#include "harness/commands/shell_words.h"
#include "harness/commands/stored_runs.h"
#include "harness/report/figures.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples =
    R"(The page lists every run below DIR with its verdict, scenario, date, commit, grants and
waits, links to what is kept of it, and draws for each scenario and lock how the waits went from run
to run. It is one file, needs no network, and shows all of that without scripts, too; with them it
filters and sorts. Its links are relative: DIR can be moved, or put on a server, as a whole. What
cannot be read is listed as such.

Examples:
  holdfast index reports/runs                        writes reports/runs/index.html
  holdfast index runs --output runs/all.html

Exit status: 0 written; 3 no such folder, no run in it, or FILE is not in DIR or above it; 4 the
page cannot be written.)";

IndexedRun indexed(const std::string& folder, const fs::path& page_folder) {
  IndexedRun run;
  const auto has = [&](const char* name) {
    std::error_code unseen;  // what cannot be looked at is not there for a reader either
    return fs::is_regular_file(fs::path(folder) / name, unseen);
  };
  run.path = fs::absolute(folder).lexically_normal().lexically_relative(page_folder).string();
  run.has_page = has("report.html");
  run.has_junit = has("junit.xml");
  run.has_summary = has("summary.md");
  if (!has("report.json")) {
    run.problem = has("run.json")
                      ? "it was never judged: holdfast report " + shell_quoted(folder) +
                            " --format json --output " + shell_quoted(folder + "/report.json")
                  : has("scenario.json") ? "the run was cut off: it has no run.json"
                                         : "skipped: nothing was run (summary.md says why)";
    return run;
  }
  auto report = read_stored_report(folder);
  if (report) {
    run.report = std::move(*report);
  } else {
    run.problem = report.error().text();
  }
  return run;
}

int fail(const std::string& words, int status) {
  std::cerr << "holdfast index: " << words << "\n";
  return status;
}

}  // namespace

int index_command(const Arguments& arguments) {
  CLI::App app("Makes a page of all runs below a folder.", "holdfast index");
  std::string path, output;
  app.footer(kExamples);
  app.add_option("DIR", path, "a folder of runs")->required()->type_name("");
  app.add_option("--output", output,
                 "the page to write, in DIR or above it; default: DIR/index.html")
      ->type_name("FILE");
  if (const auto status = parse(app, arguments)) return *status;
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return fail(path + ": no such folder; runs are kept in reports/runs", kBadUsage);
  }
  const auto folders = find_run_folders(path);
  if (!folders) return fail(folders.error().text(), kBadUsage);
  if (output.empty()) output = (fs::path(path) / "index.html").string();
  const fs::path page_folder = fs::absolute(output).lexically_normal().parent_path();
  const fs::path whole = fs::absolute(path + "/").lexically_normal().parent_path();
  if (*whole.lexically_relative(page_folder).begin() == "..") {
    return fail(output + ": its links lead below its own folder: write it into " + path +
                    " or a folder above that",
                kBadUsage);
  }
  std::vector<IndexedRun> runs;
  std::size_t broken = 0;
  for (const std::string& folder : *folders) {
    runs.push_back(indexed(folder, page_folder));
    if (!runs.back().report) ++broken;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const auto written = write_stored(output, index_html(as_typed(path), now_ms, runs));
  if (!written) return fail(written.error().text(), kHarnessFailed);
  std::cout << as_typed(output) << ": " << counted(runs.size() - broken, "run");
  if (broken != 0) std::cout << "; named as not readable: " << counted(broken, "folder");
  std::cout << "\n" << std::flush;
  return kDone;
}

}  // namespace holdfast::harness
