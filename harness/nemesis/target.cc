#include "harness/nemesis/target.h"

namespace holdfast::harness {

std::optional<std::size_t> find_holder(const std::vector<Target>& targets, Random& random) {
  std::vector<std::size_t> holders;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].live != nullptr && targets[i].live->read().inside) holders.push_back(i);
  }
  if (holders.empty()) return std::nullopt;
  return holders[random.below(holders.size())];
}

}  // namespace holdfast::harness
