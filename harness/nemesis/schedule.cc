#include "harness/nemesis/schedule.h"

#include <algorithm>
#include <numeric>

#include "harness/scenario/draw.h"

namespace holdfast::harness {
namespace {

/// A fault that strikes by time; a kill at a file operation comes with the operation.
bool by_time(const FaultSpec& spec) { return spec.operation.empty(); }

bool names_host(const std::string& target) {
  return target != "any" && target != "all" && target != "holder";
}

std::int64_t interval(const FaultSpec& spec, Random& random) {
  return draw_interval(*spec.every, spec.jitter, random).count();
}

/// All hosts, in an order drawn for this strike.
std::vector<std::uint32_t> shuffled(std::size_t count, Random& random) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace

Schedule::Schedule(const Scenario& scenario, std::uint64_t seed)
    : offsets_ns_(scenario.hosts.size(), 0) {
  for (const HostSpec& host : scenario.hosts) {
    host_of_slot_.insert(host_of_slot_.end(), host.workers,
                         static_cast<std::uint32_t>(hosts_.size()));
    hosts_.push_back(host.name);
  }
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const FaultSpec& spec = scenario.faults[i];
    if (!by_time(spec)) continue;
    Line line;
    line.spec = spec;
    line.random = Random(derived_seed(seed, "fault", i));
    line.strobed.resize(hosts_.size());
    if (spec.at) {
      line.next_ns = spec.at->count();
    } else if (spec.every) {
      line.next_ns = interval(spec, line.random);
    }
    lines_.push_back(std::move(line));
  }
}

std::optional<Strike> Schedule::next() {
  Line* first = nullptr;
  for (Line& line : lines_) {
    if (!line.next_ns) continue;
    if (first == nullptr || *line.next_ns < *first->next_ns) first = &line;
  }
  if (first == nullptr) return std::nullopt;
  const Strike made = strike(*first);
  advance(*first);
  return made;
}

void Schedule::advance(Line& line) {
  ++line.struck;
  const FaultSpec& spec = line.spec;
  if (!spec.every || (spec.times && line.struck >= *spec.times)) {
    line.next_ns.reset();
    return;
  }
  *line.next_ns += interval(spec, line.random);
}

Strike Schedule::strike(Line& line) {
  Strike made;
  made.id = ++last_id_;
  made.at_ns = *line.next_ns;
  made.kind = line.spec.kind;
  made.target = line.spec.target;
  aim(line, made);
  made.seed = line.random.bits();
  if (made.kind == FaultSpec::Kind::pause) {
    made.pause_ns = draw(line.spec.length, line.random).count();
  }
  if (made.kind == FaultSpec::Kind::clock) set_clocks(line, made);
  return made;
}

void Schedule::aim(Line& line, Strike& strike) const {
  const std::string& target = line.spec.target;
  if (names_host(target)) {
    const auto host = std::find(hosts_.begin(), hosts_.end(), target);
    strike.whom = Strike::Whom::hosts;
    strike.hosts = {static_cast<std::uint32_t>(host - hosts_.begin())};
  } else if (target == "all") {
    strike.whom = Strike::Whom::hosts;
    strike.hosts.resize(hosts_.size());
    std::iota(strike.hosts.begin(), strike.hosts.end(), 0U);
  } else if (target == "holder") {
    strike.whom = Strike::Whom::holder;
    strike.hosts = shuffled(hosts_.size(), line.random);
  } else if (strike.kind == FaultSpec::Kind::clock) {
    strike.whom = Strike::Whom::hosts;
    strike.hosts = {static_cast<std::uint32_t>(line.random.below(hosts_.size()))};
  } else {
    strike.whom = Strike::Whom::slot;
    strike.slot = static_cast<std::uint32_t>(line.random.below(host_of_slot_.size()));
    strike.hosts = {host_of_slot_[strike.slot]};
  }
}

void Schedule::set_clocks(Line& line, Strike& strike) {
  const FaultSpec& spec = line.spec;
  strike.rate = spec.rate;
  if (!spec.offset && !spec.step && !spec.strobe) return;
  for (const std::uint32_t host : strike.hosts) {
    std::int64_t& offset = offsets_ns_[host];
    if (spec.offset) offset = spec.offset->count();
    if (spec.step) offset += spec.step->count();
    if (spec.strobe) {
      offset += line.strobed[host] ? -spec.strobe->count() : spec.strobe->count();
      line.strobed[host] = !line.strobed[host];
    }
    strike.offsets_ns.push_back(offset);
  }
}

std::optional<CrashChoice> draw_crash(const std::vector<FaultSpec>& faults, const std::string& host,
                                      Random& random) {
  std::vector<std::size_t> meant;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const FaultSpec& fault = faults[i];
    if (by_time(fault) || (names_host(fault.target) && fault.target != host)) continue;
    meant.push_back(i);
  }
  if (meant.empty()) return std::nullopt;
  CrashChoice choice;
  choice.spec = meant[random.below(meant.size())];
  const FaultSpec& fault = faults[choice.spec];
  choice.operation = fault.operation;
  choice.at = fault.nth ? *fault.nth : 1 + random.below(std::max<std::uint64_t>(1, fault.within));
  const bool heads = random.below(2) == 0;
  choice.before = fault.before && (heads || !fault.after);
  return choice;
}

std::string text(const CrashChoice& choice) {
  return (choice.before ? "before " : "after ") + choice.operation + " " +
         std::to_string(choice.at);
}

}  // namespace holdfast::harness
