#include "harness/history/lives.h"

#include <charconv>

namespace holdfast::harness {

std::uint64_t life_of(const std::string& worker) {
  std::uint64_t life = 1;
  const std::size_t mark = worker.rfind('\'');
  if (mark == std::string::npos) return life;
  std::from_chars(worker.data() + mark + 1, worker.data() + worker.size(), life);
  return life;
}

std::optional<std::size_t> clock_of_life(const std::vector<RecorderClock>& clocks,
                                         std::uint64_t life) {
  for (std::size_t i = clocks.size(); i-- > 0;) {
    if (life > clocks[i].lives_before) return i;
  }
  return std::nullopt;
}

}  // namespace holdfast::harness
