#include <nlohmann/json.hpp>

#include "harness/scenario/json_text.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

using Kind = LabFault::Kind;

constexpr std::uint64_t kMost = 1'000'000'000;
constexpr std::size_t kMostHosts = 40;
constexpr Nanoseconds kLeastInterval = std::chrono::seconds(1);
constexpr Nanoseconds kMostStep = std::chrono::hours(24 * 3650);
/// What adjtimex(2) can do.
constexpr Range<double> kRates{0.9, 1.1};

std::optional<std::string> known_word(const Node& node, const char* what,
                                      const std::vector<std::string>& words) {
  const auto word = read_word(node, what, words);
  return word ? std::optional(words[*word]) : std::nullopt;
}

bool of_the_server(Kind kind) {
  return kind == Kind::server_pause || kind == Kind::server_crash || kind == Kind::server_clock;
}

void read_times(ObjectReader& object, LabFault& to) {
  object.get("at", to.at, [](const Node& node) { return read_duration(node); });
  object.get("every", to.every,
             [](const Node& node) { return read_duration(node, kLeastInterval); });
  const Node& node = object.node();
  if (to.every) {
    if (!node.value->contains("at")) to.at = *to.every;
    object.get("jitter", to.jitter, [](const Node& at) { return read_number(at, {0, 1}); });
    object.get("times", to.times, [](const Node& at) { return read_count(at, {1, kMost}); });
    return;
  }
  to.times = 1;
  for (const char* key : {"jitter", "times"}) {
    if (object.find(key)) node.complain("\"" + std::string(key) + "\" needs \"every\"");
  }
}

void read_clock(ObjectReader& object, LabFault& to) {
  object.get("step", to.step, [](const Node& node) -> std::optional<Nanoseconds> {
    const auto value = read_duration(node, -kMostStep);
    if (!value || *value <= kMostStep) return value;
    node.wrong("at most ten years");
    return std::nullopt;
  });
  object.get("rate", to.rate, [](const Node& node) { return read_number(node, kRates); });
  if (!to.step && !to.rate) {
    object.node().complain(R"(says not what: give "step": "-2s" or "rate": 1.004)");
  }
}

void read_delay(ObjectReader& object, LabFault& to) {
  object.get("by", to.later, [](const Node& node) { return read_duration(node); });
  object.get("loss", to.loss, [](const Node& node) { return read_number(node, {0, 1}); });
  if (to.later == Nanoseconds{} && to.loss == 0) {
    object.node().complain(R"(says not what: give "by": "50ms" or "loss": 0.1)");
  }
}

std::optional<LabFault> read_lab_fault(const Node& node, const std::vector<std::string>& hosts) {
  ObjectReader object(node, R"(a fault, such as {"fault": "host_crash", "every": "20s"})");
  if (!node.value->is_object()) return std::nullopt;
  LabFault to;
  const auto kind = object.find("fault");
  if (!kind) {
    object.node().complain(R"(says not which: give "fault": "host_crash")");
    return std::nullopt;
  }
  const auto word = read_word(*kind, "fault", lab_fault_kinds());
  if (!word) return std::nullopt;
  to.kind = static_cast<Kind>(*word);
  if (!of_the_server(to.kind)) {
    std::vector<std::string> names = {"any"};
    names.insert(names.end(), hosts.begin(), hosts.end());
    object.get("host", to.host, [&](const Node& at) { return known_word(at, "host", names); });
  }
  const bool lasts = to.kind != Kind::server_clock;
  to.length.low = std::chrono::seconds(1);
  if (lasts) object.get("for", to.length, read_distribution);
  if (to.kind == Kind::partition) {
    object.get("what", to.what, [](const Node& at) { return known_word(at, "word", lab_cuts()); });
  }
  if (to.kind == Kind::delay) read_delay(object, to);
  if (to.kind == Kind::server_clock) read_clock(object, to);
  read_times(object, to);
  object.finish();
  return to;
}

}  // namespace

const std::vector<std::string>& lab_versions() {
  static const std::vector<std::string> known = {"3", "4.0", "4.1", "4.2"};
  return known;
}

const std::vector<std::string>& lab_fault_kinds() {
  static const std::vector<std::string> known = {"host_crash",   "host_pause",   "partition",
                                                 "delay",        "server_pause", "server_crash",
                                                 "server_clock", "lost_reply"};
  return known;
}

const std::vector<std::string>& lab_cuts() {
  static const std::vector<std::string> known = {"both", "requests", "replies", "nfs"};
  return known;
}

void read_lab(const Node& node, const std::vector<std::string>& hosts, LabSpec& to) {
  to.hosts = hosts;
  ObjectReader object(node, R"(an object, such as {"nfs": "4.2"})");
  if (!node.value->is_object()) return;
  object.get("nfs", to.nfs,
             [](const Node& at) { return known_word(at, "version", lab_versions()); });
  object.get("mount_options", to.mount_options, read_text);
  object.get("export", to.sync, [](const Node& at) -> std::optional<bool> {
    const auto word = read_word(at, "export", {"sync", "async"});
    if (!word) return std::nullopt;
    return *word == 0;
  });
  if (const auto faults = object.find("faults")) {
    for (const Node& element : read_list(*faults, "a list of faults")) {
      if (const auto fault = read_lab_fault(element, hosts)) to.faults.push_back(*fault);
    }
  }
  object.finish();
  if (hosts.size() > kMostHosts) {
    node.complain("found a lab with " + std::to_string(hosts.size()) + " hosts, allowed are " +
                  std::to_string(kMostHosts));
  }
}

}  // namespace holdfast::harness
