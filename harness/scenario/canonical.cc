// The scenario as it was run, with every key written out: what a report echoes and a stored run is
// judged by, so that neither depends on defaults, on overrides, or on where the file lay.
#include <nlohmann/json.hpp>

#include "harness/scenario/duration.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using Json = nlohmann::ordered_json;

Json distribution_json(const Distribution& distribution) {
  switch (distribution.shape) {
    case Distribution::Shape::uniform:
      return {{"uniform", {print_duration(distribution.low), print_duration(distribution.high)}}};
    case Distribution::Shape::exponential: {
      Json json = {{"exponential", print_duration(distribution.low)}};
      if (distribution.high.count() != 0) json["max"] = print_duration(distribution.high);
      return json;
    }
    case Distribution::Shape::constant: break;
  }
  return print_duration(distribution.low);
}

template <class T>
void put_if(Json& to, const char* key, const std::optional<T>& value) {
  if (!value) return;
  if constexpr (std::is_same_v<T, Nanoseconds>) {
    to[key] = print_duration(*value);
  } else {
    to[key] = *value;
  }
}

Json contender_json(const ContenderSpec& contender) {
  Json json;
  if (contender.program.empty()) {
    json["lock"] = contender.lock;
  } else {
    json["program"] = contender.program;
  }
  json["name"] = contender.name;
  json["lifetime"] = print_duration(contender.lifetime);
  json["options"] = Json::parse(contender.options);
  json["record_files"] = contender.record_files;
  return json;
}

Json work_json(const Work& work) {
  static constexpr const char* kResources[] = {"none", "counter", "fenced"};
  Json json;
  json["hold"] = distribution_json(work.hold);
  if (work.arrivals) {
    json["arrivals"] = {{"open", distribution_json(*work.arrivals)}};
  } else {
    json["think"] = distribution_json(work.think);
    json["arrivals"] = "closed";
  }
  put_if(json, "refresh_every", work.refresh_every);
  json["resource"] = kResources[static_cast<int>(work.resource)];
  json["patience"] = work.patience ? print_duration(*work.patience) : "for ever";
  json["planted_fence"] = work.planted_fence;
  return json;
}

Json fault_json(const FaultSpec& fault) {
  static constexpr const char* kKinds[] = {"kill", "pause", "clock"};
  Json json;
  json["fault"] = kKinds[static_cast<int>(fault.kind)];
  json["target"] = fault.target;
  put_if(json, "at", fault.at);
  put_if(json, "every", fault.every);
  if (fault.every) json["jitter"] = fault.jitter;
  put_if(json, "times", fault.times);
  if (!fault.operation.empty()) {
    json["operation"] = fault.operation;
    json["when"] = fault.before && fault.after ? "either" : fault.before ? "before" : "after";
    json["within"] = fault.within;
  }
  if (fault.kind == FaultSpec::Kind::pause) json["for"] = distribution_json(fault.length);
  put_if(json, "offset", fault.offset);
  put_if(json, "step", fault.step);
  put_if(json, "strobe", fault.strobe);
  put_if(json, "rate", fault.rate);
  return json;
}

Json bounds_json(const Bounds& bounds) {
  Json json;
  put_if(json, "recovery", bounds.recovery);
  put_if(json, "wait", bounds.wait);
  put_if(json, "bypassed", bounds.bypassed);
  put_if(json, "orphans", bounds.orphans);
  put_if(json, "overstays", bounds.overstays);
  json["wedge"] = print_duration(bounds.wedge);
  json["timeout_slack"] = print_duration(bounds.timeout_slack);
  json["reply"] = print_duration(bounds.reply);
  return json;
}

Json expect_json(const Expect& expect) {
  static constexpr const char* kVerdicts[] = {"valid", "violated", "unknown", "any"};
  Json json = {{"verdict", kVerdicts[static_cast<int>(expect.verdict)]}};
  if (!expect.what.empty()) json["class"] = expect.what;
  if (!expect.cause.empty()) json["cause"] = expect.cause;
  return json;
}

}  // namespace

std::string canonical_text(const Scenario& scenario) {
  Json json;
  json["version"] = 1;
  json["name"] = scenario.name;
  json["about"] = scenario.about;
  json["contender"] = contender_json(scenario.contender);
  json["locks"] = scenario.locks;
  json["hosts"] = Json::array();
  for (const HostSpec& host : scenario.hosts) {
    json["hosts"].push_back({{"name", host.name},
                             {"workers", host.workers},
                             {"machine", host.separate_machine ? "separate" : "shared"}});
  }
  json["work"] = work_json(scenario.work);
  put_if(json["until"], "duration", scenario.until.duration);
  put_if(json["until"], "grants", scenario.until.grants);
  json["faults"] = Json::array();
  for (const FaultSpec& fault : scenario.faults) json["faults"].push_back(fault_json(fault));
  json["bounds"] = bounds_json(scenario.bounds);
  json["expect"] = expect_json(scenario.expect);
  json["requires"] = scenario.require;
  if (scenario.seed) json["seed"] = print_seed(*scenario.seed);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::harness
