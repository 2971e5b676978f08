#include "harness/random/random.h"

namespace holdfast::harness {
namespace {

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

std::uint64_t mixed(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

}  // namespace

std::uint64_t Random::bits() { return mixed(state_ += kStep); }

std::uint64_t Random::below(std::uint64_t below) {
  if (below == 0) return 0;
  // Words past the last whole multiple of `below` would make its first values likelier.
  const std::uint64_t spare = (UINT64_MAX % below + 1) % below;
  while (true) {
    const std::uint64_t word = bits();
    if (word <= UINT64_MAX - spare) return word % below;
  }
}

double Random::unit() {
  return static_cast<double>(bits() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

std::uint64_t derived_seed(std::uint64_t seed, std::string_view name, std::uint64_t index) {
  std::uint64_t word = mixed(seed + kStep);
  for (const char letter : name) {
    word = mixed((word ^ static_cast<unsigned char>(letter)) + kStep);
  }
  return mixed((word ^ mixed(index)) + kStep);
}

}  // namespace holdfast::harness
