// A comparison for machines: reports/compare.schema.json describes every field.
#include <nlohmann/json.hpp>

#include "harness/archive/comparison_report.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

Json counts(const std::map<std::string, std::uint64_t>& of, const char* name) {
  Json json = Json::array();
  for (const auto& [what, runs] : of) json.push_back({{name, utf8(what)}, {"runs", runs}});
  return json;
}

Json standing_json(const Standing& standing) {
  return {{"scenario", utf8(standing.scenario)},
          {"runs", standing.runs},
          {"as_expected", standing.as_expected},
          {"worst_exit_status", static_cast<int>(standing.worst)},
          {"verdicts", counts(standing.verdicts, "verdict")},
          {"classes", counts(standing.classes, "class")},
          {"grants", standing.grants},
          {"handoffs", standing.handoffs},
          {"faults", standing.faults},
          {"faults_effective", standing.faults_effective},
          {"seeds", standing.seeds}};
}

const char* noise_name(Noise noise) {
  switch (noise) {
    case Noise::unknown: return "unknown";
    case Noise::within_runs: return "within_runs";
    case Noise::between_runs: return "between_runs";
  }
  return "?";
}

/// The ratio, its interval, and what is claimed of it.
Json estimate_json(const Estimate& estimate) {
  const bool known = estimate.noise != Noise::unknown;
  return {{"ratio", estimate.ratio},
          {"low", known ? Json(estimate.low) : Json()},
          {"high", known ? Json(estimate.high) : Json()},
          {"noise", noise_name(estimate.noise)},
          {"difference", estimate.noise != Noise::between_runs ? Json()
                         : estimate.larger()                   ? Json("larger")
                         : estimate.smaller()                  ? Json("smaller")
                                                               : Json("none_seen")}};
}

Json latency_json(const Compared& latency) {
  return {{"step", latency.what},
          {"percentile", latency.percentile},
          {"a_ns", static_cast<std::int64_t>(latency.a)},
          {"b_ns", static_cast<std::int64_t>(latency.b)},
          {"set_by_scenario", latency.chosen},
          {"estimate", estimate_json(latency.estimate)}};
}

Json figure_json(const Compared& figure) {
  return {{"a", figure.a}, {"b", figure.b}, {"estimate", estimate_json(figure.estimate)}};
}

Json operation_json(const Compared& operation) {
  Json json = {{"operation", operation.what}};
  json.update(figure_json(operation));
  return json;
}

Json values(const std::set<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push_back(Json::parse(text, nullptr, false));
  return json;
}

Json changes_json(const std::vector<Change>& changes) {
  Json json = Json::array();
  for (const Change& change : changes) {
    json.push_back({{"key", utf8(change.key)}, {"a", values(change.a)}, {"b", values(change.b)}});
  }
  return json;
}

template <class T, class Of>
Json list(const std::vector<T>& all, Of of) {
  Json json = Json::array();
  for (const T& one : all) json.push_back(of(one));
  return json;
}

Json load_json(const std::optional<std::pair<double, double>>& load) {
  return load ? Json{{"least", load->first}, {"most", load->second}} : Json();
}

Json scenario_json(const ComparisonTitle& title, const ScenarioComparison& scenario) {
  Json slower;
  if (title.fail_slower) slower = list(slower_than(scenario, *title.fail_slower), latency_json);
  return {{"a", standing_json(scenario.a)},
          {"b", standing_json(scenario.b)},
          {"verdict", scenario.worse()    ? "worse"
                      : scenario.better() ? "better"
                                          : "same"},
          {"appeared", scenario.appeared},
          {"went", scenario.went},
          {"latencies", list(scenario.latencies, latency_json)},
          {"slower", slower},
          {"grants_per_second", scenario.throughput ? figure_json(*scenario.throughput) : Json()},
          {"operations_per_grant", list(scenario.operations, operation_json)},
          {"scenario_changes", changes_json(scenario.scenario)},
          {"environment_changes", changes_json(scenario.environment)},
          {"load_a", load_json(scenario.load_a)},
          {"load_b", load_json(scenario.load_b)}};
}

}  // namespace

std::string comparison_json(const ComparisonTitle& title, const Comparison& comparison) {
  const auto as_text = [](const std::string& text) { return Json(utf8(text)); };
  Json json = {
      {"schema_version", kSchemaVersion},
      {"a", utf8(title.a)},
      {"b", utf8(title.b)},
      {"fail_slower", title.fail_slower ? Json(*title.fail_slower) : Json()},
      {"confidence", comparison.confidence},
      {"scenarios", list(comparison.scenarios,
                         [&](const ScenarioComparison& it) { return scenario_json(title, it); })},
      {"only_a", list(comparison.only_a, as_text)},
      {"only_b", list(comparison.only_b, as_text)}};
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::harness
