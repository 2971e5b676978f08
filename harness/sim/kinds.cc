// The table of contenders.
#include <algorithm>

#include "harness/sim/contender.h"
#include "harness/sim/flufl_exact.h"
#include "harness/sim/holdfast_contender.h"
#include "harness/sim/mutant.h"

namespace holdfast::harness::sim {

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds = [] {
    std::vector<Kind> all = {{.name = "baton",
                              .about = "the default protocol of the library",
                              .tokens = true,
                              .own = true,
                              .make = make_own,
                              .standing = baton_standing,
                              .prepare = prepare_baton}};
    all.push_back({.name = "link",
                   .about = "the protocol that shares a lock with flufl.lock",
                   .wall_clocks = true,
                   .own = true,
                   .make = make_own,
                   .standing = file_standing});
    all.push_back({.name = "flufl_exact",
                   .about = "the algorithm of flufl.lock 9, with its races",
                   .wall_clocks = true,
                   .make = make_flufl_exact,
                   .standing = file_standing});
    for (Kind& mutant : mutants()) all.push_back(std::move(mutant));
    return all;
  }();
  return kKinds;
}

const Kind* find_kind(const std::string& name) {
  const auto found = std::find_if(kinds().begin(), kinds().end(),
                                  [&](const Kind& kind) { return kind.name == name; });
  return found == kinds().end() ? nullptr : &*found;
}

}  // namespace holdfast::harness::sim
