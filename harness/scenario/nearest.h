// The word that somebody most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::harness {

/// The one of `known` with the least edit distance to `word` (insert, delete, replace, swap of
/// neighbours); empty if none is near enough to be a slip of the hand.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// "unknown X "word"; did you mean "near"? Known are: a, b, c".
std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string>& known);

}  // namespace holdfast::harness
