#include "harness/sim/alike.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string>

#include "harness/sim/setting.h"

namespace holdfast::harness::sim {
namespace {

constexpr std::uint64_t kFirstMachine = 770'000'001;
constexpr std::size_t kMachineDigits = 9;
constexpr std::size_t kMostExchanged = 4;     // there are 24 orders of these
constexpr std::size_t kMost = 8;              // processes: three bits
constexpr std::size_t kHexadecimalBits = 16;  // digits of 64 bits; in decimal they are 19 or 20

std::optional<std::uint64_t> number_in(std::string_view word, int base) {
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [stopped, error] = std::from_chars(word.data(), end, number, base);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

/// Whether hosts differ in their marks alone, and each process has its own.
bool same_hosts(const Setting& setting) {
  for (std::size_t i = 0; i < setting.processes.size(); ++i) {
    if (setting.processes[i].host != i || i >= setting.hosts.size()) return false;
    const HostSetting& host = setting.hosts[i];
    const HostSetting expected = host_of(i);
    const bool marked = host.name == expected.name && host.machine == expected.machine;
    const bool same =
        host.first_pid == setting.hosts[0].first_pid && host.clock == setting.hosts[0].clock;
    if (!marked || !same) return false;
  }
  return true;
}

}  // namespace

HostSetting host_of(std::size_t process) {
  HostSetting host;
  host.name = std::string(1, static_cast<char>('a' + process));
  host.machine = kFirstMachine + process;
  return host;
}

std::optional<Mark> mark_of(std::string_view word) {
  if (word.size() == 1) {
    const auto process = static_cast<std::size_t>(word.front() - 'a');
    return process < kMost ? std::optional(Mark{process}) : std::nullopt;
  }
  if (word.size() == kMachineDigits) {
    const auto number = number_in(word, 10);
    if (!number || *number < kFirstMachine || *number >= kFirstMachine + kMost) return std::nullopt;
    return Mark{static_cast<std::size_t>(*number - kFirstMachine)};
  }
  if (word.size() < kHexadecimalBits) return std::nullopt;
  const auto number = number_in(word, word.size() == kHexadecimalBits ? 16 : 10);
  if (!number || *number >> 63 == 0) return std::nullopt;
  return Mark{static_cast<std::size_t>(*number & 7), *number >> 3};
}

bool same_task(const ProcessSetting& a, const ProcessSetting& b) {
  return a.restart_after == b.restart_after && a.same_pid == b.same_pid && a.rounds == b.rounds;
}

std::vector<Numbering> numberings(const Setting& setting) {
  const std::vector<ProcessSetting>& processes = setting.processes;
  const bool exchanges = processes.size() <= kMostExchanged && same_hosts(setting);
  std::vector<Numbering> all;
  std::vector<std::uint8_t> order(processes.size());
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  const auto keeps_tasks = [&] {
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (!same_task(processes[i], processes[order[i]])) return false;
    }
    return true;
  };
  do {
    if (!keeps_tasks()) continue;
    Numbering& one = all.emplace_back();
    one.index = all.size() - 1;
    one.process = order;
    one.number.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      one.number[order[i]] = static_cast<std::uint8_t>(i);
    }
  } while (exchanges && std::next_permutation(order.begin(), order.end()));
  return all;
}

}  // namespace holdfast::harness::sim
