#include "harness/scenario/lab_spec.h"

namespace holdfast::harness {

const std::vector<std::string>& lab_versions() {
  static const std::vector<std::string> known = {"3", "4.0", "4.1", "4.2"};
  return known;
}

}  // namespace holdfast::harness
