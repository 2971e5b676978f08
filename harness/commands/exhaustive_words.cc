#include "harness/commands/exhaustive_words.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/commands/explore_words.h"
#include "harness/report/figures.h"
#include "harness/sim/schedule.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

/// What the words of bounds stand for; harness/sim/README.md has it at length.
constexpr const char* kMeanings =
    R"(           crash: a process ends before a change, or within one that arrives at once or late;
           reply: comes late, or is lost and the request sent again; pause: stands still until it
           can have been taken over from; clock step: half a lease passes though somebody could
           go on. Other delays, faults and numbers of processes were not tried.
)";

double seconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e9; }

std::string megabytes(const sim::Covered& covered) {
  return grouped((covered.memory_bytes + 999'999) / 1'000'000);
}

/// That any two of so many states share a digest of 64 bits, at most.
double chance_of_collision(std::uint64_t states) {
  const auto count = static_cast<double>(states);
  return count * count / 3.7e19;
}

std::string ending_of(const sim::Covered& covered) {
  switch (covered.end) {
    case sim::End::finished: return covered.complete() ? "finished" : "NOT FINISHED: cut off";
    case sim::End::violated: return "VIOLATED";
    case sim::End::out_of_time: return "NOT FINISHED: its time was over";
    case sim::End::out_of_memory: return "NOT FINISHED: as many states as it may keep";
    case sim::End::interrupted: return "NOT FINISHED: interrupted";
  }
  return "?";
}

Json bounds_json(const sim::Bounds& bounds) {
  return {{"crashes", bounds.crashes},
          {"replies", bounds.replies},
          {"pauses", bounds.pauses},
          {"clock_steps", bounds.clock_steps}};
}

Json level_json(const SceneCovered& one, const SceneCovered::Level& level) {
  const sim::Covered& covered = level.covered;
  Json json = bounds_json(level.bounds);
  json.update({{"end", sim::word(covered.end)},
               {"complete", covered.complete()},
               {"states", covered.states},
               {"executions", covered.executions},
               {"pruned", covered.pruned},
               {"transitions", covered.transitions},
               {"latecomers", covered.latecomers},
               {"memory_bytes", covered.memory_bytes},
               {"too_long", covered.too_long},
               {"deepest", covered.deepest},
               {"grants", covered.grants},
               {"taken", covered.taken},
               {"seconds", seconds(covered.took)},
               {"processor_seconds", seconds(covered.worked)},
               {"collision_probability", chance_of_collision(covered.states)},
               {"violation", nullptr}});
  if (!covered.failure) return json;
  const sim::Mistake& mistake = covered.failure->mistake;
  json["violation"] = {{"checker", mistake.checker},
                       {"cause", mistake.cause},
                       {"out_of_contract", mistake.out_of_contract},
                       {"sentence", mistake.sentence},
                       {"replay", one.kept ? one.kept->replay() : ""},
                       {"run", one.kept ? one.kept->folder : ""}};
  return json;
}

}  // namespace

const SceneCovered::Level* SceneCovered::completed() const {
  const Level* widest = nullptr;
  for (const Level& level : levels) {
    if (level.covered.complete()) widest = &level;
  }
  return widest;
}

bool SceneCovered::complete() const {
  const Level* const widest = completed();
  return widest != nullptr && widest->bounds == scene.bounds;
}

const sim::Mistake* SceneCovered::mistake() const {
  for (const Level& level : levels) {
    if (level.covered.failure) return &level.covered.failure->mistake;
  }
  return nullptr;
}

ExitStatus exit_status(const SceneCovered& one, bool must_complete) {
  if (one.mistake() != nullptr) return ExitStatus::violated;
  if (one.completed() == nullptr) return ExitStatus::unknown;
  return must_complete && !one.complete() ? ExitStatus::unknown : ExitStatus::as_expected;
}

std::string bounds_text(const sim::Bounds& bounds) {
  std::string text;
  const auto add = [&](std::uint32_t count, const char* one, const char* many) {
    if (count == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + (count == 1 ? one : many);
  };
  add(bounds.crashes, "crash", "crashes");
  add(bounds.replies, "reply", "replies");
  add(bounds.pauses, "pause", "pauses");
  add(bounds.clock_steps, "clock step", "clock steps");
  return text.empty() ? "nothing goes wrong" : text;
}

std::string scene_text(const SceneCovered& one) {
  const sim::Setting& setting = one.scene.setting;
  return one.scene.name + " of " + setting.contender + ": " + one.scene.about + "\n  " +
         std::to_string(setting.processes.size()) + " processes" + " x " +
         counted(setting.processes.front().rounds.size(), "acquire") + ", mount " + one.mount +
         "; any order of all operations, any number of looks at the lock\n";
}

std::string standing_text(const sim::Covered& covered) {
  return grouped(covered.states) + " states, " + grouped(covered.executions) + " executions, " +
         megabytes(covered) + " MB";
}

std::string level_text(const SceneCovered::Level& level) {
  const sim::Covered& covered = level.covered;
  char line[500];
  std::snprintf(line, sizeof line,
                "  %-42s %s\n"
                "    %s states, %s transitions, %s executions (%s cut off at a known state)\n"
                "    %s, %s of processor time, %s MB; deepest %s; %s holds ended by others\n"
                "    two states share a digest with p < %.1g; latecomers to %s states\n",
                bounds_text(level.bounds).c_str(), ending_of(covered).c_str(),
                grouped(covered.states).c_str(), grouped(covered.transitions).c_str(),
                grouped(covered.executions).c_str(), grouped(covered.pruned).c_str(),
                human_duration(covered.took.count()).c_str(),
                human_duration(covered.worked.count()).c_str(), megabytes(covered).c_str(),
                grouped(covered.deepest).c_str(), grouped(covered.taken).c_str(),
                chance_of_collision(covered.states), grouped(covered.latecomers).c_str());
  std::string text = line;
  if (covered.too_long > 0) {
    text += "    " + grouped(covered.too_long) + " executions were given up after " +
            grouped(sim::Stage::kMostSteps) + " steps\n";
  }
  return text;
}

std::string conclusion_text(const SceneCovered& one) {
  if (const sim::Mistake* const mistake = one.mistake()) {
    return "verdict    VIOLATED: " + sim::words_of(*mistake) + "\n           " + mistake->sentence +
           "\n" + (one.kept ? explored_run_text(*one.kept) : "");
  }
  const SceneCovered::Level* const completed = one.completed();
  if (completed == nullptr) {
    return "verdict    UNKNOWN: no bounds were completed; as far as it came, nothing was found\n";
  }
  std::string text = "verdict    no violation and no wedge in any schedule with at most: " +
                     bounds_text(completed->bounds) + "\n";
  if (!one.complete()) {
    text += "           NOT COMPLETE: asked for was " + bounds_text(one.scene.bounds) + "\n";
  }
  return text + kMeanings;
}

std::string exhaustive_json(const std::vector<SceneCovered>& all, bool must_complete) {
  Json scenes = Json::array();
  for (const SceneCovered& one : all) {
    Json levels = Json::array();
    for (const SceneCovered::Level& level : one.levels) levels.push_back(level_json(one, level));
    const SceneCovered::Level* const completed = one.completed();
    scenes.push_back({{"scene", one.scene.name},
                      {"contender", one.scene.setting.contender},
                      {"processes", one.scene.setting.processes.size()},
                      {"acquires", one.scene.setting.processes.front().rounds.size()},
                      {"mount", one.mount},
                      {"status", static_cast<int>(exit_status(one, must_complete))},
                      {"asked", bounds_json(one.scene.bounds)},
                      {"completed", completed == nullptr ? Json() : bounds_json(completed->bounds)},
                      {"complete", one.complete()},
                      {"levels", std::move(levels)}});
  }
  return Json{{"version", 1}, {"exhaustive", scenes}}.dump(2) + "\n";
}

}  // namespace holdfast::harness
