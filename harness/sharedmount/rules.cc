#include "harness/sharedmount/rules.h"

#include <fnmatch.h>

#include <algorithm>

namespace holdfast::harness::mount {
namespace {

using Kind = MountFault::Kind;

bool names(const MountFault& fault, const Paths& paths) {
  const auto fits = [&](const std::string& path) {
    return ::fnmatch(fault.path.c_str(), path.c_str(), 0) == 0;
  };
  return std::ranges::any_of(paths.first, fits) || (!paths.second.empty() && fits(paths.second));
}

}  // namespace

std::optional<Fate::Hit> Fate::of(Kind kind) const {
  const auto at =
      std::find_if(hits.begin(), hits.end(), [&](const Hit& hit) { return hit.kind == kind; });
  return at == hits.end() ? std::nullopt : std::optional(*at);
}

void Rules::add(std::uint32_t number, const MountFault& fault) {
  Rule rule{fault, {}, std::vector<std::uint64_t>(hosts_.size()), 0};
  for (std::size_t host = 0; host < hosts_.size(); ++host) {
    rule.random.emplace_back(
        derived_seed(derived_seed(seed_, "mount fault", number), "host", host));
  }
  rules_.emplace(number, std::move(rule));
}

bool Rules::remove(std::uint32_t number) { return rules_.erase(number) > 0; }

bool Rules::hits(Rule& rule, const Request& request, const Paths& paths, Nanoseconds now) const {
  const MountFault& fault = rule.fault;
  if (fault.host != "any" && fault.host != hosts_[request.host]) return false;
  const auto& operations = fault.operations;
  if (!operations.empty() &&
      std::find(operations.begin(), operations.end(), text(request.action)) == operations.end()) {
    return false;
  }
  if (!names(fault, paths)) return false;
  if (now < fault.from || (fault.until && now >= *fault.until)) return false;
  const std::uint64_t number = ++rule.matched[request.host];
  // Drawn whether it matters or not: the next draw is that of the next request.
  const bool drawn = rule.random[request.host].unit() < fault.probability;
  if (fault.nth && number != *fault.nth) return false;
  return drawn && (!fault.times || rule.hits < *fault.times);
}

Fate Rules::decide(const Request& request, const Paths& paths, Nanoseconds now) {
  Fate fate;
  for (auto& [number, rule] : rules_) {
    if (!hits(rule, request, paths, now)) continue;
    const MountFault& fault = rule.fault;
    // Drawn whether it counts or not, as above.
    const Nanoseconds length = draw(fault.length, rule.random[request.host]);
    if (fault.kind != Kind::delay && fate.of(fault.kind)) continue;
    ++rule.hits;
    fate.hits.push_back({number, fault.kind, fault.for_ever ? kForEver : length});
    if (fault.kind == Kind::reorder) fate.overtaken_by = fault.overtaken_by;
    if (fault.kind == Kind::error) {
      fate.error = mount_error(fault.error);
      fate.applied = fault.applied;
    }
  }
  return fate;
}

}  // namespace holdfast::harness::mount
