#include "harness/scenario/nearest.h"

#include <algorithm>
#include <cstddef>

namespace holdfast::harness {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  // Rows of the usual table; the one before the last is kept for swapped neighbours.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  // A slip changes a letter or two; of a short word not more than half of it.
  constexpr std::size_t kLongest = 64;
  if (word.size() > kLongest) return {};
  std::size_t least = std::min<std::size_t>(3, (std::max<std::size_t>(word.size(), 2) + 1) / 2);
  std::string found;
  for (const std::string& candidate : known) {
    const std::size_t d = distance(word, candidate);
    if (d < least || (d == least && found.empty())) {
      least = d;
      found = candidate;
    }
  }
  return found;
}

std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string>& known) {
  std::string text = "unknown " + std::string(what) + " \"" + std::string(word) + "\"";
  const std::string near = nearest(word, known);
  text += near.empty() ? ". Known are: " : "; did you mean \"" + near + "\"? Known are: ";
  for (std::size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  return text;
}

}  // namespace holdfast::harness
