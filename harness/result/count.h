// Numbers in sentences.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::harness {

/// "1 grant", "3 grants"
inline std::string count(std::uint64_t number, const std::string& of) {
  return std::to_string(number) + " " + of + (number == 1 ? "" : "s");
}

}  // namespace holdfast::harness
