// A mistake in a scenario, and the whole sentence that a person gets to read of it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "harness/scenario/scenario.h"

namespace holdfast::harness {

struct Mistake {
  const char* name;
  std::string members;  ///< of the part that is tested, or the whole text
  std::string message;  ///< as a person sees it
};

inline std::ostream& operator<<(std::ostream& out, const Mistake& mistake) {
  return out << mistake.name;
}

inline std::string told(const std::string& text, const std::vector<Override>& overrides = {}) {
  const auto scenario = parse_scenario(text, "a.json", overrides);
  return scenario ? "no problem at all" : scenario.error().text();
}

}  // namespace holdfast::harness
