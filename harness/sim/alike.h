// Processes that are alike, and of which of them a name tells.
//
// Where processes have the same before them, it does not matter which of them is where: two
// situations that differ in that alone lead to the same. So a digest is taken once for every way to
// number such processes, and the least of them stands for all. What a process leaves behind in
// names, its host, machine and random bits, is recognized there and numbered likewise: that is why
// the settings of scenes choose hosts and machines, and the world random bits, in this form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::harness::sim {

struct HostSetting;
struct ProcessSetting;
struct Setting;

/// A way to number processes.
struct Numbering {
  std::size_t index = 0;              ///< among all of a setting
  std::vector<std::uint8_t> number;   ///< by process
  std::vector<std::uint8_t> process;  ///< by number
};

/// All that exchange only processes that are alike; first the one that changes nothing.
std::vector<Numbering> numberings(const Setting& setting);
/// Whether both have the same to do.
bool same_task(const ProcessSetting& a, const ProcessSetting& b);

/// The host of a process in a scene.
HostSetting host_of(std::size_t process);
/// Random bits of a process: those of two processes differ in this alone.
constexpr std::uint64_t marked(std::uint64_t bits, std::size_t process) {
  return ((bits | std::uint64_t{1} << 63) & ~std::uint64_t{7}) | process;
}

/// What one word of a name tells.
struct Mark {
  std::size_t process = 0;
  std::uint64_t which = 0;  ///< of its random bits
};
std::optional<Mark> mark_of(std::string_view word);

}  // namespace holdfast::harness::sim
