#include "harness/archive/stored_report.h"

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/report/latency_steps.h"
#include "harness/report/report.h"
#include "harness/report/stored_file.h"

namespace holdfast::harness {
namespace {

using nlohmann::json;

/// What walks through a tree calls itself for each level; no report of ours has a tenth of these.
constexpr int kMostDeep = 100;

std::string text_or_empty(const json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

/// A number that is never negative. What is none does not fit, like what has another type.
template <class Number>
Number natural(const json& value) {
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max()) {
    return value.get<Number>();
  }
  throw json::other_error::create(501, "found " + value.dump() + ", allowed is 0 or more", &value);
}

std::int64_t number_or_zero(const json& value) {
  return value.is_null() ? 0 : natural<std::int64_t>(value);
}

std::string found_in(const json& verdict) {
  std::string found = text_or_empty(verdict.at("class"));
  if (const std::string cause = text_or_empty(verdict.at("cause")); !cause.empty()) {
    found += ": " + cause;
  }
  return found;
}

std::optional<ExitStatus> known_status(int number) {
  for (const ExitStatus status :
       {ExitStatus::as_expected, ExitStatus::violated, ExitStatus::unknown, ExitStatus::bad_usage,
        ExitStatus::harness_failed, ExitStatus::mismatch, ExitStatus::skipped,
        ExitStatus::interrupted}) {
    if (static_cast<int>(status) == number) return status;
  }
  return std::nullopt;
}

/// Its bins have every sample once, each of them at least one; nothing can be reckoned from others.
StoredLatency latency_of(const json& distribution) {
  StoredLatency latency;
  latency.count = natural<std::uint64_t>(distribution.at("count"));
  latency.min_ns = number_or_zero(distribution.at("min_ns"));
  latency.max_ns = number_or_zero(distribution.at("max_ns"));
  latency.p50_ns = number_or_zero(distribution.at("p50_ns"));
  latency.p99_ns = number_or_zero(distribution.at("p99_ns"));
  std::uint64_t sum = 0;
  bool sound = latency.min_ns <= latency.max_ns;
  for (const json& bin : distribution.at("bins")) {
    latency.bins.push_back({natural<std::int64_t>(bin.at("from_ns")),
                            natural<std::int64_t>(bin.at("to_ns")),
                            natural<std::uint64_t>(bin.at("count"))});
    const Bin& read = latency.bins.back();
    sound = sound && read.count > 0 && read.count <= latency.count && read.from <= read.to;
    sum += read.count;
  }
  if (sound && sum == latency.count) return latency;
  throw json::other_error::create(501, "its bins are not those of its samples", &distribution);
}

/// Every leaf by its pointer, as JSON text: 8 and "8" stay different.
std::map<std::string, std::string> leaves(const json& tree, const std::string& prefix = "") {
  std::map<std::string, std::string> keys;
  const json flat = tree.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    keys[prefix + pointer] = value.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return keys;
}

std::map<std::string, std::string> environment_of(const json& report) {
  json machines = report.at("environment").at("machines");
  for (json& machine : machines) {
    for (const char* passing : {"load", "directory", "problems"}) machine.erase(passing);
    if (machine.at("mount").is_object()) {
      for (const char* passing : {"device", "root", "point"}) machine.at("mount").erase(passing);
    }
  }
  std::map<std::string, std::string> keys = leaves(machines, "/machines");
  keys.merge(leaves(report.at("run").at("made_by"), "/holdfast"));
  keys["/contender"] = report.at("run").at("contender").dump();
  return keys;
}

Result<StoredReport> understood(const json& report, const std::string& place) {
  StoredReport stored;
  const json& run = report.at("run");
  const json& verdict = report.at("verdict");
  const json& power = verdict.at("power");
  stored.scenario = run.at("scenario").get<std::string>();
  stored.contender = run.at("contender").get<std::string>();
  stored.seed = text_or_empty(run.at("seed"));
  stored.again = run.at("again").get<std::string>();
  stored.version = run.at("made_by").at("version").get<std::string>();
  stored.commit = text_or_empty(run.at("made_by").at("commit"));
  stored.started_unix_ms = run.at("started_unix_ms").get<std::int64_t>();
  stored.duration_ns = run.at("duration_ns").get<std::int64_t>();
  stored.verdict = verdict.at("value").get<std::string>();
  stored.found = found_in(verdict);
  stored.reason = verdict.at("reason").get<std::string>();
  const int status = verdict.at("exit_status").get<int>();
  const auto known = known_status(status);
  if (!known) return problem(place, "/verdict/exit_status: there is no " + std::to_string(status));
  stored.status = *known;
  for (const json& entry : verdict.at("classes")) {
    stored.classes[entry.at("class").get<std::string>()] =
        natural<std::uint64_t>(entry.at("count"));
  }
  stored.grants = natural<std::uint64_t>(power.at("grants"));
  stored.handoffs = natural<std::uint64_t>(power.at("handoffs_between_processes"));
  for (const json& fault : report.at("faults")) {
    ++stored.faults;
    if (fault.at("effective").get<bool>()) ++stored.faults_effective;
  }
  for (const LatencyStep& step : kLatencySteps) {
    stored.latency[step.name] = latency_of(report.at("latency").at(step.name).at("all"));
  }
  const json& rate = report.at("throughput").at("grants_per_second");
  if (!rate.is_null()) stored.grants_per_second = rate.get<double>();
  const json& operations = report.at("operations");
  if (!operations.at("per_grant").is_null() && operations.at("recorded").get<bool>()) {
    stored.operations_per_grant["all"] = operations.at("per_grant").get<double>();
    for (const json& kind : operations.at("by_kind")) {
      stored.operations_per_grant[kind.at("operation").get<std::string>()] =
          kind.at("per_grant").get<double>();
    }
  }
  json scenario = run.at("scenario_as_run");
  if (scenario.is_object()) {
    scenario.erase("seed");
    stored.scenario_keys = leaves(scenario);
  }
  stored.environment_keys = environment_of(report);
  const json& machines = report.at("environment").at("machines");
  if (!machines.empty() && !machines.at(0).at("load").is_null()) {
    stored.load = machines.at(0).at("load").get<double>();
  }
  return stored;
}

}  // namespace

Result<StoredReport> parse_stored_report(std::string_view text, const std::string& place) {
  bool too_deep = false;
  const auto shallow = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kMostDeep;
    return depth <= kMostDeep;
  };
  const json report = json::parse(text, shallow, false);
  if (too_deep) return problem(place, "does not fit: it is nested too deeply");
  if (!report.is_object() || !report.contains("schema_version") ||
      !report.at("schema_version").is_number_integer()) {
    return problem(place, "is no report of holdfast's: it has no schema_version");
  }
  const int version = report.at("schema_version").get<int>();
  if (version != kReportSchemaVersion) {
    const std::string found = "found schema_version " + std::to_string(version) +
                              ", this program reads " + std::to_string(kReportSchemaVersion);
    if (version > kReportSchemaVersion) {
      return problem(place, found + "; read it with the newer holdfast that wrote it");
    }
    return problem(place, found + "; make it anew from what was recorded:  holdfast report " +
                              place + " --format json --output " + place);
  }
  try {
    return understood(report, place);
  } catch (const json::exception& error) {
    return problem(place, std::string("does not fit: ") + error.what());
  }
}

Result<StoredReport> read_stored_report(const std::string& folder) {
  const std::string path = folder + "/report.json";
  std::error_code error;
  const auto has = [&](const char* name) {
    return std::filesystem::is_regular_file(folder + "/" + name, error);
  };
  if (!has("report.json") && !has("scenario.json") && has("summary.md")) {
    return problem(folder, "it was skipped: nothing was run (summary.md says why)");
  }
  if (!has("report.json")) {
    return problem(path, "there is no such file: the run was cut off, or not judged");
  }
  const auto text = read_stored(path);
  if (!text) return tl::unexpected(text.error());
  auto stored = parse_stored_report(*text, path);
  if (stored) stored->folder = folder;
  return stored;
}

}  // namespace holdfast::harness
