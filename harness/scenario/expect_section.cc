#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

constexpr std::uint64_t kMostEffective = 1'000'000'000;

/// What can be found, the verdict that it makes, and why it can have come to be.
struct Expectable {
  const char* what;
  Expect::Value verdict;
  std::vector<std::string> causes;
};

const std::vector<Expectable>& expectables() {
  constexpr auto kViolated = Expect::Value::violated;
  constexpr auto kUnknown = Expect::Value::unknown;
  static const std::vector<Expectable> list = {
      {"mutual_exclusion",
       kViolated,
       {"double_break", "stolen_release", "premature_break", "false_refresh", "lost_reply",
        "duplicate_grant", "server_lost_state", "not_excluding", "unexplained"}},
      {"token_regression", kViolated, {"server_lost_state"}},
      {"lost_update", kViolated, {"server_lost_state"}},
      {"unfenced_late_write", kViolated, {"server_lost_state"}},
      {"ghost_hold", kViolated, {"lost_reply", "failed_operation", "server_lost_state"}},
      {"false_hold", kViolated, {"lost_reply", "server_lost_state"}},
      {"wedge",
       kViolated,
       {"left_by_the_dead", "left_by_the_living", "lost_reply", "server_lost_state",
        "never_granted", "unexplained"}},
      {"slow_recovery", kViolated, {}},
      {"starvation", kViolated, {}},
      {"spurious_loss",
       kViolated,
       {"double_break", "stolen_release", "premature_break", "false_refresh", "lost_reply",
        "failed_operation", "unexplained"}},
      {"orphan", kViolated, {}},
      {"api_contract", kViolated, {}},
      // Beyond the scenario's bound; within it, it is no breach.
      {"overstay",
       kViolated,
       {"told_and_left", "told_and_stayed", "never_told", "could_not_be_told"}},
      {"out_of_contract", kUnknown, {}},
      {"inconclusive",
       kUnknown,
       {"vacuous", "within_uncertainty", "fault_not_effective", "controller_lost"}}};
  return list;
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

/// A word of `words`, which `what` names.
std::optional<std::string> read_one_of(const Node& node, const char* what,
                                       const std::vector<std::string>& words) {
  const auto index = read_word(node, what, words);
  if (!index) return std::nullopt;
  return words[*index];
}

/// Complains about what no run can ever come out as.
void check_pairs(const ObjectReader& object, const Expect& expect) {
  const Node& node = object.node();
  const bool bad =
      expect.verdict == Expect::Value::violated || expect.verdict == Expect::Value::unknown;
  if (!bad && (!expect.what.empty() || !expect.cause.empty())) {
    node.complain(
        "found a class or a cause with a verdict that has none, "
        "allowed are they with \"violated\" and \"unknown\"");
    return;
  }
  if (!expect.cause.empty() && expect.what.empty()) {
    node.complain("found a cause without its class; give both, or the class alone");
  }
  if (expect.what.empty()) return;
  const auto& all = expectables();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Expectable& each) { return each.what == expect.what; });
  if (found == all.end()) return;  // an unknown word, which is complained about already
  if (found->verdict != expect.verdict) {
    node.complain("found class \"" + expect.what +
                  "\" with another verdict than it makes, which is \"" +
                  (found->verdict == Expect::Value::violated ? "violated" : "unknown") + "\"");
  }
  const auto& causes = found->causes;
  if (!expect.cause.empty() &&
      std::find(causes.begin(), causes.end(), expect.cause) == causes.end()) {
    node.complain("found cause \"" + expect.cause + "\", allowed with class \"" + expect.what +
                  "\" is " + (causes.empty() ? "none" : "one of: " + listed(causes)));
  }
}

}  // namespace

const std::vector<std::string>& expectable_classes() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Expectable& each : expectables()) all.emplace_back(each.what);
    return all;
  }();
  return names;
}

const std::vector<std::string>& expectable_causes() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Expectable& each : expectables()) {
      for (const std::string& cause : each.causes) {
        if (std::find(all.begin(), all.end(), cause) == all.end()) all.push_back(cause);
      }
    }
    return all;
  }();
  return names;
}

void read_expect(const Node& node, Expect& to) {
  static const std::vector<std::string> kVerdicts = {"valid", "violated", "unknown", "any"};
  const auto verdict = [](const Node& at) -> std::optional<Expect::Value> {
    const auto word = read_word(at, "verdict", kVerdicts);
    if (!word) return std::nullopt;
    return static_cast<Expect::Value>(*word);
  };
  if (node.value->is_string()) {
    if (const auto value = verdict(node)) to.verdict = *value;
    return;
  }
  ObjectReader object(node, R"("valid", "violated", "unknown", "any", or {"verdict": "violated", )"
                            R"("class": "mutual_exclusion", "cause": "double_break"})");
  if (!node.value->is_object()) return;
  object.get("verdict", to.verdict, verdict);
  object.get("class", to.what,
             [](const Node& at) { return read_one_of(at, "class", expectable_classes()); });
  object.get("cause", to.cause,
             [](const Node& at) { return read_one_of(at, "cause", expectable_causes()); });
  object.get("effective", to.effective, [](const Node& at) {
    return read_count(at, {1, kMostEffective});
  });
  object.finish();
  check_pairs(object, to);
}

}  // namespace holdfast::harness
