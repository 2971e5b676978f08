#include "harness/commands/explore_words.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/commands/commands.h"
#include "harness/report/exit_status.h"
#include "harness/report/figures.h"
#include "harness/scenario/scenario.h"

namespace holdfast::harness {
namespace {

double seconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e9; }

/// Schedules in a second of one core's time, whatever else the machine does.
double rate(const Explored& explored) {
  return static_cast<double>(explored.found.counts.schedules) /
         std::max(1e-3, seconds(explored.core_time));
}

std::string with(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

int exit_status(const Explored& explored) {
  const auto& failure = explored.found.failure;
  if (explored.found.interrupted) return static_cast<int>(ExitStatus::interrupted);
  const bool expected = !explored.asked.expects.empty();
  if (!failure) {
    return static_cast<int>(!expected                    ? ExitStatus::as_expected
                            : explored.found.out_of_time ? ExitStatus::unknown
                                                         : ExitStatus::mismatch);
  }
  if (!expected) {
    return static_cast<int>(failure->mistake.out_of_contract ? ExitStatus::unknown
                                                             : ExitStatus::violated);
  }
  const bool same = explored.asked.sought().is(failure->mistake);
  return static_cast<int>(same ? ExitStatus::as_expected : ExitStatus::mismatch);
}

std::string explored_text(const Explored& explored) {
  const sim::Counts& counts = explored.found.counts;
  std::string text = "explored   " + explored.asked.name + ": " + grouped(counts.schedules) +
                     " schedules from seed " + print_seed(explored.seed) + " in " +
                     with("%.1f s", seconds(explored.took)) + ", " +
                     grouped(static_cast<std::uint64_t>(rate(explored))) +
                     " in each second of a core\n";
  text += "           " + grouped(counts.steps) + " steps, " + grouped(counts.acquires) +
          " acquires, " + grouped(counts.grants) + " grants, " + grouped(counts.handoffs) +
          " of them from one process to another\n           " + grouped(counts.taken) +
          " holds ended by others, " + grouped(counts.crashes) + " crashes, " +
          grouped(counts.mishaps) + " mishaps of requests, " + grouped(counts.incidents) +
          " incidents\n";
  if (counts.too_long > 0) {
    text += "           " + grouped(counts.too_long) + " schedules were cut off after " +
            grouped(sim::Stage::kMostSteps) + " steps: of these only the beginning was seen\n";
  }
  if (counts.longest_wait > 0) {
    text += "           the longest wait once nothing went wrong: " +
            with("%.1f %%", 100 * counts.longest_wait) + " of what is allowed\n";
  }
  if (explored.found.out_of_time) text += "           stopped, as its time was over\n";
  if (explored.found.interrupted) text += "           interrupted\n";
  if (!explored.found.failure) {
    text += "verdict    no violation found\n";
    if (counts.handoffs > 0) {
      text += "           with 95 % confidence fewer than " +
              with("%.2g", 3.0 / static_cast<double>(counts.handoffs)) +
              " violations per hand-over in schedules drawn like these\n";
    }
    return text;
  }
  const sim::Failure& failure = explored.shrunk ? *explored.shrunk : *explored.found.failure;
  text += "verdict    VIOLATED: " + sim::words_of(failure.mistake) + "\n           " +
          failure.mistake.sentence + "\n           in schedule " +
          std::to_string(explored.found.number) + ", shrunk from " +
          std::to_string(explored.found.failure->choices.size()) + " choices to " +
          std::to_string(failure.choices.size()) + "\n";
  return text + (explored.kept ? explored_run_text(*explored.kept) : "");
}

std::string explored_head() {
  char line[200];
  std::snprintf(line, sizeof line, "%-26s %-20s %-50s %12s %9s %8s\n", "contender", "expected",
                "found", "schedules", "seconds", "choices");
  return line;
}

std::string explored_line(const Explored& explored) {
  const auto& failure = explored.shrunk ? explored.shrunk : explored.found.failure;
  const std::string found = failure ? sim::words_of(failure->mistake) : "nothing";
  const std::string expected = explored.asked.expects.empty() ? "nothing" : explored.asked.expects;
  char line[300];
  std::snprintf(
      line, sizeof line, "%-26s %-20s %-50s %12s %9.2f %8s%s\n", explored.asked.name.c_str(),
      expected.c_str(), found.c_str(),
      grouped(failure ? explored.found.number + 1 : explored.found.counts.schedules).c_str(),
      seconds(explored.took), failure ? std::to_string(failure->choices.size()).c_str() : "-",
      exit_status(explored) == kDone                          ? ""
      : explored.found.out_of_time && !explored.found.failure ? "   NOT FINISHED: its time was over"
                                                              : "   NOT AS EXPECTED");
  return line;
}

std::string explored_json(const std::vector<Explored>& all) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Explored& explored : all) {
    const sim::Counts& counts = explored.found.counts;
    Json one = {{"name", explored.asked.name},
                {"contender", explored.asked.range.contender},
                {"seed", explored.seed},
                {"status", exit_status(explored)},
                {"seconds", seconds(explored.took)},
                {"core_seconds", seconds(explored.core_time)},
                {"threads", explored.threads},
                {"out_of_time", explored.found.out_of_time},
                {"interrupted", explored.found.interrupted},
                {"counts",
                 {{"schedules", counts.schedules},
                  {"steps", counts.steps},
                  {"acquires", counts.acquires},
                  {"grants", counts.grants},
                  {"handoffs", counts.handoffs},
                  {"taken", counts.taken},
                  {"crashes", counts.crashes},
                  {"mishaps", counts.mishaps},
                  {"incidents", counts.incidents},
                  {"longest_wait", counts.longest_wait},
                  {"cut_off", counts.too_long}}},
                {"violation", nullptr}};
    const auto& failure = explored.shrunk ? explored.shrunk : explored.found.failure;
    if (failure) {
      one["violation"] = {{"checker", failure->mistake.checker},
                          {"cause", failure->mistake.cause},
                          {"out_of_contract", failure->mistake.out_of_contract},
                          {"sentence", failure->mistake.sentence},
                          {"schedule", explored.found.number},
                          {"choices", failure->choices.size()},
                          {"replay", explored.kept ? explored.kept->replay() : ""},
                          {"run", explored.kept ? explored.kept->folder : ""}};
    }
    list.push_back(std::move(one));
  }
  return Json{{"version", 1}, {"explored", list}}.dump(2) + "\n";
}

}  // namespace holdfast::harness
