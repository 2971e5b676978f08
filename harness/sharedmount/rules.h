// Which request meets which fault. Pure: decided by the seed, and by how many requests of that kind
// the host has made before.
//
// Each fault draws from a stream of its own for each host, so one fault more or less changes
// nothing in the others, nor does another host's haste.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/random/random.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/mount_spec.h"
#include "harness/sharedmount/request.h"

namespace holdfast::harness::mount {

/// What becomes of one request. Several faults can hit it; of each kind the first one given counts,
/// but delays add up.
struct Fate {
  struct Hit {
    std::uint32_t fault = 0;  ///< its number
    MountFault::Kind kind{};
  };
  std::vector<Hit> hits;
  Nanoseconds delay{};
  bool hangs = false;
  Nanoseconds hangs_for{};  ///< 0: until the fault is ended
  std::uint64_t overtaken_by = 0;
  Nanoseconds overtaken_for{};  ///< at most
  bool reply_lost = false;
  Nanoseconds sent_again{};
  bool duplicated = false;
  Nanoseconds duplicated_after{};
  int error = 0;
  MountFault::Applied applied = MountFault::Applied::no;
  Nanoseconds applied_after{};
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
