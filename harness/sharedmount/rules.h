// Which request meets which fault. Pure: decided by the seed, and by how many requests of that kind
// the host has made before.
//
// Each fault draws from a stream of its own for each host, so one fault more or less changes
// nothing in the others, nor does another host's haste, but for `times`, which counts the hits of
// all hosts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/random/random.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/mount_spec.h"
#include "harness/sharedmount/request.h"

namespace holdfast::harness::mount {

constexpr Nanoseconds kForEver = Nanoseconds::max();

/// What becomes of one request. Several faults can hit it; of each kind the first one given does,
/// but of delays all, one after the other.
struct Fate {
  struct Hit {
    std::uint32_t fault = 0;  ///< its number
    MountFault::Kind kind{};
    Nanoseconds length{};  ///< how long, or how much later; kForEver: until it is ended
    std::optional<MountFault::Kind> outage{};  ///< lost_reply: that lost it; none: it went astray
  };
  std::vector<Hit> hits;  ///< in the order of their numbers
  std::uint64_t overtaken_by = 0;
  int error = 0;
  MountFault::Applied applied = MountFault::Applied::no;

  /// The first one of this kind.
  std::optional<Hit> of(MountFault::Kind kind) const;
};

class Rules {
 public:
  Rules(std::uint64_t seed, std::vector<std::string> hosts)
      : seed_(seed), hosts_(std::move(hosts)) {}

  /// From now on it may hit. `number`: by which it is known; none may stand twice.
  void add(std::uint32_t number, const MountFault& fault);
  /// False: there is none of this number.
  bool remove(std::uint32_t number);
  bool empty() const { return rules_.empty(); }

  /// `now`: since the start.
  Fate decide(const Request& request, const Paths& paths, Nanoseconds now);

 private:
  struct Rule {
    MountFault fault;
    std::vector<Random> random;          // by host
    std::vector<std::uint64_t> matched;  // by host
    std::uint64_t hits = 0;
  };
  bool hits(Rule& rule, const Request& request, const Paths& paths, Nanoseconds now) const;

  std::uint64_t seed_;
  std::vector<std::string> hosts_;
  std::map<std::uint32_t, Rule> rules_;
};

}  // namespace holdfast::harness::mount
