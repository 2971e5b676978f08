// run, environment, contract, workload: what was run, where, and under which terms.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/report/event_words.h"
#include "harness/report/json_sections.h"
#include "harness/report/readable.h"

namespace holdfast::harness {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json duration_or_null(const std::optional<Nanoseconds>& duration) {
  return duration ? Json(duration->count()) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(utf8(text)); }

Json texts(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& text : list) json.push_back(utf8(text));
  return json;
}

Json program_json(const RunFacts& facts) {
  return {
      {"version", facts.version}, {"commit", text_or_null(facts.commit)}, {"build", facts.build}};
}

Json mount_json(const Mount& mount) {
  return {{"type", utf8(mount.type)},
          {"source", utf8(mount.source)},
          {"server", text_or_null(server_of(mount))},
          {"point", utf8(mount.point)},
          {"root", utf8(mount.root)},
          {"device", utf8(mount.device)},
          {"options", texts(mount.options)},
          {"server_options", texts(mount.server_options)}};
}

Json machine_json(const Machine& machine) {
  return {{"hosts", texts(machine.hosts)},
          {"kernel", text_or_null(machine.kernel)},
          {"cpu", text_or_null(machine.cpu)},
          {"cpus", machine.cpus == 0 ? Json() : Json(machine.cpus)},
          {"memory_bytes", or_null(machine.memory_bytes)},
          {"load", or_null(machine.load)},
          {"clock_source", text_or_null(machine.clock_source)},
          {"boot_id", text_or_null(machine.boot_id)},
          {"directory", utf8(machine.directory)},
          {"mount", machine.mount ? mount_json(*machine.mount) : Json()},
          {"problems", texts(machine.problems)}};
}

Json draw_json(const Distribution& draw) {
  static constexpr const char* kShapes[] = {"constant", "uniform", "exponential"};
  return {{"shape", kShapes[static_cast<int>(draw.shape)]},
          {"low_ns", draw.low.count()},
          {"high_ns", draw.high.count()}};
}

/// Whether this clock fault, taken alone, is more than the contender promises to stand.
bool beyond(const Fault& fault, const Terms& terms) {
  if (fault.kind == "server_clock") return terms.steady_server_clock && fault.effective;
  if (fault.kind != "clock") return false;
  // Nobody knows how far it went.
  if (is_unmeasured(fault)) return terms.contract_offset_ns || terms.contract_drift;
  if (!fault.effective) return false;
  const bool offset =
      terms.contract_offset_ns && std::abs(fault.measured_offset_ns) > *terms.contract_offset_ns;
  const bool rate =
      terms.contract_drift && std::abs(fault.measured_rate - 1) > *terms.contract_drift;
  return offset || rate;
}

Json bounds_json(const Terms& terms) {
  return {
      {"recovery_ns", or_null(terms.recovery_bound_ns)}, {"wait_ns", or_null(terms.wait_bound_ns)},
      {"bypassed", or_null(terms.bypass_bound)},         {"orphans", or_null(terms.orphan_bound)},
      {"overstays", or_null(terms.overstay_bound)},      {"wedge_ns", terms.wedge_bound_ns},
      {"timeout_slack_ns", terms.timeout_slack_ns}};
}

Json failures_json(const std::map<Why, std::uint64_t>& failures) {
  Json json = Json::array();
  for (const auto& [why, count] : failures) json.push_back({{"why", name(why)}, {"count", count}});
  return json;
}

/// The scenario as it was run. A text that is no JSON object (a run that was put together by hand)
/// is null.
Json scenario_json(const Scenario& scenario) {
  Json json = Json::parse(scenario.text, nullptr, false);
  return json.is_object() ? json : Json();
}

}  // namespace

