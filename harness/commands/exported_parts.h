// The parts of a scenario that come of a schedule's setting: the lock and its options, hosts, work,
// the mount, and clocks that are wrong. Which member becomes what: exported_settings.h.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/result/result.h"
#include "harness/sim/setting.h"

namespace holdfast::harness {

// What a scenario allows.
inline constexpr Duration kMostOffset = std::chrono::hours(24 * 3650);
inline constexpr Duration kMostTick = std::chrono::seconds(2);
inline constexpr double kMostDrift = 0.5;
inline constexpr Duration kLeastRefresh = std::chrono::milliseconds(1);
/// At least one turn lasts for so long: others have to meet it.
inline constexpr Duration kLeastHold = std::chrono::milliseconds(50);

/// "h2", by its index.
std::string exported_host(std::size_t host);
/// Whether it is not one of the library's own locks.
bool is_program(const sim::Setting& setting);
/// Whether the server loses what it has acknowledged.
bool forgets(const sim::Setting& setting);
/// Whether something of a soft mount takes too long.
bool gives_up(const sim::Setting& setting);
/// Whether a request that comes again can be carried out again: not where the server knows all that
/// it has answered, and is never restarted.
bool may_be_done_again(const sim::Setting& setting);
/// By how much the server's clock is wrong.
Duration server_offset(const sim::Setting& setting);
/// The nearest that a scenario can say.
Duration kept_within(Duration offset);

/// Errors:  the lock exists in the simulated world only; `replay`: the file's name.
Result<nlohmann::ordered_json> exported_contender(const sim::Setting& setting,
                                                  const std::string& replay);
nlohmann::ordered_json exported_hosts(const sim::Setting& setting);
nlohmann::ordered_json exported_work(const sim::Setting& setting);
/// Without `faults`.
nlohmann::ordered_json exported_mount(const sim::Setting& setting);
/// Clocks that are wrong from the start: a fault for each host.
nlohmann::ordered_json exported_clocks(const sim::Setting& setting);
/// The same of the server, as faults of the mount.
nlohmann::ordered_json exported_server_clock(const sim::Setting& setting);

}  // namespace holdfast::harness
