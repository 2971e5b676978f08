#include "harness/commands/exhaustive_words.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/commands/explore_words.h"
#include "harness/report/figures.h"
#include "harness/sim/schedule.h"

namespace holdfast::harness {
namespace {

double seconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1e9; }

double rate(const sim::Covered& covered) {
  return static_cast<double>(covered.executions) / std::max(1e-3, seconds(covered.took));
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

}  // namespace

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

std::string level_text(const SceneCovered::Level& level) {
  const sim::Covered& covered = level.covered;
  char line[400];
  std::snprintf(line, sizeof line,
                "  %-42s %s\n"
                "    %s states, %s executions (%s cut off at a known state), deepest %s\n"
                "    %.1f s, %s executions/s; %s holds ended by others; two states share a digest "
                "with p < %.1g\n",
                bounds_text(level.bounds).c_str(), ending_of(covered).c_str(),
                grouped(covered.states).c_str(), grouped(covered.executions).c_str(),
                grouped(covered.pruned).c_str(), grouped(covered.deepest).c_str(),
                seconds(covered.took), grouped(static_cast<std::uint64_t>(rate(covered))).c_str(),
                grouped(covered.taken).c_str(), chance_of_collision(covered.states));
  std::string text = line;
  if (covered.too_long > 0) {
    text += "    " + grouped(covered.too_long) + " executions were given up after " +
            grouped(sim::Stage::kMostSteps) + " steps\n";
  }
  return text;
}

std::string conclusion_text(const SceneCovered& one) {
  const SceneCovered::Level* complete = nullptr;
  for (const SceneCovered::Level& level : one.levels) {
    if (level.covered.complete()) complete = &level;
    if (!level.covered.failure) continue;
    const sim::Mistake& mistake = level.covered.failure->mistake;
    return "verdict    VIOLATED: " + mistake.checker +
           (mistake.cause.empty() ? "" : " (" + mistake.cause + ")") + "\n           " +
           mistake.sentence + "\n" +
           (one.replay.empty() ? "" : "replay     holdfast explore --replay " + one.replay + "\n");
  }
  if (complete == nullptr) return "verdict    no violation found, and no bounds were completed\n";
  return "verdict    no violation and no wedge in any schedule within these bounds: " +
         bounds_text(complete->bounds) + "\n" +
         (complete == &one.levels.back() ? "" : "           wider bounds were not completed\n");
}

std::string exhaustive_json(const std::vector<SceneCovered>& all) {
  using Json = nlohmann::ordered_json;
  Json scenes = Json::array();
  for (const SceneCovered& one : all) {
    Json levels = Json::array();
    for (const auto& [bounds, covered] : one.levels) {
      Json level = {{"crashes", bounds.crashes},
                    {"replies", bounds.replies},
                    {"pauses", bounds.pauses},
                    {"clock_steps", bounds.clock_steps},
                    {"end", sim::word(covered.end)},
                    {"complete", covered.complete()},
                    {"states", covered.states},
                    {"executions", covered.executions},
                    {"pruned", covered.pruned},
                    {"too_long", covered.too_long},
                    {"deepest", covered.deepest},
                    {"grants", covered.grants},
                    {"taken", covered.taken},
                    {"seconds", seconds(covered.took)},
                    {"collision_probability", chance_of_collision(covered.states)},
                    {"violation", nullptr}};
      if (covered.failure) {
        const sim::Mistake& mistake = covered.failure->mistake;
        level["violation"] = {{"checker", mistake.checker},
                              {"cause", mistake.cause},
                              {"sentence", mistake.sentence},
                              {"replay", one.replay}};
      }
      levels.push_back(std::move(level));
    }
    scenes.push_back({{"scene", one.scene.name},
                      {"contender", one.scene.setting.contender},
                      {"mount", one.mount},
                      {"levels", std::move(levels)}});
  }
  return Json{{"version", 1}, {"exhaustive", scenes}}.dump(2) + "\n";
}

}  // namespace holdfast::harness
