#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/scenario/nearest.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using Kind = FaultSpec::Kind;

constexpr std::uint64_t kMostTimes = 1'000'000'000;
constexpr Nanoseconds kLeastInterval = std::chrono::milliseconds(1);
constexpr Nanoseconds kMostOffset = std::chrono::hours(24 * 3650);
constexpr Range<double> kRates{0.1, 10};

/// By Kind.
const std::vector<std::string>& kinds() {
  static const std::vector<std::string> words = {"kill", "pause", "clock"};
  return words;
}

void read_target(ObjectReader& object, const Scenario& scenario, FaultSpec& to) {
  const auto node = object.find("target");
  if (!node) return;
  std::vector<std::string> allowed = {"any"};
  if (to.kind != Kind::clock && to.operation.empty()) allowed.emplace_back("holder");
  allowed.emplace_back("all");
  for (const HostSpec& host : scenario.hosts) allowed.push_back(host.name);
  const auto word = read_word(*node, "target", allowed);
  if (word) to.target = allowed[*word];
}

/// When a fault that comes by time comes.
void read_schedule(ObjectReader& object, FaultSpec& to) {
  const auto interval = [](const Node& node) { return read_duration(node, kLeastInterval); };
  object.get("at", to.at, [](const Node& node) { return read_duration(node); });
  object.get("every", to.every, interval);
  const Node& node = object.node();
  const bool at = node.value->contains("at"), every = node.value->contains("every");
  if (at && every) node.complain("found both \"at\" and \"every\", allowed is one of them");
  if (!at && !every) {
    if (to.kind == Kind::clock) {
      to.at = Nanoseconds{0};
    } else {
      node.complain(R"(says not when: give "at": "5s" (once) or "every": "100ms")");
    }
  }
  if (!every) {
    for (const char* key : {"jitter", "times"}) {
      if (object.find(key)) node.complain("\"" + std::string(key) + "\" needs \"every\"");
    }
    return;
  }
  object.get("jitter", to.jitter, [](const Node& at_key) { return read_number(at_key, {0, 1}); });
  object.get("times", to.times, [](const Node& at_key) {
    return read_count(at_key, {1, kMostTimes});
  });
}

void read_operation_kill(ObjectReader& object, const Scenario& scenario, FaultSpec& to) {
  const Node& node = object.node();
  if (!kills_itself(scenario.contender) && !scenario.mount) {
    node.complain("found \"operation\" with the contender \"" + scenario.contender.name +
                  "\", allowed is it with baton and link, whose file operations can be stopped at, "
                  "and with any other on an emulated mount: give \"mount\"");
  }
  object.get("when", to.before, [&](const Node& at) -> std::optional<bool> {
    const auto word = read_word(at, "side", {"either", "before", "after"});
    if (!word) return std::nullopt;
    to.after = *word != 1;
    return *word != 2;
  });
  const auto count = [](const Node& at) { return read_count(at, {1, kMostTimes}); };
  to.within = 100;
  object.get("nth", to.nth, count);
  object.get("within", to.within, count);
  object.get("times", to.times, count);
  if (node.value->contains("nth") && node.value->contains("within")) {
    node.complain(R"(found both "nth" and "within", allowed is one of them)");
  }
  for (const char* key : {"at", "every", "jitter"}) {
    if (node.value->contains(key)) {
      object.find(key);
      node.complain("found \"operation\" and \"" + std::string(key) +
                    "\", allowed is one of them: a kill at an operation comes with the operation");
    }
  }
}

void read_kill(ObjectReader& object, const Scenario& scenario, FaultSpec& to) {
  object.get("operation", to.operation, [](const Node& at) -> std::optional<std::string> {
    const auto word = read_word(at, "operation", kill_operations());
    if (!word) return std::nullopt;
    return kill_operations()[*word];
  });
  if (object.node().value->contains("operation")) {
    read_operation_kill(object, scenario, to);
  } else {
    read_schedule(object, to);
  }
  read_target(object, scenario, to);
}

