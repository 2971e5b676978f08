// One process that meets faults in the steps of a link, and those who come after it: what the
// enumerating tests loop over.
#pragma once

#include <gtest/gtest.h>
#include <holdfast/protocol/testing/world.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace holdfast::testing {

using os::testing::Call;
using os::testing::Crash;

inline constexpr Duration kLifetime = std::chrono::seconds(15);
inline constexpr Duration kSlop = std::chrono::seconds(10);
/// The breakers' baton, 2 s by another host's clock.
inline constexpr Duration kMargin = std::chrono::seconds(3);

/// One world, in which `a` meets the faults and `b` is who comes after. `c` may be there before.
class LinkCase {
 public:
  explicit LinkCase(Options options = {})
      : lock(world.link(a, options)), next(world.link(b)), earlier(world.link(c)) {}

  std::error_code take(Link& link, Patience patience);
  void give(Link& link);
  /// Whether the lock file is what this claim says.
  bool is_as(const std::string& claim) const;
  bool is_anybody_of_a() const;
  /// After everything, `b` gets it: at once, or when what is left has expired.
  void expect_recovery(Duration within);

  World world;
  Party& a = world.party("a.example", 11, 1001);
  Party& b = world.party("b.example", 22, 1002);
  Party& c = world.party("c.example", 33, 1003);
  std::unique_ptr<Link> lock;
  std::unique_ptr<Link> next;
  std::unique_ptr<Link> earlier;
};

using Preparation = std::function<void(LinkCase&)>;

/// Every way in which one call goes wrong: the n-th of its kind.
std::vector<Fault> faults_of(const Call& call, std::size_t nth);
std::string text_of(const Fault& fault);

/// Calls `each` for every operation that `run` performs on a fresh case, with every fault of it.
void enumerate(const Preparation& prepare, const Preparation& run,
               const std::function<void(const Fault&)>& each);

// --- how a step is come to

void nothing(LinkCase&);
void take_it(LinkCase& one);
/// A lock of flufl.lock on another host, whose time is over by more than the slop.
void make_expired(LinkCase& one);
/// The contents of such a lock.
inline const std::string kForeignClaim = "/their/mount/LOCK|elsewhere|99|4711";

// --- a step under one fault, and what must hold after it

/// `recovery`: within which another gets the lock if this acquire was refused.
void acquire_under(const Fault& fault, const Preparation& prepare, Patience patience,
                   Duration recovery = kMargin);
void release_under(const Fault& fault, const Preparation& prepare);
void refresh_under(const Fault& fault, const Preparation& prepare);

}  // namespace holdfast::testing
