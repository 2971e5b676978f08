// What becomes of a schedule's setting where it is exported as a scenario: said there, or told as
// lost. Nothing is dropped silently.
#pragma once

#include <string>
#include <vector>

#include "harness/sim/shrink.h"

namespace holdfast::harness {

/// A member of a replay's setting.
struct SettingRow {
  const char* member;  ///< as in the file, "*" for any element: "/hosts/*/rate_ppm"
  const char* key;     ///< where the scenario says it (exported_parts.h); empty: nowhere
  /// Whether this replay loses something there; nullptr: none does.
  bool (*loses)(const sim::Failure& failure);
  /// What it then loses; where none does and there is no key: why nothing needs to be said.
  const char* words;
};

/// All that there are.
const std::vector<SettingRow>& setting_rows();

/// What a scenario does not say of this replay's setting, in words, each once.
std::vector<std::string> lost_of_setting(const sim::Failure& failure);

}  // namespace holdfast::harness