void read_pause(ObjectReader& object, const Scenario& scenario, FaultSpec& to) {
  if (const auto length = object.find("for")) {
    if (const auto read = read_distribution(*length)) to.length = *read;
  } else {
    object.node().complain(R"(says not how long: give "for": "3s" or a distribution)");
  }
  read_schedule(object, to);
  read_target(object, scenario, to);
}

void read_clock(ObjectReader& object, const Scenario& scenario, FaultSpec& to) {
  const auto shift = [](const Node& node) -> std::optional<Nanoseconds> {
    const auto value = read_duration(node, -kMostOffset);
    if (value && *value > kMostOffset) {
      node.wrong("at most ten years");
      return std::nullopt;
    }
    return value;
  };
  object.get("offset", to.offset, shift);
  object.get("step", to.step, shift);
  object.get("strobe", to.strobe, shift);
  object.get("rate", to.rate, [](const Node& node) { return read_number(node, kRates); });
  const Node& node = object.node();
  const auto count = node.value->contains("offset") + node.value->contains("step") +
                     node.value->contains("strobe");
  if (count > 1) {
    node.complain(
        R"(found more than one of "offset", "step" and "strobe", allowed is one of them)");
  } else if (count == 0 && !node.value->contains("rate")) {
    node.complain(R"(says not what: give "offset", "step", "strobe" or "rate")");
  }
  if (node.value->contains("strobe") && !node.value->contains("every")) {
    node.complain(R"("strobe" needs "every": the clock goes to and fro each time)");
  }
  read_schedule(object, to);
  read_target(object, scenario, to);
}

}  // namespace

const std::string& name(Kind kind) { return kinds()[static_cast<std::size_t>(kind)]; }

const std::vector<std::string>& kill_operations() {
  static const std::vector<std::string> names = {
      "any",       "rename",  "link",  "unlink", "mkdir", "rmdir", "open_create",
      "open_read", "symlink", "utime", "stat",   "list",  "sync"};
  return names;
}

void read_faults(const Node& node, Scenario& to) {
  to.faults.clear();
  constexpr const char* kAllowed =
      R"(a list of faults, such as [{"fault": "kill", "every": "1s"}])";
  for (const Node& element : read_list(node, kAllowed)) {
    ObjectReader object(element, R"(a fault, such as {"fault": "kill", "every": "1s"})");
    if (!element.value->is_object()) continue;
    const auto kind = object.find("fault");
    if (!kind) {
      element.complain(R"(says not which: give "fault": "kill", "pause" or "clock")");
      continue;
    }
    const auto word = read_word(*kind, "fault", kinds());
    if (!word) continue;
    FaultSpec fault;
    fault.kind = static_cast<Kind>(*word);
    switch (fault.kind) {
      case Kind::kill: read_kill(object, to, fault); break;
      case Kind::pause: read_pause(object, to, fault); break;
      case Kind::clock: read_clock(object, to, fault); break;
    }
    object.finish();
    to.faults.push_back(fault);
  }
}

void read_requires(const Node& node, std::vector<std::string>& to) {
  constexpr const char* kAllowed =
      R"(a list of "root", "fuse", "tun", "file:/PATH" and "program:/PATH", such as )"
      R"(["program:/usr/bin/python3"])";
  for (const Node& element : read_list(node, kAllowed)) {
    const auto need = read_text(element);
    if (!need) continue;
    const bool known = *need == "root" || *need == "fuse" || *need == "tun" ||
                       (need->starts_with("program:/") && need->size() > 9) ||
                       (need->starts_with("file:/") && need->size() > 6);
    if (!known) {
      element.wrong(R"("root", "fuse", "tun", "file:/PATH" or "program:/PATH")");
      continue;
    }
    to.push_back(*need);
  }
}

}  // namespace holdfast::harness