Json run_section(const Report& report) {
  const RunFacts& facts = report.facts;
  Json hosts = Json::array();
  for (std::size_t i = 0; i < report.hosts.size(); ++i) {
    const auto& specs = report.scenario.hosts;
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const HostSpec& it) {
      return it.name == report.hosts[i].name;
    });
    hosts.push_back({{"name", utf8(report.hosts[i].name)},
                     {"workers", spec == specs.end() ? Json() : Json(spec->workers)},
                     {"processes", report.hosts[i].workers}});
  }
  const auto& seed = report.scenario.seed;
  const bool simulated = report.scenario.world == WorldKind::simulated;
  return {{"world", simulated ? "simulated" : "real"},
          {"scenario", utf8(report.scenario.name)},
          {"contender", utf8(facts.contender)},
          {"seed", seed ? Json(print_seed(*seed)) : Json()},
          {"started_unix_ms", facts.started_unix_ms},
          {"ended_unix_ms", facts.ended_unix_ms},
          {"duration_ns", report.end_ns - report.start_ns},
          {"interrupted", facts.interrupted},
          {"hosts", hosts},
          {"command_line", texts(facts.command_line)},
          {"again", utf8(facts.again)},
          {"made_by", program_json(facts)},
          {"judged_by", program_json(report.judge)},
          {"scenario_as_run", scenario_json(report.scenario)}};
}

Json environment_section(const Report& report) {
  Json machines = Json::array(), clocks = Json::array();
  for (const Machine& machine : report.facts.machines) machines.push_back(machine_json(machine));
  for (const HostNote& host : report.hosts) {
    Json offsets = Json::array();
    for (const ClockSample& sample : host.clock) {
      offsets.push_back({{"at_ns", sample.host_ns},
                         {"offset_ns", sample.offset_ns},
                         {"uncertainty_ns", sample.error_ns}});
    }
    clocks.push_back(
        {{"host", utf8(host.name)}, {"uncertainty_ns", host.uncertainty_ns}, {"offsets", offsets}});
  }
  return {{"machines", machines}, {"clocks", clocks}};
}

Json contract_section(const Report& report) {
  const Terms& terms = report.facts.terms;
  Json faults_beyond = Json::array();
  for (const Fault& fault : report.faults) {
    if (beyond(fault, terms)) faults_beyond.push_back(fault.id);
  }
  return {{"own_lock", terms.own_lock},
          {"leases", terms.leases},
          {"tokens", terms.tokens},
          {"lifetime_ns", terms.leases ? Json(terms.lifetime_ns) : Json()},
          {"margin_ns", terms.leases ? Json(terms.margin_ns) : Json()},
          {"clock_offset_ns", or_null(terms.contract_offset_ns)},
          {"clock_drift", or_null(terms.contract_drift)},
          {"steady_server_clock", terms.steady_server_clock},
          {"faults_beyond", faults_beyond},
          {"bounds", bounds_json(terms)}};
}

Json workload_section(const Report& report) {
  static constexpr const char* kResources[] = {"none", "counter", "fenced"};
  const Scenario& scenario = report.scenario;
  const Power& power = report.verdict.power;
  std::uint64_t workers = 0;
  for (const HostSpec& host : scenario.hosts) workers += host.workers;
  return {{"hosts", report.hosts.size()},
          {"workers", workers},
          {"processes", report.workers},
          {"locks", scenario.locks},
          {"hold", draw_json(scenario.work.hold)},
          {"think", scenario.work.arrivals ? Json() : draw_json(scenario.work.think)},
          {"arrivals", scenario.work.arrivals ? draw_json(*scenario.work.arrivals) : Json()},
          {"patience_ns", duration_or_null(scenario.work.patience)},
          {"refresh_every_ns", duration_or_null(scenario.work.refresh_every)},
          {"resource", kResources[static_cast<int>(scenario.work.resource)]},
          {"attempts", power.attempts},
          {"grants", power.grants},
          {"contended_grants", power.contended_grants},
          {"failed_acquires", failures_json(report.measures.failed_acquires)},
          {"unknown_outcomes", report.measures.unknown_outcomes},
          {"contender_error", report.measures.contender_errors},
          {"unfinished", report.measures.unfinished},
          {"events", report.events}};
}

}  // namespace holdfast::harness
