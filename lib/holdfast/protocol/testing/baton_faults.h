// The steps of a baton, and the faults that each of their file operations can meet: what the
// enumerating tests loop over.
#pragma once

#include <holdfast/protocol/testing/baton_scene.h>

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

namespace holdfast::testing {

using os::testing::Call;
using os::testing::Crash;
using os::testing::Effect;
using os::testing::Fault;
using os::testing::Operation;

inline const std::error_code kNone;

/// One step of the protocol, as `actor` does it. `other` is a process that was there before.
struct BatonStep {
  std::string name;
  std::function<void(BatonScene&, BatonActor& other, BatonActor& actor)> prepare;
  std::function<std::error_code(BatonScene&, BatonActor& actor)> act;
  /// What must hold after the step has answered. `before` and `left`: the lock's state and what was
  /// left of the actor's lease when it began.
  std::function<void(BatonScene&, BatonActor& actor, std::error_code answer,
                     const std::string& before, Duration left)>
      expect;
  bool pending = false;       ///< a request of the actor's is under way beforehand
  std::uint64_t machine = 0;  ///< the actor's; 0: nothing can be proved there
  bool durable = false;       ///< everybody's option
  bool server_clock = false;  ///< likewise

  Options options() const;
};

/// As GoogleTest shows it.
inline std::ostream& operator<<(std::ostream& out, const BatonStep& step) {
  return out << step.name;
}

/// All of them: create, acquire, refresh, release, take over, burn, break, each as often as there
/// are ways to come to it.
std::vector<BatonStep> baton_steps();

/// The calls that the step makes when nothing goes wrong.
std::vector<Call> calls_of(const BatonStep& step);

/// What goes wrong at one of them.
struct BatonCase {
  std::size_t call;
  Effect effect;
  int error;
};

/// Every error, effect and call; all but the crashes.
std::vector<BatonCase> all_cases(const std::vector<Call>& calls);
Fault fault_at(const std::vector<Call>& calls, const BatonCase& now);
std::string describe(const std::string& step, const BatonCase& now, const std::vector<Call>& calls);

}  // namespace holdfast::testing
