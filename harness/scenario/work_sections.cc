#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/scenario/duration.h"
#include "harness/scenario/sections.h"

namespace holdfast::harness {
namespace {

constexpr std::uint64_t kMostWorkers = 10'000;  // of one scenario
constexpr std::uint64_t kMostHosts = 1'000;

bool fits_a_file_name(const std::string& name) {
  constexpr std::size_t kLongest = 32;
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string::npos;
}

std::optional<std::string> read_host_name(const Node& node) {
  static const std::vector<std::string> kTaken = {"any", "all", "holder"};  // targets of faults
  const auto name = read_text(node);
  if (!name) return std::nullopt;
  if (fits_a_file_name(*name) && std::find(kTaken.begin(), kTaken.end(), *name) == kTaken.end()) {
    return name;
  }
  node.wrong("a name of 1 to 32 letters, digits, - and _ that is none of any, all, holder");
  return std::nullopt;
}

/// The keys that a host has in either form.
void read_host_keys(ObjectReader& object, HostSpec& to) {
  object.get("workers", to.workers, [](const Node& node) -> std::optional<std::uint32_t> {
    const auto count = read_count(node, {1, kMostWorkers});
    if (!count) return std::nullopt;
    return static_cast<std::uint32_t>(*count);
  });
  object.get("machine", to.separate_machine, [](const Node& node) -> std::optional<bool> {
    const auto word = read_word(node, "machine", {"shared", "separate"});
    if (!word) return std::nullopt;
    return *word == 1;
  });
}

void read_counted_hosts(const Node& node, std::vector<HostSpec>& to) {
  ObjectReader object(node, "an object");
  HostSpec host;
  std::uint64_t count = 1;
  object.get("count", count, [](const Node& at) { return read_count(at, {1, kMostHosts}); });
  read_host_keys(object, host);
  object.finish();
  for (std::uint64_t i = 1; i <= count; ++i) {
    host.name = "h" + std::to_string(i);
    to.push_back(host);
  }
}

}  // namespace

void read_hosts(const Node& node, std::vector<HostSpec>& to) {
  constexpr const char* kAllowed =
      R"(a list of hosts, [{"name": "h1", "workers": 8}], or {"count": 2, "workers": 8})";
  to.clear();
  if (node.value->is_object()) {
    read_counted_hosts(node, to);
  } else {
    std::set<std::string> names;
    for (const Node& element : read_list(node, kAllowed)) {
      ObjectReader object(element, R"(a host, such as {"name": "h1", "workers": 8})");
      HostSpec host;
      host.name = "h" + std::to_string(to.size() + 1);
      object.get("name", host.name, read_host_name);
      read_host_keys(object, host);
      object.finish();
      if (!names.insert(host.name).second) {
        element.complain("the name \"" + host.name + "\" stands twice, every host needs its own");
      }
      to.push_back(host);
    }
    if (node.value->is_array() && (to.empty() || to.size() > kMostHosts)) node.wrong(kAllowed);
  }
  std::uint64_t workers = 0;
  for (const HostSpec& host : to) workers += host.workers;
  if (workers > kMostWorkers) {
    node.complain("found " + std::to_string(workers) + " workers in all, allowed are " +
                  std::to_string(kMostWorkers));
  }
}

void read_work(const Node& node, Work& to) {
  ObjectReader object(node, R"(an object, such as {"hold": "1ms"})");
  object.get("hold", to.hold, read_distribution);
  object.get("think", to.think, read_distribution);
  object.get("refresh_every", to.refresh_every,
             [](const Node& at) { return read_duration(at, std::chrono::milliseconds(1)); });
  object.get("resource", to.resource, [](const Node& at) -> std::optional<Resource> {
    const auto word = read_word(at, "resource", {"none", "counter", "fenced"});
    if (!word) return std::nullopt;
    return static_cast<Resource>(*word);
  });
  if (const auto arrivals = object.find("arrivals")) {
    if (arrivals->value->is_string()) {
      read_word(*arrivals, "form of arrivals", {"closed"});
    } else {
      ObjectReader form(*arrivals, R"("closed", or {"open": DISTRIBUTION})");
      form.get("open", to.arrivals, read_distribution);
      form.finish();
      if (object.find("think")) {
        arrivals->complain(
            "found open arrivals and \"think\", allowed is one of them: "
            "open arrivals start at their own times, whatever the last one took");
      }
    }
  }
  if (const auto patience = object.find("patience"); patience && *patience->value != "for ever") {
    to.patience = read_duration(*patience);
  }
  object.get("planted_fence", to.planted_fence, [](const Node& at) -> std::optional<std::string> {
    const auto word = read_word(at, "planted fence", {"", "backwards"});
    if (!word) return std::nullopt;
    return *word == 0 ? "" : "backwards";
  });
  object.finish();
}

void read_until(const Node& node, Until& to) {
  ObjectReader object(node, R"(an object, such as {"duration": "20s"})");
  to = {};
  object.get("duration", to.duration,
             [](const Node& at) { return read_duration(at, std::chrono::milliseconds(1)); });
  object.get("grants", to.grants, [](const Node& at) {
    return read_count(at, {1, 1'000'000'000});
  });
  object.finish();
  if (node.value->is_object() && !node.value->contains("duration") &&
      !node.value->contains("grants")) {
    node.complain("found neither \"duration\" nor \"grants\", at least one of them is needed");
  }
}

void read_bounds(const Node& node, Bounds& to) {
  ObjectReader object(node, R"(an object, such as {"recovery": "2.5s"})");
  const auto duration = [](const Node& at) { return read_duration(at); };
  const auto count = [](const Node& at) { return read_count(at, {0, 1'000'000'000}); };
  object.get("recovery", to.recovery, duration);
  object.get("wait", to.wait, duration);
  object.get("bypassed", to.bypassed, count);
  object.get("orphans", to.orphans, count);
  object.get("overstays", to.overstays, count);
  object.get("wedge", to.wedge, duration);
  object.get("timeout_slack", to.timeout_slack, duration);
  object.get("reply", to.reply, duration);
  object.finish();
}

}  // namespace holdfast::harness
