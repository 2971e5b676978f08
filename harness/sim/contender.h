// A lock as the explorer drives it: one object of one process. Whatever goes through the door of
// os.h can be one.
#pragma once

#include <holdfast/fence.h>
#include <holdfast/lock.h>
#include <holdfast/token.h>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "harness/sim/server.h"
#include "harness/sim/setting.h"

namespace holdfast::harness::sim {

class Contender {
 public:
  virtual ~Contender() = default;
  /// The library's own lock, for what only that can do; null: it is none.
  virtual Lock* own() { return nullptr; }
  /// The fence of the resource that the lock protects; null: there is none.
  virtual Fence* fence() { return nullptr; }
  virtual std::error_code acquire(Duration patience) = 0;
  virtual std::error_code refresh() = 0;
  virtual std::error_code release() = 0;
  /// How long the lease surely lasts, by the lock's own word and this host's clock.
  virtual Duration remaining() const = 0;
  /// 0: has none.
  virtual Token token() const = 0;
};

/// What the lock's state on the server is, known to the world alone.
struct Standing {
  bool held = false;
  std::uint64_t grant = 0;  ///< differs between grants; of a lock with tokens, the token
  bool broken = false;      ///< a state that no right protocol leaves

  bool operator==(const Standing&) const = default;
};

/// A kind of contender.
struct Kind {
  using Make = std::unique_ptr<Contender> (*)(const Setting& setting, os::System system);

  std::string name;
  std::string about;
  bool tokens = false;
  /// Compares wall clocks of hosts, which must agree to within `slop`; and what stands at its path
  /// may be gone for a moment in the midst of a hold.
  bool wall_clocks = false;
  bool own = false;  ///< a lock of the library, or a mutant of one: Contender::own()
  Make make = nullptr;
  Standing (*standing)(const Server& server) = nullptr;
  /// Puts the lock there, before the processes start; null: it needs nothing.
  void (*prepare)(Server& server) = nullptr;
};

/// All kinds; the mutants among them.
const std::vector<Kind>& kinds();
/// nullptr: there is none of that name.
const Kind* find_kind(const std::string& name);

inline constexpr std::string_view kLockName = "lock";
inline constexpr const char* kShare = "/share";
inline constexpr const char* kLock = "/share/lock";
inline constexpr const char* kFence = "/share/fence";

}  // namespace holdfast::harness::sim
