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
  Json json;
  json["fault"] = name(fault.kind);
  json["target"] = fault.target;
  put_if(json, "at", fault.at);
  put_if(json, "every", fault.every);
  if (fault.every) json["jitter"] = fault.jitter;
  put_if(json, "times", fault.times);
  if (!fault.operation.empty()) {
    json["operation"] = fault.operation;
    json["when"] = fault.before && fault.after ? "either" : fault.before ? "before" : "after";
    put_if(json, "nth", fault.nth);
    if (!fault.nth) json["within"] = fault.within;
  }
  if (fault.kind == FaultSpec::Kind::pause) json["for"] = distribution_json(fault.length);
  put_if(json, "offset", fault.offset);
  put_if(json, "step", fault.step);
  put_if(json, "strobe", fault.strobe);
  put_if(json, "rate", fault.rate);
  return json;
}

/// Which requests a fault of the mount hits, or when it comes.
void put_when(Json& json, const MountFault& fault) {
  if (fault.lasts()) {
    json["at"] = print_duration(fault.at);
    put_if(json, "every", fault.every);
    if (fault.every) json["jitter"] = fault.jitter;
    if (fault.every) put_if(json, "times", fault.times);
    return;
  }
  json["path"] = fault.path;
  if (!fault.operations.empty()) json["operation"] = fault.operations;
  json["probability"] = fault.probability;
  put_if(json, "nth", fault.nth);
  put_if(json, "times", fault.times);
  json["from"] = print_duration(fault.from);
  put_if(json, "until", fault.until);
}

Json mount_fault_json(const MountFault& fault) {
  using Kind = MountFault::Kind;
  static constexpr const char* kApplied[] = {"no", "yes", "later"};
  Json json;
  json["fault"] = mount_fault_kinds()[static_cast<std::size_t>(fault.kind)];
  if (fault.kind <= Kind::partition) json["host"] = fault.host;
  put_when(json, fault);
  const bool has_length =
      fault.kind != Kind::server_clock && !fault.for_ever &&
      (fault.kind != Kind::error || fault.applied == MountFault::Applied::later);
  if (has_length) json["for"] = distribution_json(fault.length);
  if (fault.kind == Kind::error) {
    json["error"] = fault.error;
    json["applied"] = kApplied[static_cast<std::size_t>(fault.applied)];
  }
  if (fault.kind == Kind::reorder) json["by"] = fault.overtaken_by;
  if (fault.kind == Kind::partition) {
    json["direction"] = !fault.replies ? "requests" : fault.requests ? "both" : "replies";
  }
  if (fault.kind == Kind::server_crash) json["forget"] = fault.forget;
  put_if(json, "offset", fault.offset);
  put_if(json, "step", fault.step);
  return json;
}

Json mount_json(const MountSpec& mount) {
  static constexpr const char* kLinks[] = {"counted", "shown_as_one", "refused"};
  static constexpr const char* kInodes[] = {"of_the_file", "of_the_name"};
  static constexpr const char* kRenames[] = {"of_the_name", "of_the_file"};
  const auto trust = [](const Trust& of) {
    return Json{print_duration(of.least), print_duration(of.most)};
  };
  Json json = {{"emulate", mount.emulate}};
  if (mount.files) json["file_times"] = trust(*mount.files);
  if (mount.directories) json["directory_times"] = trust(*mount.directories);
  put_if(json, "tick", mount.tick);
  if (mount.links) json["hard_links"] = kLinks[static_cast<std::size_t>(*mount.links)];
  if (mount.inodes) json["inodes"] = kInodes[static_cast<std::size_t>(*mount.inodes)];
  if (mount.renames) json["renames"] = kRenames[static_cast<std::size_t>(*mount.renames)];
  put_if(json, "any_case", mount.any_case);
  put_if(json, "root_squash", mount.root_squash);
  put_if(json, "soft", mount.soft);
  json["faults"] = Json::array();
  for (const MountFault& fault : mount.faults) json["faults"].push_back(mount_fault_json(fault));
  return json;
}

Json lab_fault_json(const LabFault& fault) {
  using Kind = LabFault::Kind;
  Json json;
  json["fault"] = lab_fault_kinds()[static_cast<std::size_t>(fault.kind)];
  const bool servers = fault.kind == Kind::server_pause || fault.kind == Kind::server_crash ||
                       fault.kind == Kind::server_clock;
  if (!servers) json["host"] = fault.host;
  json["at"] = print_duration(fault.at);
  put_if(json, "every", fault.every);
  if (fault.every) json["jitter"] = fault.jitter;
  if (fault.every) put_if(json, "times", fault.times);
  if (fault.kind != Kind::server_clock) json["for"] = distribution_json(fault.length);
  if (fault.kind == Kind::partition) json["what"] = fault.what;
  if (fault.kind == Kind::delay) json["by"] = print_duration(fault.later);
  if (fault.kind == Kind::delay) json["loss"] = fault.loss;
  put_if(json, "step", fault.step);
  put_if(json, "rate", fault.rate);
  return json;
}

Json lab_json(const LabSpec& lab) {
  Json json = {{"nfs", lab.nfs},
               {"mount_options", lab.mount_options},
               {"export", lab.sync ? "sync" : "async"}};
  json["faults"] = Json::array();
  for (const LabFault& fault : lab.faults) json["faults"].push_back(lab_fault_json(fault));
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
  json["effective"] = expect.effective;
  return json;
}

}  // namespace

std::string canonical_text(const Scenario& scenario) {
  Json json;
  json["version"] = 1;
  if (scenario.world == WorldKind::simulated) json["world"] = "simulated";
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
  json["mode"] = scenario.ordered ? "ordered" : "silent";
  put_if(json["until"], "duration", scenario.until.duration);
  put_if(json["until"], "grants", scenario.until.grants);
  json["faults"] = Json::array();
  for (const FaultSpec& fault : scenario.faults) json["faults"].push_back(fault_json(fault));
  if (scenario.mount) json["mount"] = mount_json(*scenario.mount);
  if (scenario.lab) json["lab"] = lab_json(*scenario.lab);
  json["bounds"] = bounds_json(scenario.bounds);
  json["expect"] = expect_json(scenario.expect);
  json["requires"] = scenario.require;
  if (scenario.seed) json["seed"] = print_seed(*scenario.seed);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace holdfast::harness
