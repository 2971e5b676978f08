// What is decided while a schedule runs: whose turn it is, and what becomes of a request.
//
// These are all the choices there are; whoever takes them the same way again gets the same schedule
// again, byte for byte.
#pragma once

#include <cstdint>
#include <span>

#include "harness/sim/request.h"

namespace holdfast::harness::sim {

/// Who can take a turn: a process by its index; late requests and incidents behind them.
using Actor = std::uint32_t;
inline constexpr Actor kLate = 100;       ///< + the index of the process that sent the request
inline constexpr Actor kIncident = 1000;  ///< + its index in the setting
inline constexpr Actor kTime = 2000;      ///< the next instant, where Setting::clock_step is set

enum class Mishap : std::uint8_t {
  none,
  pause,           ///< the process stands still for `delay` before it sends the request
  late_request,    ///< the request takes `delay` to arrive
  late_reply,      ///< the reply takes `delay`
  lost_reply,      ///< applied; sent again after `delay`, and answered again
  duplicate,       ///< a copy of it arrives after `delay`
  failed,          ///< EIO; never applied
  failed_applied,  ///< EIO; applied
  failed_late,     ///< EIO; applied after `delay`
  stale,           ///< ESTALE; not applied
  refused,         ///< EDQUOT; not applied
  silly,           ///< unlink: the file stays as .nfs<n> for `delay`
  crash_before,    ///< the process ends
  crash_after,     ///< applied, then the process ends
  crash_late,      ///< the process ends; applied after `delay`
};
inline constexpr std::size_t kMishaps = 15;

const char* word(Mishap mishap);

struct Fate {
  Mishap mishap = Mishap::none;
  Duration delay{};

  bool operator==(const Fate&) const = default;
};

/// Who could go on. `usual` goes on if nobody decides otherwise: whoever ran last, as long as that
/// can go on, else the first.
struct Turn {
  std::span<const Actor> able;
  std::size_t usual = 0;
  /// If the usual one is a process: the operation that it began last, by its kind, and the how
  /// manieth of that kind it is.
  Call call = Call::status;
  std::uint32_t number = 0;
};

/// The request that a fate is wanted for.
struct Sending {
  std::size_t process = 0;
  std::uint32_t operation = 0;  ///< how many this process has begun, this one included
  Call call = Call::status;
  std::uint32_t number = 0;  ///< the same, counting those of this kind alone
};

class Decisions {
 public:
  virtual ~Decisions() = default;
  /// An index into `turn.able`, of which there are at least two.
  virtual std::size_t next(const Turn& turn) = 0;
  virtual Fate fate(const Sending& sending) = 0;
  /// All have gone, or the schedule was cut off. Whether a latecomer shall come, of whose steps
  /// nothing is decided.
  virtual bool ends() { return true; }
};

/// Nothing goes wrong, and everybody runs until they have to wait.
class Uneventful final : public Decisions {
 public:
  std::size_t next(const Turn& turn) override { return turn.usual; }
  Fate fate(const Sending&) override { return {}; }
};

}  // namespace holdfast::harness::sim
